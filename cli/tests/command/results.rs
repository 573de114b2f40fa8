//! `overtime plot`: pictures from files of results.

use crate::support::{Place, root};
use ndarray::{ArrayD, arr0, arr1};

/// The picture of a file with its model is that of the run, byte for byte.
#[test]
fn a_file_with_its_model_gives_the_picture_of_the_run() {
    let place = Place::new();
    let model = |name: &str| root().join("examples/models").join(name).display().to_string();
    let (hh, coba, lstm, conv) =
        (model("hh.toml"), model("coba.toml"), model("lstm_layers.toml"), model("conv2d.toml"));
    for (run, file, plot) in [
        ("run hh --input 5 --duration 50 --out-vars V".to_owned(), "npz", "--model hh --input 5".to_owned()),
        (
            "run lif --size 30 --input 30 --duration 50 --t0 7 --out-vars V[3,5]".to_owned(),
            "npz",
            "--model lif --input 30 --out-vars V[3,5]".to_owned(),
        ),
        (
            "run lif --size 3 --input 30 --steps 90 --batch 4 --first-axis B --out-vars V".to_owned(),
            "safetensors",
            "--model lif --input 30 --first-axis B".to_owned(),
        ),
        (format!("run {hh}"), "npz", format!("--model {hh}")),
        (format!("run {coba} --duration 20"), "npz", format!("--model {coba}")),
        (format!("run {coba} --scale 0.5 --duration 5"), "npz", format!("--model {coba} --scale 0.5")),
        (format!("run {lstm}"), "safetensors", format!("--model {lstm}")),
        (format!("run {conv}"), "npz", format!("--model {conv}")),
    ] {
        place.ok(&format!("{run} --out a.{file} --plot a.svg --quiet"));
        place.ok(&format!("plot a.{file} -o b.svg {plot} --quiet"));
        let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
        assert!(read("a.svg") == read("b.svg"), "{run}");
    }
}

/// Without a model there are names, and no units; the picture has the name of the file.
#[test]
fn a_file_alone_gives_a_plain_picture() {
    let place = Place::new();
    let coba = root().join("examples/models/coba.toml");
    place.ok(&format!("run {} --duration 20 --out net.npz --quiet", coba.display()));
    place.ok("plot net.npz");
    assert!(place.path("net.png").exists());
    place.ok("plot net.npz --out net.svg --plot-size 85x120 --quiet");
    let svg = std::fs::read_to_string(place.path("net.svg")).unwrap();
    for text in ["P.V", "P.ge", "neuron", "rate (Hz)", "time (ms)", "85mm"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("(mV)"));
    place.ok("plot net.npz -o one.svg --plot-panels P.ge --plot-window 5..10 --plot-title T --quiet");
    let svg = std::fs::read_to_string(place.path("one.svg")).unwrap();
    assert!(svg.contains("P.ge") && !svg.contains("P.gi") && svg.contains(">\nT\n"));
    // Steps of which one in ten was recorded.
    place.ok("run hh --input 5 --steps 500 --record-every 10 --out-vars V --out few.npz --quiet");
    place.ok("plot few.npz -o few.pdf --quiet");
    place.ok("plot few.npz -o few2.png --model hh --input 5 --quiet");
    place.ok("run hh --steps 0 --out none.npz --out-vars V --quiet");
    place.ok("plot none.npz --model hh --quiet");
    place.ok("plot none.npz --quiet");
}

#[test]
fn hostile_files_are_errors() {
    let place = Place::new();
    let array = |values: &[f64]| arr1(values).into_dyn();
    let ts = || ("ts", array(&[0.0, 0.1, 0.2]));
    let output = || ("output", ArrayD::zeros(vec![3, 2]));
    place.ok("run hh --steps 3 --out good.npz --out-vars V --quiet");
    let bytes = std::fs::read(place.path("good.npz")).unwrap();
    place.write("cut.npz", &bytes[..bytes.len() / 2]);
    place.write("empty.npz", "");
    place.npz("nothing.npz", &[("x", array(&[1.0]))]);
    place.npz("flat.npz", &[("ts", ArrayD::zeros(vec![3, 2])), output()]);
    place.npz("back.npz", &[("ts", array(&[0.2, 0.1, 0.0])), output()]);
    place.npz("nan.npz", &[("ts", array(&[0.0, f64::NAN, 0.2])), output()]);
    place.npz("clock.npz", &[ts(), output(), ("t", arr0(-5.0).into_dyn()), ("i", arr0(3.0).into_dyn())]);
    place.npz("huge.npz", &[ts(), output(), ("t", arr0(1e300).into_dyn()), ("i", arr0(3.0).into_dyn())]);
    place.npz("short.npz", &[ts(), output(), ("spike_step", array(&[1.0, 2.0])), ("spike_i", array(&[1.0]))]);
    place.npz("minus.npz", &[ts(), output(), ("spike_step", array(&[-1.0])), ("spike_i", array(&[f64::NAN]))]);
    for (file, part) in [
        ("cut.npz", "cut.npz"),
        ("empty.npz", "empty.npz"),
        ("gone.npz", "gone.npz"),
        ("nothing.npz", "no array `ts`"),
        ("flat.npz", "2 axes"),
        ("back.npz", "do not ascend"),
        ("nan.npz", "not finite"),
        ("clock.npz", "contradict"),
        ("huge.npz", "contradict"),
        ("short.npz", "different lengths"),
        ("minus.npz", "whole numbers"),
    ] {
        for model in ["", "--model hh"] {
            let said = place.fails(5, &format!("plot {file} -o x.png {model}"));
            assert!(said.contains(part) && !place.path("x.png").exists(), "{file}: {said}");
        }
    }
    // Values may be anything, and spikes of neurons that there are none of are not shown.
    let values =
        ArrayD::from_shape_vec(vec![3, 2], vec![f64::NAN, f64::INFINITY, -1e308, 1e308, 0.0, f64::NAN]).unwrap();
    place.npz(
        "odd.npz",
        &[ts(), output(), ("V", values), ("spike_step", array(&[1.0, 8e15])), ("spike_i", array(&[1.0, 8e15]))],
    );
    place.ok("plot odd.npz -o odd.png --quiet");
    place.ok("plot odd.npz -o odd.svg --model hh --quiet");
    for (arguments, part) in [
        ("plot good.npz -o a.gif", ".png or .svg or .pdf"),
        ("plot good.npz --model hhh", "did you mean `HH`?"),
        ("plot good.npz --plot-panels W", "no panel named `W`"),
        ("plot good.npz --model hh --plot-panels W", "no panel named `W`"),
        ("plot good.npz --plot-window 50..60", "plot.window"),
        ("plot good.npz --input 5", "--model"),
    ] {
        assert!(place.fails(2, arguments).contains(part), "{arguments}");
    }
    place.write(
        "net.toml",
        "duration = 1.0\n[[group]]\nname = 'A'\nkind = 'LIF'\n[[group]]\nname = 'B'\nkind = 'LIF'\n",
    );
    assert!(place.fails(2, "plot good.npz --model net.toml").contains("of another model"));
    let conv = root().join("examples/models/conv2d.toml");
    assert!(place.fails(5, &format!("plot good.npz --model {}", conv.display())).contains("axes"));
}
