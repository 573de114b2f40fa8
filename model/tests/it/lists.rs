//! Lists of a fixed length, and tables, in a model file: further values are errors, not dropped.

use overtime_model::ModelFile;

const LAYER: &str = "[[layer]]\nname = 'l'\nkind = 'Conv2d'\nin_channels = 1\nout_channels = 1\nkernel_size = 3\n\
                     input_size = [5, 5]\n";

/// Checks that the right text is accepted, and each wrong one is refused in its last line.
fn strict(before: &str, right: &str, wrong: &[(&str, &str)]) {
    let text = format!("{before}{right}\n");
    ModelFile::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
    for (wrong, part) in wrong {
        let text = format!("{before}{wrong}\n");
        let error = ModelFile::parse(&text).expect_err(&text);
        assert!(error.line == text.lines().count() && error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn a_list_of_a_fixed_length_has_this_length() {
    let plot = "kind = 'HH'\n[plot]\n";
    let two = |key: &'static str| format!("`plot.{key}`: expected 2 numbers, not ");
    for (key, right) in [("size", "[85, 60]"), ("window", "[1, 200]")] {
        let (long, short, none) = (format!("{key} = [85, 160, 170]"), format!("{key} = [85]"), format!("{key} = []"));
        let said = |n: usize| two(key) + &n.to_string();
        let wrong = [(&*long, &*said(3)), (&short, &said(1)), (&none, &said(0))];
        strict(plot, &format!("{key} = {right}"), &wrong);
    }
    for key in ["stride", "dilation"] {
        let (long, short) = (format!("{key} = [1, 1, 1]"), format!("{key} = [1]"));
        let wrong = [(&*long, "expected 2 numbers, not 3"), (&*short, "expected 2 numbers, not 1")];
        strict(LAYER, &format!("{key} = [1, 1]"), &wrong);
    }
    let wrong = [
        ("padding = [[1, 1], [1, 1], [1, 1]]", "`layer.padding` must be an array of two values, not one of 3"),
        ("padding = [[1, 1]]", "`layer.padding` must be an array of two values, not one of 1"),
        ("padding = [[1, 1, 5], [1, 1]]", "`layer.padding`: expected 2 numbers, not 3"),
        ("padding = [[1, 1], [1]]", "`layer.padding`: expected 2 numbers, not 1"),
        ("padding = [1, 1]", "`layer.padding` must be an array of 2 numbers, such as [1, 2], not 1"),
    ];
    strict(LAYER, "padding = [[1, 1], [0, 2]]", &wrong);
}

#[test]
fn a_stimulus_drops_no_value() {
    let wrong = [
        ("input = { constant = [[0, 1, 7]] }", "`input.constant` must be an array of two values, not one of 3"),
        ("input = { constant = [[0]] }", "`input.constant` must be an array of two values, not one of 1"),
        ("input = { constant = [[{ linspace = [0, 1, 3, 8] }, 2]] }", "expected 3 numbers, not 4"),
        ("input = { constant = [[{ linspace = [0, 1] }, 2]] }", "expected 3 numbers, not 2"),
        ("input = { constant = [[{ linspace = [0, 1, 3], arange = [0, 1, 1] }, 2]] }", "two sequences"),
        ("input = { constant = [[{}, 2]] }", "there must be a sequence"),
    ];
    strict("kind = 'HH'\n", "input = { constant = [[{ linspace = [0, 1, 3] }, 2], [0, 1]] }", &wrong);
}

/// serde reads a struct from a list too, by position.
#[test]
fn a_list_is_no_table() {
    let group = "[[group]]\nname = 'P'\nkind = 'LIF'\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n";
    let projection = format!("{group}[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\n");
    let list = "must be a table, not an array";
    let connected = format!("{projection}connect = {{ kind = 'all_to_all' }}\n");
    strict(&connected, "stdp = { max = 1.0 }", &[("stdp = [1.0, 0.0, 20.0, 20.0, 0.1, -0.1, 7]", list)]);
    strict(&projection, "connect = { kind = 'all_to_all' }", &[("connect = ['all_to_all']", list)]);
    for (right, wrong) in [
        ("ramp = { c_start = 0, c_end = 1 }", "ramp = [0, 1, 0, 5, 9]"),
        ("sinusoidal = { amplitude = 1, frequency = 2 }", "sinusoidal = [1, 2, false, 0, 5]"),
        ("square = { amplitude = 1, frequency = 2 }", "square = [1, 2, false, 0, 5]"),
        ("section = { values = [1], durations = [1] }", "section = [[1], [1]]"),
        ("spike = { sp_times = [1], sp_lens = 1, sp_sizes = 1 }", "spike = [[1], 1, 1]"),
        ("ou_process = { mean = 0, sigma = 1, tau = 1 }", "ou_process = [0, 1, 1, 3, 0, 5]"),
        ("wiener_process = {}", "wiener_process = [3, 0, 5]"),
    ] {
        strict("kind = 'HH'\n[input]\n", right, &[(wrong, list)]);
    }
    let channel = "channel = [{ name = 'K', kind = 'IL' }]";
    strict("kind = 'CondNeuGroup'\n", channel, &[("channel = [['K', 'IL', {}]]", list)]);
    strict("", "layer = [{ name = 'l', kind = 'relu', num_in = 2 }]", &[("layer = [['l', 'relu', 2]]", list)]);
    strict("", "group = [{ name = 'P', kind = 'LIF' }]", &[("group = [['P', 'LIF']]", list)]);
    let receptor = "receptor = [{ name = 'ge', tau = 5.0 }]\n";
    let before = format!("[[group]]\nname = 'P'\nkind = 'LIF'\n{receptor}");
    strict(
        &before,
        "poisson = [{ receptor = 'ge', rate = 1.0, weight = 1.0 }]",
        &[("poisson = [['ge', 1.0, 1.0, 3]]", list)],
    );
    strict("[[group]]\nname = 'P'\nkind = 'LIF'\n", receptor.trim(), &[("receptor = [['ge', 'alpha', 5.0]]", list)]);
}
