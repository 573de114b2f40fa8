//! Messages that name the key, the known names, and the right form.

use overtime_model::ModelFile;

const GROUP: &str = "[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 10\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n\
                     [[group.receptor]]\nname = 'jump'\nvariable = 'V'\n[[group.receptor]]\nname = 'gap'\nkind = 'gap'\n\
                     [[group.receptor]]\nname = 'nmda'\nkind = 'graded'\n";

/// The message about a text that is wrong in its last line.
fn last(text: &str) -> String {
    let error = ModelFile::parse(text).expect_err(text);
    assert_eq!(error.line, text.lines().count(), "{text}: {error}");
    error.message
}

#[test]
fn units_stand_after_the_variable() {
    for (text, right) in [
        ("P[0..5].V", "`P[0..5].V` has units of a group; write `P.V[0..5]`"),
        ("P[0,7].V:events", "write `P.V[0,7]`"),
        ("P[0..5.V", "`P[0..5.V` has no closing bracket"),
        ("P.V[0..5]x", "`P.V[0..5]x` has `x` after the closing bracket"),
        ("P[0..5].V[0..2]", "has `.V[0..2]` after the closing bracket"),
        ("P.V:event", "no suffix named `event` (did you mean `events`?); there is: events, bits, histogram"),
        ("P.V[0..2]:", "no suffix named ``; there is: events, bits, histogram"),
    ] {
        let said = last(&format!("out_vars = ['{text}']\n"));
        assert!(said.contains(right), "{text}: {said}");
        let said = overtime_model::out_vars::parse(text).unwrap_err().to_string();
        assert!(said.contains(right), "{text}: {said}");
    }
    // The name of a layer may have a colon.
    let all = overtime_model::out_vars::parse("a:b.state,a:b.h:events").unwrap();
    assert_eq!((all[0].name.as_str(), all[1].name.as_str(), all[1].events), ("a:b.state", "a:b.h", true));
    let projection = "[[projection]]\nname = 's'\nfrom = 'P'\n";
    let said = last(&format!("{GROUP}{projection}to = 'P.ge[0..5]'\n"));
    assert!(said.ends_with("not `P.ge[0..5]`; write `P[0..5].ge`"), "{said}");
    let said = last(&format!("{GROUP}{projection}to = 'P[0..5]'\n"));
    assert!(said.ends_with("`GROUP.RECEPTOR`, not `P[0..5]`"), "{said}");
}

