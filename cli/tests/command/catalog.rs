//! `overtime models NAME` and `overtime new`.

use crate::support::{Place, root, shortened};

#[test]
fn a_page_describes_a_model() {
    let place = Place::new();
    let page = place.ok("models adex");
    for text in ["AdExIF: ", "also called", "tau_w", "30 ms", "> 0", "Brette", "initial value", "overtime run adexif"] {
        assert!(page.contains(text), "{text}:\n{page}");
    }
    for (name, texts) in [
        ("hodgkin_huxley", &["HH: ", "µA/cm²", "method, noise"][..]),
        ("wang_buzsaki", &["WangBuzsaki: "]),
        ("stp", &["stp: ", "U", "0.15", "1500 (ms)", "u, x", "kinetics = \"stp\""]),
        ("gaba_a", &["0.53"]),
        ("Exponential", &["exponential: ", "must be given (ms)", "[[group.receptor]]"]),
        ("fixed_prob", &["probability", "connect = "]),
        ("stdp", &["0.01·(max − min)"]),
        ("linspace", &["number of values"]),
        ("lognormal", &["mu", "keys beside the numbers", "min", "none", "outside", "redraw", "nearest bound"]),
        ("ou_process", &["sigma", "input = { ou_process"]),
        ("INa_HH1952", &["[[channel]]"]),
        ("LSTM", &["num_in", "[[layer]]"]),
        ("relu", &["relu"]),
    ] {
        let page = place.ok(&format!("models {name}"));
        assert!(texts.iter().all(|text| page.contains(text)), "{name} {texts:?}:\n{page}");
    }
}

/// The keys of a page are those of a model file.
#[test]
fn a_page_lists_the_keys_of_a_group() {
    let place = Place::new();
    let current = "further keys in a network: current, input, receptor, poisson, mean_rate\n";
    let mean_rate = "further keys in a network: mean_rate\n";
    for (name, keys, network) in [
        ("LIF", "size, method, noise, reset, parameters, initial", current),
        ("HH", "size, method, noise, parameters, initial", current),
        ("CondNeuGroup", "size, method, noise, parameters, initial, channel", current),
        ("PoissonGroup", "size, parameters", mean_rate),
        ("SpikeTimeGroup", "size, parameters", mean_rate),
        ("InputGroup", "size", "further keys in a network: input, mean_rate\n"),
    ] {
        let page = place.ok(&format!("models {name}"));
        assert!(page.contains(&format!("\nkeys: {keys}\n")) && page.contains(network), "{page}");
    }
}

#[test]
fn unknown_names_are_answered_by_the_nearest() {
    let place = Place::new();
    for (name, near) in
        [("adexx", "adex"), ("exponental", "exponential"), ("fixed_prop", "fixed_prob"), ("LSTTM", "LSTM")]
    {
        let err = place.fails(2, &format!("models {name}"));
        assert!(err.contains("did you mean `") && err.to_lowercase().contains(&near.to_lowercase()), "{err}");
        assert!(err.contains("HH") && err.contains("all_to_all"), "{err}");
    }
    place.fails(2, "models hh lif");
}

/// The commands among the examples run, for every neuron.
#[test]
fn examples_of_the_pages_run() {
    let place = Place::new();
    let mut ran = 0;
    for info in overtime::models::all() {
        let page = place.ok(&format!("models {}", info.name));
        let example: String =
            page.split("\nexample\n").nth(1).unwrap().lines().map(|line| format!("{}\n", line.trim())).collect();
        if let Some(arguments) = example.trim().strip_prefix("overtime ") {
            let arguments =
                arguments.replace("--duration 100 ", "--duration 5 ").replace("--duration 1000", "--duration 5");
            place.ok(&format!("{arguments} --quiet"));
            ran += 1;
        } else if example.starts_with("kind = ") {
            place.write("m.toml", &example);
            place.ok("run m.toml --quiet");
            ran += 1;
        } else if example.starts_with("[[group]]") {
            place.write("m.toml", format!("steps = 5\n{example}"));
            place.ok("run m.toml --quiet");
            ran += 1;
        } else if example.starts_with("[[channel]]") {
            place.write("m.toml", format!("kind = 'CondNeuGroup'\nsteps = 5\n{example}"));
            place.ok("run m.toml --quiet");
            ran += 1;
        } else {
            place.write("m.toml", format!("batch = 1\nsteps = 1\ninput = 0.0\n{example}"));
            place.ok("run m.toml --quiet");
            ran += 1;
        }
    }
    assert_eq!(ran, overtime::models::all().len());
}

#[test]
fn new_files_run() {
    let place = Place::new();
    let list = place.ok("new");
    let folder = root().join("examples/models");
    let mut names = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(list.contains(&format!("  {name} ")), "{name}:\n{list}");
        let folder = place.path(&format!("of_{name}"));
        std::fs::create_dir(&folder).unwrap();
        let out = place.ok(&format!("new {name} of_{name}/m.toml"));
        assert!(out.contains("overtime run"), "{out}");
        assert_eq!(std::fs::read(folder.join("m.toml")).unwrap(), std::fs::read(&path).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        place.ok(&format!("run of_{name}/m.toml {} --quiet", shortened(&text, 1)));
        names += 1;
    }
    assert_eq!(names, list.lines().filter(|line| line.starts_with("  ")).count());
}

#[test]
fn new_replaces_nothing_without_force() {
    let place = Place::new();
    place.ok("new lif");
    let lif = std::fs::read(place.path("lif.toml")).unwrap();
    place.write("lif.toml", "mine");
    assert!(place.fails(2, "new lif").contains("lif.toml exists"));
    assert_eq!(std::fs::read(place.path("lif.toml")).unwrap(), b"mine");
    place.ok("new lif --force");
    assert_eq!(std::fs::read(place.path("lif.toml")).unwrap(), lif);
    // The arrays of two examples are the same file, which is no obstacle; another one is.
    place.ok("new rnn");
    place.ok("new lstm");
    place.write("inputs.npz", "mine");
    assert!(place.fails(2, "new conv2d").contains("inputs.npz exists"));
    assert!(!place.path("conv2d.toml").exists());
    assert!(place.fails(2, "new liff").contains("did you mean `lif`?"));
    assert!(place.fails(2, "new lif lif.txt").contains(".toml"));
    place.fails(5, "new lif gone/lif.toml");
}
