//! Pictures: they can be decoded, have the expected size, and are not blank.

use crate::support::Place;
use std::fs::File;
use std::io::BufReader;

/// The width, the height, and the share of pixels that are not white.
fn png(place: &Place, name: &str) -> (u32, u32, f64) {
    let mut reader = png::Decoder::new(BufReader::new(File::open(place.path(name)).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let dark = pixels.chunks_exact(3).filter(|p| p.iter().any(|c| *c < 250)).count();
    (info.width, info.height, dark as f64 / f64::from(info.width * info.height))
}

#[test]
fn a_picture_of_a_neuron_is_not_blank() {
    let place = Place::new();
    place.ok("run hh --input 5 --duration 100 --out-vars V --out hh.npz --plot hh.png --quiet");
    let (width, height, dark) = png(&place, "hh.png");
    assert!(width == 1600 && height == 1000 && (0.01..0.3).contains(&dark), "{width} {height} {dark}");
    // The file does not contain the data that only the picture needs.
    assert_eq!(place.read("hh.npz").len(), 5);
    place.ok("run hh --input 5 --duration 100 --plot hh.svg --quiet");
    let svg = std::fs::read_to_string(place.path("hh.svg")).unwrap();
    for text in ["<svg", "V (mV)", "I (µA/cm²)", "time (ms)", "Hodgkin-Huxley neuron", "</svg>"] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn many_neurons_batches_noise_series_and_layers() {
    let place = Place::new();
    place.npz("x.npz", &[("in", ndarray::ArrayD::from_elem(vec![300, 2, 30], 7.0))]);
    place.write(
        "m.toml",
        "title = 'A <b> & title'\n[[layer]]\nname='l1'\nkind='LSTMCellBrainpy'\nnum_in=3\nnum_out=40\n[[layer]]\nname='l2'\nkind='tanh'\n",
    );
    for (k, run) in [
        "run hh --size 30 --input 6 --duration 60 --out-vars m,h",
        "run hh --size 30 --input x.npz",
        "run lif --size 3 --input 30 --duration 60 --batch 4",
        "run m.toml --steps 200 --input 1 --out-vars l1.h,l1.c",
        "run m.toml --steps 50 --input 1 --batch 4 --first-axis B --record-every 5",
        "run hh --duration 2000 --input 10",
        "run hh --size 0 --steps 5",
        "run hh --steps 0",
        "run hh --steps 1",
    ]
    .into_iter()
    .enumerate()
    {
        place.ok(&format!("{run} --plot {k}.png --quiet"));
        let (width, height, dark) = png(&place, &format!("{k}.png"));
        assert!(width == 1600 && height == 1000 && dark > 0.001 && dark < 0.5, "{run}: {dark}");
    }
    place.ok("run m.toml --steps 20 --input 1 --plot m.svg --quiet");
    assert!(std::fs::read_to_string(place.path("m.svg")).unwrap().contains("A &lt;b&gt; &amp; title"));
}

/// The text of an SVG.
fn svg(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

/// The texts in an SVG, in the order in which they are drawn.
fn texts(svg: &str) -> Vec<String> {
    let of = |rest: &str| rest.split_once('>').map(|(_, text)| text.split("</text>").next().unwrap().trim().to_owned());
    svg.split("<text").skip(1).filter_map(of).collect()
}

/// The points of each line, in pixels.
fn lines(svg: &str) -> Vec<Vec<(i32, i32)>> {
    let point = |pair: &str| pair.split_once(',').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()));
    let of = |rest: &str| rest.split('"').next().unwrap().split_whitespace().filter_map(point).collect();
    svg.split("points=\"").skip(1).map(of).collect()
}

const LAYERS: &str = "[[layer]]\nname='l1'\nkind='RNNCell'\nnum_in=3\nnum_out=40\n[[layer]]\nname='l2'\nkind='Dense'\nnum_in=40\nnum_out=2\n";

#[test]
fn sequences_have_steps_and_many_units_are_a_heat_map() {
    let place = Place::new();
    place.write("m.toml", LAYERS);
    place.ok("run m.toml --steps 6 --input 1 --out-vars l1.state --plot m.svg --quiet");
    let svg = svg(&place, "m.svg");
    let texts = texts(&svg);
    for text in ["step", "output", "l1.state", "unit 0", "unit 1", "RNNCell → Dense", "6"] {
        assert!(texts.iter().any(|t| t == text), "{text}: {texts:?}");
    }
    assert!(!svg.contains("time (ms)") && texts.iter().any(|t| t == "unit"), "{texts:?}");
    // 40 units by 6 steps, and the bar.
    assert!(svg.matches("<rect").count() > 200, "{}", svg.matches("<rect").count());
    // Values that hold for a step go along one axis at a time.
    let upright = |line: &Vec<(i32, i32)>| line.windows(2).all(|w| w[0].0 == w[1].0 || w[0].1 == w[1].1);
    assert!(lines(&svg).iter().all(upright));
    let currents = ndarray::ArrayD::from_shape_fn(vec![40], |k| if k[0] == 20 { 9.0 } else { 0.0 });
    place.npz("pulse.npz", &[("in", currents)]);
    place.ok("run hh --input pulse.npz --plot pulse.svg --plot-panels input --quiet");
    assert!(lines(&self::svg(&place, "pulse.svg")).iter().all(upright), "a pulse of one step is no triangle");
    // A window of a sequence counts steps.
    place.ok("run m.toml --steps 60 --input 1 --plot w.svg --plot-window 20..30 --quiet");
    let texts = self::texts(&self::svg(&place, "w.svg"));
    assert!(["20", "30"].iter().all(|text| texts.iter().any(|t| t == text)), "{texts:?}");
}

#[test]
fn spikes_of_integrate_and_fire_neurons_are_marked() {
    let place = Place::new();
    let highest = |name: &str| {
        // Pixels count from above; the trace is the longest line.
        let svg = svg(&place, name);
        let line = lines(&svg).into_iter().max_by_key(Vec::len).unwrap();
        let top = line.iter().map(|p| p.1).min().unwrap();
        (0..line.len()).filter(|k| line[*k].1 == top && (*k == 0 || line[k - 1].1 != top)).count()
    };
    let run = |more: &str| {
        let summary = place.ok(&format!("run {more} --plot-panels V --plot v.svg --json --quiet"));
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        (summary["spikes"].as_u64().unwrap() as usize, highest("v.svg"))
    };
    for neuron in ["lif --input 30", "izhikevich --input 15", "adexif --input 10"] {
        let (spikes, marks) = run(&format!("{neuron} --duration 150"));
        assert!(spikes > 2 && marks == spikes, "{neuron}: {marks} marks of {spikes} spikes");
    }
    // HH makes its spikes itself, and of no neuron without spikes is one marked.
    assert!(run("hh --input 5 --duration 100").1 <= 1);
    assert_eq!(run("lif --input 1 --duration 100").0, 0);
}

/// 1,000 neurons of 15 Hz for 100 s, fewer neurons are drawn, and the axis says which.
#[test]
fn a_dense_raster_is_thinned_and_says_so() {
    let place = Place::new();
    place.write(
        "p.toml",
        "duration = 100000.0\ndt = 1.0\n[[group]]\nname = 'in'\nkind = 'PoissonGroup'\nsize = 1000\nparameters = { freqs = 15.0 }\n",
    );
    place.ok("run p.toml --plot p.png --quiet");
    let (_, _, dark) = png(&place, "p.png");
    assert!(dark < 0.4, "{dark}");
    place.ok("run p.toml --plot p.svg --quiet");
    place.ok("run p.toml --plot again.svg --quiet");
    let svg = svg(&place, "p.svg");
    assert!(svg.contains("neuron (every 32nd)") || svg.contains("neuron (every 16th)"), "{:?}", texts(&svg));
    assert!(svg == self::svg(&place, "again.svg"), "the same neurons each time");
    // The axis names 100,000 ms as 100 s.
    let texts = texts(&svg);
    assert!(texts.contains(&"time (s)".to_owned()) && texts.contains(&"100".to_owned()), "{texts:?}");
    assert!(!texts.contains(&"100000".to_owned()) && !texts.contains(&"in".to_owned()), "{texts:?}");
}

#[test]
fn populations_have_names_and_colours() {
    let place = Place::new();
    let net = "duration = 20.0\nout_vars = ['P.V[0,1,9]']\n[populations]\nI = 'P[8..10]'\nE = 'P[0..8]'\n[[group]]\nname = 'P'\n\
               kind = 'LIF'\nsize = 10\ncurrent = 30.0\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n[[projection]]\n\
               name = 'C'\nfrom = 'E[0..4]'\nto = 'I.ge'\nconnect = { kind = 'all_to_all' }\n";
    place.write("net.toml", net);
    let summary = place.ok("run net.toml --plot n.svg --json --quiet");
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let names: Vec<&str> =
        summary["populations"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["E[0..4]", "E[4..8]", "I"]);
    assert_eq!(summary["synapses"].as_f64(), Some(8.0));
    let svg = svg(&place, "n.svg");
    let texts = texts(&svg);
    for text in ["P.V (mV)", "neuron 0 (E[0..4])", "neuron 9 (I)", "Network of 10 LIF neurons"] {
        assert!(texts.iter().any(|t| t == text), "{text}: {texts:?}");
    }
    // Blue for the first population, with a shade for its second neuron; green for the third.
    for colour in ["#0072B2", "#009E73"] {
        assert!(svg.contains(colour), "{colour}");
    }
    // The same network without names has the same results.
    place.ok("run net.toml --out a.npz --quiet");
    let plain = net.replace("[populations]\nI = 'P[8..10]'\nE = 'P[0..8]'\n", "");
    place.write("plain.toml", plain.replace("'E[0..4]'", "'P[0..4]'").replace("'I.ge'", "'P[8..10].ge'"));
    place.ok("run plain.toml --out b.npz --quiet");
    assert_eq!(std::fs::read(place.path("a.npz")).unwrap(), std::fs::read(place.path("b.npz")).unwrap());
}

#[test]
fn size_resolution_panels_and_title() {
    let place = Place::new();
    let table = "kind = 'HH'\nsize = 3\nduration = 300.0\ninput = 10.0\nout_vars = ['m']\n[plot]\nfile = 'a.png'\nsize = [85, 60]\n\
                 dpi = 200\nwindow = [200, 250]\npanels = ['V', 'input']\ntitle = ''\n";
    place.write("m.toml", table);
    place.ok("run m.toml --quiet");
    let (width, height, dark) = png(&place, "a.png");
    assert_eq!((width, height), (669, 472));
    assert!((0.005..0.3).contains(&dark), "{dark}");
    // Arguments override the file.
    place.ok(
        "run m.toml --plot a.svg --plot-size 120x50 --plot-title Mine --plot-panels m --plot-window 0..100 --quiet",
    );
    let text = svg(&place, "a.svg");
    assert!(text.contains("width=\"120mm\" height=\"50mm\""), "{}", &text[..200]);
    let all = texts(&text);
    assert!(all.contains(&"Mine".to_owned()) && all.contains(&"m".to_owned()) && !all.contains(&"V (mV)".to_owned()));
    assert!(all.contains(&"100".to_owned()) && !all.contains(&"300".to_owned()), "{all:?}");
    for (text, parts) in [
        ("size = [85, 8]", ["m.toml:8", "plot.size"]),
        ("dpi = -1", ["m.toml:8", "plot.dpi"]),
        ("size = [85, 40]\npanels = ['V', 'm', 'h', 'n', 'spike', 'rate', 'input']", ["plot.size", "7 panels"]),
        ("size = [1000, 1000]\ndpi = 1200", ["m.toml", "plot.dpi"]),
        ("window = [500, 600]", ["m.toml", "plot.window"]),
        ("panels = ['W']", ["m.toml:8", "plot.panels: no panel named `W`"]),
        ("panels = ['inputt']", ["plot.panels", "did you mean `input`?"]),
        ("panels = ['V[7]']", ["plot.panels", "no unit 7"]),
        ("panels = ['']", ["plot.panels", "empty name"]),
        ("panels = ['', 'V', '']", ["m.toml:8", "an empty name; a panel is `spike`"]),
        ("size = '85x60'", ["m.toml:8", "`plot.size` must be an array of 2 numbers, such as [1, 2], not the string"]),
        ("panels = ['V[']", ["plot.panels", "closing bracket"]),
        ("panels = ['spike:events']", ["plot.panels", "raster"]),
        ("panels = ['W:histogram']", ["plot.panels", "no variable named `W`"]),
    ] {
        place.write(
            "m.toml",
            format!("kind = 'HH'\nsize = 3\nduration = 10.0\ninput = 10.0\n\n[plot]\nfile = 'b.png'\n{text}\n"),
        );
        let said = place.fails(2, "run m.toml --quiet");
        assert!(parts.iter().all(|part| said.contains(part)) && !place.path("b.png").exists(), "{text}: {said}");
    }
    for (flags, part) in [
        ("--plot-size 85", "--plot-size"),
        ("--plot-size 85x0", "--plot-size"),
        ("--plot-size nanx60", "--plot-size"),
        ("--plot-size axb", "write it as"),
        ("--plot-dpi 1e9", "--plot-dpi"),
        ("--plot-dpi nan", "--plot-dpi"),
        ("--plot-window 4..2", "--plot-window"),
        ("--plot-window -5..-2", "plot.window"),
        ("--plot-panels V,V", "--plot-panels"),
        ("--plot-panels ,", "--plot-panels"),
        ("--plot-panels ,,", "--plot-panels: an empty name; a panel is `spike`, `rate`, `input`, `output`"),
    ] {
        let said = place.fails(2, &format!("run hh --steps 5 --plot c.png {flags}"));
        assert!(said.contains(part), "{flags}: {said}");
    }
    assert!(place.fails(2, "run hh --steps 5 --plot-dpi 100").contains("give --plot FILE"));
}

/// An error of the picture's name in a model file names the file, the line and the key.
#[test]
fn a_name_that_cannot_be_is_named_with_its_line() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder.png")).unwrap();
    for (name, code, says) in [
        ("", 2, "the name of the picture is empty"),
        ("x", 2, "x: the name must end in .png or .svg or .pdf"),
        ("x.jpg", 2, "x.jpg: the name must end in"),
        ("nodir/x.png", 5, "cannot create a file beside"),
        ("a.npz", 2, "must end in"),
    ] {
        for (text, key) in
            [(format!("[plot]\nfile = '{name}'\n"), "`plot.file`"), (format!("\nplot = '{name}'\n"), "`plot")]
        {
            place.write("m.toml", format!("kind = 'HH'\nsteps = 5\n{text}"));
            let said = place.fails(code, "run m.toml --quiet");
            let is_named = said.starts_with("error: m.toml:4: ") && said.contains(key) && !said.contains("--plot");
            assert!(is_named && said.contains(says) && said.lines().count() == 1, "{text}: {said}");
        }
    }
    place.write("m.toml", "kind = 'HH'\nsteps = 5\nplot = 'same.svg'\n");
    let said = place.fails(2, "run m.toml --save-state same.svg");
    assert!(said.contains("m.toml:3: `plot.file` and --save-state are the same file"), "{said}");
    // The flag replaces the key.
    assert!(place.fails(2, "run m.toml --plot x").contains("error: --plot"));
    place.ok("run m.toml --plot other.svg --quiet");
    assert!(place.path("other.svg").exists() && !place.path("same.svg").exists());
}

/// Unknown panels of a network have the nearest name, and all names: of groups and populations.
#[test]
fn unknown_panels_of_a_network_list_all_names() {
    let place = Place::new();
    place.write(
        "n.toml",
        "steps = 5\n[populations]\nE = 'P[0..3]'\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 4\n[[group]]\nname = 'Q'\nkind = 'HH'\n",
    );
    let all = "there is: spike, rate, rate_boxplot, cv_boxplot, correlation_boxplot, P.V, P.spike, P.refractory, \
               P.flight, Q.V, Q.m, Q.h, Q.n, Q.spike, Q.input, Q.below, Q.flight, E.V, E.spike, E.refractory\n";
    for (panel, says) in [
        ("spik", "did you mean `spike`?"),
        ("V", "did you mean `P.V`?"),
        ("m", "did you mean `Q.m`?"),
        ("E.v", "did you mean `E.V`?"),
        ("E.refractry", "did you mean `E.refractory`?"),
        ("Q.x", "no panel named `Q.x`"),
    ] {
        let said = place.fails(2, &format!("run n.toml --plot a.svg --plot-panels {panel}"));
        assert!(said.contains(says) && said.ends_with(all), "{panel}: {said}");
    }
    for (panel, says) in [
        ("E.V[3]", "error: plot.panels: `E.V` has 3 units, and no unit 3"),
        ("X.V", "error: plot.panels: `X.V`: no group"),
    ] {
        let said = place.fails(2, &format!("run n.toml --plot a.svg --plot-panels {panel}"));
        assert!(said.starts_with(says), "{panel}: {said}");
    }
}

/// A PDF has its text as text, in fonts that are in the file.
#[test]
fn a_pdf_has_text_and_fonts() {
    let place = Place::new();
    place.ok("run lif --input 30 --duration 50 --plot a.pdf --plot-size 85x60 --quiet");
    let bytes = std::fs::read(place.path("a.pdf")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(bytes.starts_with(b"%PDF-1.") && text.trim_end().ends_with("%%EOF") && bytes.len() < 200_000);
    for part in ["/FontFile3", "/CIDFontType0C", "/ToUnicode", "+Inter-Regular", "+Inter-SemiBold", "/MediaBox"] {
        assert!(text.contains(part), "{part}");
    }
    // 85 mm are 240.94 points.
    assert!(text.contains("/MediaBox [0 0 240.9"), "{}", text.split("/MediaBox").nth(1).unwrap().get(..40).unwrap());
}
