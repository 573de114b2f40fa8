//! The pages of `models`, `devices`, `inspect` and help.

use crate::support::Place;
use overtime::states;

#[test]
fn models_devices_and_help() {
    let place = Place::new();
    let models = place.ok("models");
    for word in
        ["HH", "LIF", "TraubMiles", "ICaT_HM1992", "LSTMCell", "Conv2d", "leaky_relu", "rk4", "stp", "fixed_prob"]
    {
        assert!(models.contains(word), "{word}");
    }
    assert!(models.lines().all(|line| line.chars().count() <= 130), "{models}");
    let page = place.ok("models lif") + &place.ok("models traub_miles") + &place.ok("models hodgkin_huxley");
    for word in ["V_T", "gL", "mS/cm²", "-54.387", "tau_ref", "example"] {
        assert!(page.contains(word), "{word}");
    }
    let devices = place.ok("devices");
    assert!(devices.contains("cpu") && devices.contains("CUDA driver") && devices.contains("looked in"), "{devices}");
    assert!(place.ok("resume --help").contains("bit for bit"));
    assert!(place.ok("--version").starts_with("overtime "));
    let help = place.ok("run --help");
    let flags = "size batch duration steps input first-axis dt t0 method dtype device strategy seed weights state out-vars record-every out \
                 save-state checkpoint checkpoint-every plot scale quiet json";
    for flag in flags.split_whitespace() {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
    }
}

#[test]
fn inspect_lists_the_contents_of_a_file() {
    let place = Place::new();
    place.ok("run hh --size 3 --steps 5 --out-vars V --out a.npz --save-state s.safetensors --quiet");
    let text = place.ok("inspect a.npz");
    assert!(text.contains("npz, 5 arrays") && text.contains("[5, 3]"), "{text}");
    let text = place.ok("inspect s.safetensors");
    assert!(text.contains("state") && text.contains("checksums right") && text.contains("seed"), "{text}");
    let mut bytes = std::fs::read(place.path("s.safetensors")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    place.write("bad.safetensors", bytes);
    assert!(place.fails(5, "inspect bad.safetensors").contains("checksum"));
    place.fails(5, "inspect gone.npz");
    place.write("text.txt", "hello, this is no file of arrays");
    place.fails(5, "inspect text.txt");
    place.fails(5, "inspect .");
}

/// All weights of a layer are listed by name.
#[test]
fn models_name_all_weights() {
    let place = Place::new();
    let of_cell = "num_in = 3\nnum_out = 2\n";
    let of_layers = "num_in = 3\nhidden = 2\n";
    let of_conv = "in_channels = 1\nout_channels = 2\nkernel_size = 2\ninput_size = [3, 1]\n";
    for (kind, keys) in [
        ("RNNCell", of_cell),
        ("RNNCellBrainpy", of_cell),
        ("GRUCellBrainpy", of_cell),
        ("LSTMCellBrainpy", of_cell),
        ("GRUCell", of_cell),
        ("LSTMCell", of_cell),
        ("Dense", of_cell),
        ("RNN", of_layers),
        ("GRU", of_layers),
        ("LSTM", of_layers),
        ("GRUBrainpy", of_layers),
        ("LSTMBrainpy", of_layers),
        ("Conv2d", of_conv),
    ] {
        place.write("m.toml", format!("[[layer]]\nname = 'x'\nkind = '{kind}'\n{keys}"));
        place.ok("run m.toml --steps 0 --batch 1 --input 1 --save-state s.safetensors --quiet");
        let page = place.ok(&format!("models {kind}"));
        let weights = page.split("weights (name, shape)\n").nth(1).unwrap().split("\n\n").next().unwrap();
        for (name, tensor) in states::read(place.path("s.safetensors")).unwrap().tensors {
            let name = name.strip_prefix("x.").unwrap();
            let named = weights.lines().any(|line| line.split_whitespace().next() == Some(name));
            assert_eq!(named, !name.ends_with("state"), "{kind}: {name} {:?}: {page}", tensor.shape);
        }
    }
}
