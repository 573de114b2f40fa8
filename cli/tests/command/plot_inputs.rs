//! `overtime plot`: the input of a run, from arguments, from the model and from the file.

use crate::support::Place;
use ndarray::ArrayD;

fn place() -> Place {
    let place = Place::new();
    let array = |shape: &[usize]| {
        let mut k = 0;
        ArrayD::from_shape_simple_fn(shape, || {
            k += 1;
            f64::from(k * 37 % 100) / 5.0
        })
    };
    let shapes: [(&str, &[usize]); 8] = [
        ("in", &[200, 3]),
        ("one", &[200]),
        ("w7", &[200, 7]),
        ("w1", &[200, 1]),
        ("b", &[200, 2, 3]),
        ("four", &[200, 1, 1, 3]),
        ("short", &[190, 3]),
        ("long", &[210, 3]),
    ];
    place.npz("x.npz", &shapes.map(|(name, shape)| (name, array(shape))));
    place.write(
        "ramp.toml",
        "kind = 'HH'\nsize = 2\nduration = 20.0\nout_vars = ['V']\n\
         input = { ramp = { c_start = 0.0, c_end = 40.0 } }\n",
    );
    place.write(
        "ou.toml",
        "kind = 'HH'\nsize = 2\nduration = 20.0\nout_vars = ['V']\n\
         input = { ou_process = { mean = 5.0, sigma = 2.0, tau = 5.0 } }\n",
    );
    place
}

/// Whether `plot` draws the picture of `run`, and the warnings of `plot`.
fn compare(place: &Place, run: &str, plot: &str) -> (bool, String) {
    place.ok(&format!("run {run} --out a.npz --plot a.svg --quiet"));
    let output = place.run(&format!("plot a.npz {plot} -o b.svg"));
    let said = String::from_utf8_lossy(&output.stderr).replace("wrote b.svg\n", "");
    assert!(output.status.success(), "{run}: {said}");
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    (read("a.svg") == read("b.svg"), said)
}

#[test]
fn a_recorded_input_is_that_of_each_unit() {
    let place = place();
    let same = (true, String::new());
    for (run, plot) in [
        ("hh --size 3 --input x.npz --out-vars V[2,0],input", "--model hh --out-vars V[2,0]"),
        ("hh --size 3 --input x.npz --out-vars V[2,0],input", "--model hh --out-vars V[2,0] --input x.npz"),
        ("hh --size 3 --input x.npz:one --out-vars V,input", "--model hh"),
        ("hh --size 3 --input 4 --steps 200 --out-vars V,input", "--model hh"),
        // The units of the input that were recorded are not all.
        ("hh --size 3 --input x.npz:one --out-vars V,input[1]", "--model hh --out-vars V,input[1] --input x.npz:one"),
        ("hh --size 3 --input x.npz --out-vars V,input[1]", "--model hh --out-vars V,input[1] --input x.npz"),
    ] {
        assert_eq!(compare(&place, run, plot), same, "{run}: {plot}");
    }
    let (_, said) =
        compare(&place, "hh --size 3 --input x.npz --out-vars V,input[1]", "--model hh --out-vars V,input[1]");
    assert!(said.contains("the picture has no `input[0,2]`"), "{said}");
}

/// A file of every k-th step does not say where a run from a state began.
#[test]
fn the_input_says_where_a_run_began() {
    let place = place();
    place.ok("run ramp.toml --steps 15 --save-state r.safetensors --quiet");
    place.ok("run hh --size 3 --input 4 --steps 15 --save-state h.safetensors --quiet");
    let same = (true, String::new());
    // The run draws V in every step, and the file has every tenth.
    let ramp = "ramp.toml --state r.safetensors --record-every 10 --plot-panels input";
    assert_eq!(compare(&place, ramp, "--model ramp.toml --plot-panels input"), same);
    let hh = "hh --size 3 --state h.safetensors --record-every 10 --out-vars V --plot-panels input";
    let plot = "--model hh --input x.npz --plot-panels input";
    assert_eq!(compare(&place, &format!("{hh} --input x.npz"), plot), same);
    for series in ["short", "long"] {
        let said = place.fails(2, &format!("plot a.npz --model hh --input x.npz:{series}"));
        assert!(said.contains("give the input of the run"), "{series}: {said}");
    }
    // Of another length than the model's, the input is not known.
    let (_, said) = compare(&place, &format!("{ramp} --duration 17"), "--model ramp.toml");
    assert!(said.contains("the picture has no `input` (give --input)"), "{said}");
}