#[test]
fn a_value_of_populations_has_its_key() {
    for (value, part) in
        [("'x.png'", "no group named `x.png`"), ("'P[0..11]'", "beyond the 10"), ("3", "must be a string, not 3")]
    {
        let error = ModelFile::parse(&format!("[populations]\nE = {value}\n{GROUP}")).unwrap_err();
        assert!(error.line == 2 && error.message.starts_with("`populations.E`"), "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

/// Bounds of a distribution that make no sense, stand in another place, or have a wrong type.
#[test]
fn wrong_bounds_have_their_line_and_the_right_form() {
    for (value, part) in [
        (
            "{ normal = [0, 1], min = 2, max = 1 }",
            "`V`: normal = [mean, deviation], and 2 is a `min` above the `max` 1",
        ),
        (
            "{ normal = [0, 1], min = 1, max = 1 }",
            "1 is both `min` and `max`, which leaves no interval: give one number",
        ),
        ("{ normal = [0, 1], min = nan }", "`V`: normal = [mean, deviation], and NaN is not a finite `min`"),
        ("{ normal = [0, 1], min = -inf, outside = 'clip' }", "-inf is not a finite `min`"),
        ("{ uniform = [0, 1], max = inf }", "uniform = [low, high], and inf is not a finite `max`"),
        (
            "{ normal = [0, 1], min = 3 }",
            "normal(0, 1) has a value in [3, ∞) with a probability of 0.0013, and a redraw needs 0.02 or more; outside = \"clip\"",
        ),
        ("{ normal = [0, 1], outside = 'clip' }", "`V`: `outside` needs `min` or `max`"),
        (
            "{ normal = [0, 1], min = 0, outside = 'cliped' }",
            "no value of `outside` named `cliped` (did you mean `clip`?); there is: redraw, clip",
        ),
        ("{ normal = [0, 1], min = 0, outside = true }", "`initial.V.outside` must be a string, not true"),
        ("{ normal = [0, 1], min = 'low' }", "`initial.V.min` must be a number, not "),
        ("{ normal = [0, 1], max = [1] }", "`initial.V.max` must be a number, not "),
        ("{ normal = [0, 1], mim = 0 }", "no key named `mim` (did you mean `min`?)"),
        ("{ normal = [0, 1], min = 0, min = 0 }", "duplicate key"),
        ("{ min = 0 }", "exactly one of file (with array, if the file has several), uniform = [low, high], normal ="),
        ("{ min = 0 }", "a distribution may have min, max and outside"),
        ("{ normal = [0, 1], uniform = [0, 1], min = 0 }", "exactly one of"),
        ("{ normal = [0, 1], array = 'a', min = 0 }", "exactly one of"),
        (
            "{ file = 'a.npz', min = 0 }",
            "`V`: `min` is for a distribution, as in { normal = [mean, deviation], min = … }",
        ),
        ("{ linspace = [0, 1, 10], max = 0 }", "`V`: `max` is for a distribution"),
        ("{ orthogonal = 1.0, outside = 'clip' }", "`V`: `outside` is for a distribution"),
    ] {
        let said = last(&format!("kind = 'LIF'\nsize = 10\n[initial]\nV = {value}\n"));
        assert!(said.contains(part), "{value}: {said}");
    }
    let projection = format!("{GROUP}[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\n");
    for text in [
        format!("{projection}weight = {{ normal = [0, 1] }}\nmin = 0.1\n"),
        "kind = 'LIF'\n[initial]\nV = { normal = [0, 1] }\nmin = 0.1\n".to_owned(),
        "kind = 'LIF'\nmin = 0.1\n".to_owned(),
    ] {
        let said = last(&text);
        let right = "; `min` stands beside a distribution, as in { normal = [mean, deviation], min = … }";
        assert!(said.ends_with(right), "{text}: {said}");
    }
    let said = last("kind = 'LIF'\n[plot]\nmin = 0.1\n");
    assert!(!said.contains("distribution"), "{said}");
    let said =
        last(&format!("{projection}connect = {{ kind = 'one_to_one' }}\ndelay = {{ normal = [1, 1], min = 5 }}\n"));
    assert!(said.contains("`delay`: normal = [mean, deviation], and normal(1, 1) has a value in [5, ∞)"), "{said}");
}

/// Receptors that decay have initial values, beside the variables of the neuron.
#[test]
fn all_variables_with_an_initial_value_are_listed() {
    let said = last(&format!("{GROUP}[group.initial]\nspike = 1\n"));
    assert_eq!(said, "no variable with an initial value named `spike`; there is: V, ge, nmda");
    let said = last(&format!("{GROUP}[group.initial]\nnmdaa = 1\n"));
    assert!(said.contains("(did you mean `nmda`?)"), "{said}");
    ModelFile::parse(&format!("{GROUP}[group.initial]\nV = 1\nge = 2\nnmda = {{ uniform = [0, 1] }}\n")).unwrap();
}

#[test]
fn a_drive_and_a_delta_need_a_variable_that_keeps_its_value() {
    let drive = |receptor: &str| format!("{GROUP}[[group.poisson]]\nrate = 1\nweight = 1\nreceptor = '{receptor}'\n");
    assert_eq!(last(&drive("gap")), "`receptor`: `gap` is gap junctions, which take no spikes");
    assert!(last(&drive("nmda")).starts_with("`receptor`: `nmda` is graded"));
    for right in ["ge", "jump"] {
        ModelFile::parse(&drive(right)).unwrap();
    }
    for (kind, variable, known) in
        [("LIF", "refractory", "V"), ("HH", "spike", "V, m, h, n"), ("HH", "below", "V, m, h, n")]
    {
        let receptor = "[[group.receptor]]\nname = 'r'\n";
        let said = last(&format!("[[group]]\nname = 'P'\nkind = '{kind}'\n{receptor}variable = '{variable}'\n"));
        let sets = format!("each step of {kind} sets `{variable}` itself; a delta adds to one of: {known}");
        assert_eq!(said, format!("`variable`: {sets}"));
    }
}

#[test]
fn a_parameter_out_of_bounds_has_its_line() {
    for (text, part) in [
        ("kind = 'LIF'\nparameters.tau = 0\n".to_owned(), "parameter `tau`: 0 is not positive"),
        ("kind = 'PoissonGroup'\nparameters.freqs = -1\n".to_owned(), "parameter `freqs`: -1 is negative"),
        (format!("{GROUP}[group.parameters]\ntau = -1\n"), "parameter `tau`: -1 is not positive"),
        (
            "kind = 'CondNeuGroup'\n[[channel]]\nname = 'K'\nkind = 'IK_HH1952'\n[channel.parameters]\ng_max = -1\n"
                .to_owned(),
            "parameter `g_max`: -1 is negative",
        ),
    ] {
        let said = last(&text);
        assert!(said.contains(part), "{text}: {said}");
    }
}

/// TOML and serde have other words for the kinds of values.
#[test]
fn a_wrong_value_is_described_in_the_words_of_model_files() {
    let whole = "must be a whole number from 0 to 18446744073709551615, not";
    for (text, right) in [
        ("kind = 'HH'\nsize = 4.0", "`size` must be a whole number, not 4.0".to_owned()),
        (
            "kind = 'HH'\nsize = 'x, expected u64'",
            "`size` must be a whole number, not the string \"x, expected u64\"".into(),
        ),
        ("kind = 'HH'\nsize = true", "`size` must be a whole number, not true".into()),
        ("kind = 'HH'\nsize = [1]", "`size` must be a whole number, not an array".into()),
        ("kind = 'HH'\nsize = { a = 1 }", "`size` must be a whole number, not a table".into()),
        ("kind = 'HH'\nsize = -4", format!("`size` {whole} -4")),
        ("kind = 'HH'\nsize = 99999999999999999999999", format!("`size` {whole} an integer of more than 64 bits")),
        ("[[layer]]\nkernel_size = [3, -1]", format!("`layer.kernel_size` {whole} -1")),
        ("kind = 'HH'\nnoise = 'x'", "`noise` must be a number, not the string \"x\"".into()),
        ("kind = 'HH'\nparameters = 3", "`parameters` must be a table, not 3".into()),
        ("kind = 'HH'\nout_vars = 'V'", "`out_vars` must be an array, not the string \"V\"".into()),
        ("kind = 'HH'\nout_vars = [3]", "`out_vars` must be a string, not 3".into()),
        ("[[layer]]\nbias = 1", "`layer.bias` must be true or false, not 1".into()),
    ] {
        assert_eq!(last(&format!("{text}\n")), right, "{text}");
    }
    let day = "1979-05-27";
    for (text, key) in [
        (format!("kind = 'HH'\nsize = {day}"), "size"),
        (format!("kind = {day}"), "kind"),
        (format!("kind = 'HH'\nparameters = {day}"), "parameters"),
        (format!("kind = 'HH'\nparameters = {{ gL = {day} }}"), "parameters.gL"),
        (format!("kind = 'HH'\ninput = {day}"), "input"),
        (format!("kind = 'HH'\n[input]\nramp = {{ c_start = {day}, c_end = 1 }}"), "input.ramp.c_start"),
        (format!("kind = 'HH'\nout_vars = ['V', {day}]"), "out_vars"),
        (format!("kind = 'HH'\n[plot]\nsize = [{day}, 3]"), "plot.size"),
        (format!("group = {day}"), "group"),
    ] {
        let right = format!("`{key}`: {day} is a date, and no key of a model file takes a date");
        assert_eq!(last(&format!("{text}\n")), right, "{text}");
    }
    // These messages of TOML begin with the same word.
    for (text, right) in [("title = 'x", "invalid literal string"), ("title = 1979-99-99", "invalid date")] {
        assert!(last(&format!("{text}\n")).starts_with(right), "{text}");
    }
}

#[test]
fn an_array_of_tables_has_two_brackets() {
    for key in ["group", "projection", "layer", "channel", "group.receptor", "group.poisson", "group.channel"] {
        let group = if key.starts_with("group.") { "[[group]]\nname = 'P'\n" } else { "" };
        let right = format!("`{key}` is an array of tables; write `[[{key}]]`");
        assert_eq!(last(&format!("{group}[{key}]\n")), right);
    }
    assert_eq!(last("group = 3\n"), "`group` must be an array, not 3");
}

/// The rules of weights need an array with rows and columns.
#[test]
fn variables_of_units_take_no_rule_of_weights() {
    let projection = "[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\nconnect = { kind = 'one_to_one' }\n";
    for (value, name) in
        [("'orthogonal'", "orthogonal"), ("{ orthogonal = 1 }", "orthogonal"), ("'xavier_normal'", "xavier_normal")]
    {
        for (text, key) in [
            (format!("kind = 'HH'\ninitial = {{ V = {value} }}"), "V"),
            (format!("{GROUP}[group.initial]\nge = {value}"), "ge"),
            (format!("{GROUP}{projection}kinetics = 'stp'\ninitial = {{ u = {value} }}"), "u"),
        ] {
            let right = format!("`{key}`: `{name}` is for the weights of layers, which have rows and columns");
            assert_eq!(last(&format!("{text}\n")), right, "{text}");
        }
    }
    ModelFile::parse("kind = 'HH'\ninitial = { V = 'zeros' }\n").unwrap();
}

#[test]
fn multapses_are_for_some_rules() {
    let with = |connect: &str, multapses: &str| {
        let projection = "[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\nconnect";
        format!("{GROUP}{projection} = {{ kind = {connect} }}\nmultapses = {multapses}\n")
    };
    let arrays = "'arrays', file = 'a.npz', pre = 'a', post = 'b'";
    for rule in ["'fixed_prob', p = 0.5", "'one_to_one'", "'all_to_all'", arrays] {
        let right = "`multapses = true` is for fixed_num_pre, fixed_num_post and fixed_total_number";
        assert_eq!(last(&with(rule, "true")), right);
    }
    let right = "`multapses = false` is not for fixed_total_number, which repeats pairs";
    assert_eq!(last(&with("'fixed_total_number', num = 9", "false")), right);
    let right = "`multapses = false` is not for arrays, whose pairs are not changed";
    assert_eq!(last(&with(arrays, "false")), right);
    let said = last(&with("'fixed_num_pre', num = 9", "1"));
    assert_eq!(said, "`projection.multapses` must be true or false, not 1");

    for rule in ["fixed_num_pre", "fixed_num_post", "fixed_total_number"] {
        // More synapses than neurons.
        let text = with(&format!("'{rule}', num = 80"), "true");
        ModelFile::parse(&text).unwrap().system.build::<f64>(1, 0.1).unwrap();
    }
    ModelFile::parse(&with("'one_to_one'", "false")).unwrap();
}

#[test]
fn statistics_start_at_a_finite_time() {
    let start = |text: &str| ModelFile::parse(&format!("kind = 'HH'\nstatistics_from = {text}\n"));
    for (text, value) in [("500.0", 500.0), ("500", 500.0), ("-3.5", -3.5)] {
        assert_eq!(start(text).unwrap().settings.statistics_from, Some(value));
    }
    assert_eq!(ModelFile::parse("kind = 'HH'\n").unwrap().settings.statistics_from, None);
    for text in ["nan", "inf", "'500'", "[1]"] {
        let error = start(text).unwrap_err();
        assert!(error.line == 2 && error.message.contains("`statistics_from` must be"), "{text}: {error}");
    }
}

#[test]
fn a_number_of_things_is_positive() {
    for (key, what) in [("batch", "rows"), ("record_every", "steps")] {
        let said = last(&format!("kind = 'HH'\n{key} = 0\n"));
        assert_eq!(said, format!("`{key}` must be a positive number of {what}, not 0"));
    }
}

/// The line of a value that only the build of the system can refuse.
#[test]
fn a_value_has_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.toml");
    let line = |text: &str, name: &str| {
        std::fs::write(&path, text).unwrap();
        ModelFile::line_of(&path, name)
    };
    let network = "[[group]]\nname = 'A'\nkind = 'LIF'\nnoise = 1.0\n\n[[group]]\nname = 'P'\nkind = 'CondNeuGroup'\n\
                   noise = 1.0\ncurrent = 2.0\nparameters = { V_th = 3.0 }\n[group.initial]\nV = 1\nge = 2\n\
                   [[group.receptor]]\nname = 'ge'\ntau = 5.0\nreversal = 0.0\n[[group.channel]]\nname = 'K'\n\
                   kind = 'IL'\nparameters = { g_max = 3 }\n[[group.poisson]]\nreceptor = 'ge'\nrate = 1\nweight = 1\n\
                   [[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\nweight = 3\n\
                   connect = { kind = 'arrays', file = 'x.npz',\npre = 'i', post = 'j' }\ndelay = 1\n";
    for (name, right) in [
        ("A.noise", Some(4)),
        ("P.noise", Some(9)),
        ("P.current", Some(10)),
        ("P.parameters.V_th", Some(11)),
        ("P.initial.V", Some(13)),
        ("P.initial.ge", Some(14)),
        ("P.ge.reversal", Some(18)),
        ("P.channels.K.g_max", Some(22)),
        ("P.poisson.ge.weight", Some(26)),
        ("s.weight", Some(31)),
        ("s.pre", Some(33)),
        ("s.delay", Some(34)),
        ("A.current", None),
        ("", None),
    ] {
        assert_eq!(line(network, name), right, "{name}");
    }
    // Each name of a value that a file gives has a line.
    let file = ModelFile::read(&path).unwrap();
    for (name, _) in file.system.values() {
        assert!(line(network, &name).is_some(), "{name}");
    }
    for (name, _) in file.system.numbers() {
        assert!(line(network, &name).is_some(), "{name}");
    }
    let neurons =
        "kind = 'CondNeuGroup'\nnoise = 1\n[initial]\nV = 2\n[[channel]]\nname = 'K'\n[channel.parameters]\nE = 3\n";
    for (name, right) in [("noise", Some(2)), ("initial.V", Some(4)), ("channels.K.E", Some(8)), ("parameters.C", None)]
    {
        assert_eq!(line(neurons, name), right, "{name}");
    }
    let layers = "[[layer]]\nname = 'c'\nW_init = 1\n[[layer]]\nname = 'd'\nWi_init = 1\nstate_init = 2\n";
    for (name, right) in [("c.w", Some(3)), ("d.Wi", Some(6)), ("d.state", Some(7)), ("d.Wh", None)] {
        assert_eq!(line(layers, name), right, "{name}");
    }
    assert_eq!(line("kind = ", "noise"), None);
    assert_eq!(ModelFile::line_of(&folder.path().join("none.toml"), "noise"), None);
    assert_eq!(ModelFile::line_of(folder.path(), "noise"), None);
}

/// The library names a table or a parameter, and the file has its line.
#[test]
fn an_error_of_the_library_has_the_line_of_its_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.toml");
    let projection = "[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\n";
    let connected = format!("{GROUP}{projection}connect = {{ kind = 'one_to_one' }}\n");
    let sources = "[[group]]\nname = 'S'\nkind = 'PoissonGroup'\n[group.parameters]\n";
    for (text, line, part) in [
        (format!("{connected}delay = 1e9\n"), 18, "delay of projection `s`"),
        (format!("{GROUP}{projection}connect = {{ kind = 'fixed_num_pre', num = 80 }}\n"), 18, "projection `s`: 80"),
        (
            format!("{GROUP}{projection}connect = {{ kind = 'fixed_total_number', num = 4000000000000000000 }}\n"),
            18,
            "projection `s`: 4000000000000000000 is more than 2⁴⁰",
        ),
        (format!("{connected}kinetics = 'stp'\nparameters = {{ U = 3 }}\n"), 18, "projection `s`: 3"),
        (format!("{connected}kinetics = 'stp'\nstdp = {{ max = 1 }}\n"), 18, "projection `s` has kinetics"),
        (format!("{GROUP}[[group.poisson]]\nreceptor = 'ge'\nrate = 1e9\nweight = 1\n"), 2, "drive of `P`"),
        ("kind = 'PoissonGroup'\n[parameters]\nfreqs = 1e9\n".to_owned(), 3, "parameter `freqs`"),
        (format!("{GROUP}{sources}freqs = 1e9\n"), 21, "group `S`: parameter `freqs`"),
        (format!("{GROUP}{sources}start = 2\nstop = 1\n"), 22, "group `S`: `stop`: 1 ms is before `start`"),
        (
            GROUP.replace("size = 10", "method = 'exact'").replace("tau = 5.0", "tau = 5.0\nreversal = 0"),
            2,
            "group `P`: method",
        ),
        (
            "kind = 'SpikeTimeGroup'\nsize = 2\n[parameters]\ntimes = { arange = [0, 3, 1] }\n\
             indices = { arange = [0, 3, 1] }\n"
                .to_owned(),
            5,
            "m.toml:5: indices: 2 is not below",
        ),
    ] {
        std::fs::write(&path, &text).unwrap();
        let file = ModelFile::read(&path).unwrap();
        let error = match file.build::<f64>() {
            Err(error) => error.to_string(),
            // The loop checks what depends on its step.
            Ok(system) => overtime::LoopOverTime::builder(system).build().expect_err(&text).to_string(),
        };
        assert!(error.contains(part), "{text}: {error}");
        // The build adds the place, and the loop does not.
        let place = format!("{}:{line}: ", path.display());
        let bare = error.strip_prefix(&place).unwrap_or(&error);
        assert_eq!(ModelFile::line_of_message(&path, bare), Some(line), "{text}: {error}");
    }
    std::fs::write(&path, "kind = 'HH'\n[plot]\nsize = [85, 60]\npanels = ['X']\n").unwrap();
    assert_eq!(ModelFile::line_of_message(&path, "plot.panels: no panel named `X`"), Some(4));
    for message in
        ["plot.dpi: 3", "panels: x", "no group named `P`", "x of projection `Q`", "parameter `tau`", "projection `", ""]
    {
        assert_eq!(ModelFile::line_of_message(&path, message), None, "{message}");
    }
}

#[test]
fn each_pulse_has_a_size_and_a_length() {
    let spike = |more: &str| format!("kind = 'HH'\ninput = {{ spike = {{ sp_times = [1, 2], {more} }} }}\n");
    let said = last(&spike("sp_lens = 1, sp_sizes = [1, 2, 3]"));
    assert_eq!(said, "`input`: spike has 2 sp_times and 3 sp_sizes");
    let said = last(&spike("sp_lens = { linspace = [1, 2, 1] }, sp_sizes = 1"));
    assert_eq!(said, "`input`: spike has 2 sp_times and 1 sp_lens");
    ModelFile::parse(&spike("sp_lens = 1, sp_sizes = [1, 2]")).unwrap();
}

#[test]
fn a_layer_has_units() {
    let layer = "[[layer]]\nname = 'l'\n";
    for (rest, key) in [
        ("kind = 'Dense'\nnum_out = 2\nnum_in = 0", "num_in"),
        ("kind = 'Dense'\nnum_in = 2\nnum_out = 0", "num_out"),
        ("kind = 'RNN'\nnum_in = 2\nhidden = 0", "hidden"),
        ("kind = 'RNN'\nnum_in = 2\nhidden = 2\nnum_layers = 0", "num_layers"),
    ] {
        assert_eq!(last(&format!("{layer}{rest}\n")), format!("`{key}` must be a positive number, not 0"));
    }
}
