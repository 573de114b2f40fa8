//! Weights by the names of torch.

use crate::support::{Place, assert_close, root};

/// Weights by torch's names, from torch's own files, through the command.
#[test]
fn weights_of_torch_by_their_names() {
    let place = Place::new();
    let torch = root().join("tests/golden/torch");
    for (name, layers) in [
        (
            "lstm",
            "[[layer]]\nname = 'rnn'\nkind = 'LSTM'\nnum_in = 3\nhidden = 4\nnum_layers = 2\nbidirectional = true\n",
        ),
        (
            "gru",
            "[[layer]]\nname = 'any'\nkind = 'GRU'\nnum_in = 3\nhidden = 4\nnum_layers = 2\nbidirectional = true\n",
        ),
        ("rnn", "[[layer]]\nname = 'rnn'\nkind = 'RNN'\nnum_in = 3\nhidden = 4\n"),
        (
            "linear",
            "[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 3\nnum_out = 5\n[[layer]]\nname = 'b'\nkind = 'gelu_erf'\n\
             [[layer]]\nname = 'c'\nkind = 'Dense'\nnum_in = 5\nnum_out = 4\n[[layer]]\nname = 'd'\nkind = 'gelu_tanh'\n\
             [[layer]]\nname = 'e'\nkind = 'Dense'\nnum_in = 4\nnum_out = 2\n",
        ),
        (
            "conv2d",
            "[[layer]]\nname = 'c'\nkind = 'Conv2d'\nin_channels = 4\nout_channels = 6\nkernel_size = [3, 2]\ninput_size = [6, 7]\n\
             stride = [2, 1]\ndilation = [1, 2]\ngroups = 2\npadding = [[1, 1], [0, 0]]\n",
        ),
        (
            "gru_cell",
            "[[layer]]\nname = 'cell'\nkind = 'GRUCell'\nnum_in = 3\nnum_out = 4\n\
             [[layer]]\nname = 'head'\nkind = 'Dense'\nnum_in = 4\nnum_out = 2\n",
        ),
    ] {
        let [weights, arrays] = ["safetensors", "npz"].map(|end| torch.join(format!("{name}.{end}")));
        let head =
            format!("weights = '{}'\ninput = {{ file = '{}', array = 'in' }}\n", weights.display(), arrays.display());
        place.write("m.toml", format!("{head}{layers}"));
        place.ok("run m.toml --dtype f64 --out a.npz --quiet");
        let out = overtime_npz::read(&arrays).unwrap().into_iter().find(|(n, _)| n == "out").unwrap().1.to_f64();
        assert_close(&place.read("a.npz")["output"], &out, 1e-12, name);
        // The error for one layer too many lists torch's names.
        let more = layers.replacen(
            "[[layer]]",
            "[[layer]]\nname = 'z'\nkind = 'Dense'\nnum_in = 3\nnum_out = 3\n[[layer]]",
            1,
        );
        place.write("more.toml", format!("{head}{more}"));
        if name != "conv2d" {
            let said = place.fails(2, "run more.toml");
            assert!(said.contains("it needs z.weight, z.bias") && said.contains(".safetensors"), "{said}");
        }
    }
}