#[test]
fn a_random_input_needs_its_seed() {
    let place = place();
    let same = (true, String::new());
    assert_eq!(compare(&place, "ou.toml --seed 5", "--model ou.toml --seed 5"), same);
    assert_eq!(compare(&place, "ou.toml", "--model ou.toml --seed 0"), same);
    assert_eq!(compare(&place, "ou.toml --seed 5 --out-vars V,input", "--model ou.toml"), same);
    let (is_same, said) = compare(&place, "ou.toml --seed 5", "--model ou.toml");
    assert!(!is_same && said.contains("the picture has no `input` (give --seed)"), "{said}");
    let own = std::fs::read_to_string(place.path("ou.toml")).unwrap() + "\nseed = 5\n";
    place.write("own.toml", own);
    assert_eq!(compare(&place, "own.toml", "--model own.toml"), same);
}

#[test]
fn the_axes_of_an_input_are_checked() {
    let place = place();
    place.ok("run hh --size 3 --input x.npz --out-vars V --out a.npz --quiet");
    for (array, fits) in [("in", true), ("one", true), ("w1", true), ("w7", false), ("b", false), ("four", false)] {
        let plot = format!("plot a.npz --model hh --input x.npz:{array} -o a.svg");
        if fits {
            place.ok(&plot);
        } else {
            let said = place.fails(2, &plot);
            assert!(said.contains("--input: expected [T, 3], given an array of shape [200, "), "{array}: {said}");
        }
    }
    place.ok("run lif --size 3 --batch 2 --first-axis B --steps 200 --input 1 --out b.npz --out-vars V --quiet");
    let said = place.fails(2, "plot b.npz --model lif --first-axis B --input x.npz:b");
    assert!(said.contains("expected [2, T, 3], given an array of shape [200, 2, 3]"), "{said}");
    let group = |name: &str| format!("[[group]]\nname = '{name}'\nkind = 'LIF'\nsize = 3\ninput = true\n");
    place.write("net.toml", group("A") + &group("B"));
    place.ok("run net.toml --input A=x.npz --input B=x.npz:one --out n.npz --quiet");
    place.ok("plot n.npz --model net.toml --input A=x.npz --input B=x.npz:one");
    let said = place.fails(2, "plot n.npz --model net.toml --input A=x.npz --input B=x.npz:w7");
    assert!(said.contains("the input of `B`: expected [T, 3], given an array of shape [200, 7]"), "{said}");
    let said = place.fails(2, "plot n.npz --model net.toml --input A=x.npz --input B=x.npz:short");
    assert!(said.contains("the input of `B`: a series of 190 steps, and n.npz has 200"), "{said}");
    // A missing input is named without a list of panels too.
    let output = place.run("plot a.npz --model hh -o a.svg");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the picture has no `input` (give --input)"), "{said}");
}

/// A panel `input[…]` has the units of its name.
#[test]
fn a_panel_of_the_input_has_its_own_units() {
    let place = place();
    for panels in ["input[2,0]", "input[2],V[2]", "input"] {
        let run = format!("hh --size 3 --input x.npz --out-vars V,input --plot-panels {panels}");
        let same = compare(&place, &run, &format!("--model hh --plot-panels {panels}"));
        assert_eq!(same, (true, String::new()), "{panels}");
        let svg = std::fs::read_to_string(place.path("a.svg")).unwrap();
        let names = ["neuron 0", "neuron 1", "neuron 2"].map(|name| svg.contains(&format!("\n{name}\n")));
        let expected = match panels {
            "input[2,0]" => [true, false, true],
            "input" => [true; 3],
            _ => [false, false, true],
        };
        assert_eq!(names, expected, "{panels}");
    }
}
