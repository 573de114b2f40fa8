//! Keys of a model file that are unknown, misplaced, given twice, or not for a kind of group.

use overtime_model::ModelFile;

const GROUP: &str = "[[group]]\nname = 'P'\nkind = 'LIF'\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n";
const PROJECTION: &str = "[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\n";
const LAYER: &str = "[[layer]]\nname = 'l'\nkind = 'Conv2d'\n";

/// Checks the line and parts of the message of each text. Each text ends with the wrong line.
fn refused<const N: usize>(cases: [(String, &[&str]); N]) {
    for (text, parts) in cases {
        let error = ModelFile::parse(&text).expect_err(&text);
        assert_eq!(error.line, text.lines().count(), "{text}: {error}");
        for part in parts {
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }
}

/// The message of a text without errors in its place.
fn message(text: &str) -> String {
    ModelFile::parse(text).expect_err(text).message
}

#[test]
fn an_unknown_key_has_its_table_and_the_nearest_key() {
    refused([
        (
            "kind = 'HH'\nnoize = 1\n".to_owned(),
            &["no key named `noize` (did you mean `noise`?); there is: kind, equations, size,"],
        ),
        (
            "kind = 'HH'\n[plot]\ndpii = 3\n".to_owned(),
            &["no key of `plot` named `dpii` (did you mean `dpi`?); there is: file, size, dpi, window, panels, title"],
        ),
        (
            "kind = 'HH'\n[[channel]]\nnam = 'K'\n".to_owned(),
            &["no key of `channel` named `nam` (did you mean `name`?)"],
        ),
        (
            format!("{GROUP}rise = 1\n"),
            &["no key of `group.receptor` named `rise`; there is: name, kind, tau, tau_rise"],
        ),
        (format!("{GROUP}[[group.poison]]\n"), &["no key of `group` named `poison` (did you mean `poisson`?)"]),
        (
            format!("{GROUP}[[group.poisson]]\nrat = 3\n"),
            &["no key of `group.poisson` named `rat` (did you mean `rate`?); there is: receptor, rate, weight"],
        ),
        (
            format!("{GROUP}{PROJECTION}conect = 3\n"),
            &["no key of `projection` named `conect` (did you mean `connect`?)"],
        ),
        (
            format!("{GROUP}{PROJECTION}connect = {{ knd = 3 }}\n"),
            &["no key of `projection.connect` named `knd` (did you mean `kind`?)"],
        ),
        (
            format!("{GROUP}{PROJECTION}stdp = {{ maxx = 3 }}\n"),
            &["no key of `projection.stdp` named `maxx` (did you mean `max`?); there is: max, min, tau_pre"],
        ),
        (format!("{LAYER}strid = 3\n"), &["no key of `layer` named `strid` (did you mean `stride`?)"]),
        (
            "kind = 'HH'\ninput = { ramp = { c_start = 0, c_ende = 1 } }\n".to_owned(),
            &[
                "no key of `input.ramp` named `c_ende` (did you mean `c_end`?); there is: c_start, c_end, t_start, t_end",
            ],
        ),
        ("kind = 'HH'\ninput = { ramp = { c_start = 0 } }\n".to_owned(), &["`input.ramp` needs `c_end`"]),
        (
            "kind = 'HH'\ninput = { rampp = { c_start = 0, c_end = 1 } }\n".to_owned(),
            &["no kind of input named `rampp` (did you mean `ramp`?); there is: file, array, linspace, "],
        ),
        (
            "kind = 'HH'\ninput = { rmap = { c_start = 0, c_end = 1 } }\n".to_owned(),
            &["no kind of input named `rmap`", "ramp, sinusoidal, square", "this file has no `[[group]]`"],
        ),
        ("kind = 'HH'\ninput = { rmap = 3 }\n".to_owned(), &["no kind of input named `rmap`"]),
        (
            format!("{GROUP}[input]\nP = {{ rampp = {{ c_start = 0 }} }}\n"),
            &[
                "`input.P.rampp`: no kind of input named `rampp` (did you mean `ramp`?); there is: file, array, linspace, ",
            ],
        ),
        (
            format!("{GROUP}[input.rampp]\nc_start = 0\n"),
            &["`input.rampp.c_start`: no kind of input named `c_start`", "(did you mean `input.ramp`?)"],
        ),
        (
            "[[group]]\nname = 'P'\nkind = 'LIF'\n[[group.receptor]]\nname = 'r'\nkind = 'delta'\n".to_owned(),
            &["a delta has no `kind`: receptor `r` has `variable` alone"],
        ),
        (
            "kind = 'HH'\ninput = { section = { durations = [1], values = [{ linspac = [0, 1, 3] }] } }\n".to_owned(),
            &[
                "no sequence named `linspac` (did you mean `linspace`?); there is: linspace, logspace, geomspace, arange",
            ],
        ),
        // A key with any text.
        ("kind = 'HH'\n'a`, expected `b' = 1\n".to_owned(), &["no key named `a`, expected `b`; there is: kind, "]),
        ("kind = 'HH'\n\"\\u001b[2J\" = 1\n".to_owned(), &["no key named `\\u{1b}[2J`; there is: kind, "]),
        ("kind = 'HH'\n'' = 1\n".to_owned(), &["no key named ``; there is: kind, "]),
    ]);
}

#[test]
fn a_key_that_is_given_twice_is_named() {
    refused([
        ("kind = 'HH'\nkind = 'LIF'\n".to_owned(), &["duplicate key `kind`"]),
        ("kind = 'HH'\n[parameters]\ngL = 1\n[initial]\n[parameters]\n".to_owned(), &["duplicate key `parameters`"]),
        ("kind = 'HH'\nparameters = { gL = 1, gL = 2 }\n".to_owned(), &["duplicate key `gL`"]),
        ("kind = 'HH'\n[plot]\n\"dpi\" = 1\ndpi = 2\n".to_owned(), &["duplicate key `dpi`"]),
        (format!("{GROUP}tau = 1\n"), &["duplicate key `tau`"]),
        ("[group]\n[[group]]\n".to_owned(), &["duplicate key `group`"]),
    ]);
}

/// In TOML a key after `[populations]` is a key of `populations`.
#[test]
fn a_misplaced_key_has_its_right_place() {
    let whole = |key: &str| format!("; `{key}` is a key of the whole file, and stands before the first table");
    for (text, line, key) in [
        (format!("[populations]\nE = 'P'\nplot = 'x.png'\n{GROUP}"), 3, "plot"),
        (format!("[populations]\nE = 'P'\nduration = 3.0\n{GROUP}"), 3, "duration"),
        (format!("[populations]\nE = 'P'\nout_vars = ['P.V']\n{GROUP}"), 3, "out_vars"),
        (format!("{GROUP}steps = 3\n"), 7, "steps"),
        (format!("{GROUP}{PROJECTION}seed = 3\n"), 11, "seed"),
        (format!("{GROUP}input = 3\n"), 7, "input"),
        (format!("[input]\nsteps = 3\n{GROUP}"), 2, "steps"),
        (format!("[input]\nplot = 'x.png'\n{GROUP}"), 2, "plot"),
        ("kind = 'HH'\n[parameters]\ngL = 1\nduration = 3.0\n".to_owned(), 4, "duration"),
        ("kind = 'HH'\n[initial]\nV = 1\nsize = 3\n".to_owned(), 4, "size"),
        ("kind = 'HH'\n[plot]\ndt = 0.1\n".to_owned(), 3, "dt"),
        ("kind = 'HH'\n[input.ramp]\nc_start = 0\nc_end = 1\nplot = 'x.png'\n".to_owned(), 5, "plot"),
        (format!("{LAYER}steps = 3\n"), 4, "steps"),
        // `dilation` is near, and `duration` is the key of another table.
        (format!("{LAYER}duration = 3\n"), 4, "duration"),
    ] {
        let error = ModelFile::parse(&text).unwrap_err();
        // The key `input` is also one of a group.
        let said = error.message.contains(&whole(key)) || key == "input" && error.message.contains("`[[group]]`");
        assert!(error.line == line && said, "{text}: {error}");
    }
    let of_group = message(&format!("{GROUP}noise = 1.0\n"));
    assert!(of_group.contains("; `noise` is a key of `[[group]]`, and stands before the tables in it"), "{of_group}");
    // There is no advice without a misplaced key: a singular or plural in the same table is the
    // better guess, networks and layers have no `size`, and a population may have the name of a
    // key.
    for text in [
        "kind = 'HH'\ninput = { section = { values = [1], duration = [1] } }\n".to_owned(),
        format!("{GROUP}{PROJECTION}size = 3\n"),
        format!("{GROUP}{PROJECTION}weights = 3\n"),
        format!("{LAYER}size = 3\n"),
        format!("{LAYER}parameters = {{ tau = 1 }}\n"),
        format!("[populations]\nE = 'P[0..9]'\n{GROUP}"),
        "kind = 'HH'\nsize = 'x'\n".to_owned(),
        "[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 'x'\n".to_owned(),
        "kind = 'HH'\n[plot]\nsize = 'x'\n".to_owned(),
    ] {
        assert!(!message(&text).contains("stands before"), "{text}: {}", message(&text));
    }
    ModelFile::parse(&format!("[populations]\nplot = 'P'\n{GROUP}")).unwrap();
}

/// Sources of spikes have no current, and no equations.
#[test]
fn a_source_refuses_the_keys_of_neurons() {
    for kind in ["PoissonGroup", "SpikeTimeGroup", "InputGroup"] {
        let alone = |rest: &str| (format!("kind = '{kind}'\n{rest}\n"), rest.to_owned());
        let group = |rest: &str| (format!("[[group]]\nname = 'S'\nkind = '{kind}'\n{rest}\n"), rest.to_owned());
        let mut all = vec![
            alone("noise = 1.0"),
            alone("method = 'rk4'"),
            alone("reset = 'soft'"),
            group("noise = 1.0"),
            group("noise = 0.0"),
            group("method = 'rk4'"),
            group("reset = 'soft'"),
            group("current = 1.0"),
            group("receptor = [{ name = 'r', tau = 1.0 }]"),
            group("receptor = [{ name = 'r', kind = 'gap' }]"),
            group("receptor = [{ name = 'r', variable = 'spike' }]"),
            group("poisson = [{ receptor = 'r', rate = 1.0, weight = 1.0 }]"),
        ];
        if kind != "InputGroup" {
            all.extend([alone("input = 1.0"), group("input = true")]);
        }
        for (text, key) in all {
            let error = ModelFile::parse(&text).expect_err(&text);
            let key = key.split(' ').next().unwrap();
            assert_eq!(error.message, format!("`{key}` is not for {kind}"), "{text}");
            assert_eq!(error.line, text.lines().count(), "{text}");
        }
        ModelFile::parse(&group("size = 3\ninput = false").0).unwrap();
    }
    ModelFile::parse("[[group]]\nname = 'S'\nkind = 'InputGroup'\ninput = true\n").unwrap();
    refused([
        ("[[group]]\nname = 'S'\nkind = 'PoissonGroup'\nsize = 0\n".to_owned(), &["0 neurons are too few"]),
        ("kind = 'PoissonGroup'\ninitial = { spike = 1 }\n".to_owned(), &["named `spike`; there is: none"]),
    ]);
}

/// The keys that `takes` has are those of the reader.
#[test]
fn the_list_of_keys_is_the_readers() {
    use overtime_model::neurons::{KEYS, NETWORK_KEYS, kind, takes};
    let values = [
        ("size", "2"),
        ("method", "'rk4'"),
        ("noise", "1.0"),
        ("reset", "'soft'"),
        ("channel", "[{ name = 'K', kind = 'IK_HH1952' }]"),
        ("current", "1.0"),
        ("input", "true"),
        ("receptor", "[{ name = 'r', tau = 1.0 }]"),
        ("mean_rate", "1.0"),
    ];
    for info in overtime::models::all() {
        if kind(&info.name).is_err() {
            continue;
        }
        for (key, value) in values {
            assert!(KEYS.contains(&key) || NETWORK_KEYS.contains(&key));
            let text = format!("[[group]]\nname = 'S'\nkind = '{}'\n{key} = {value}\n", info.name);
            let read = ModelFile::parse(&text);
            assert_eq!(read.is_ok(), takes(info, key), "{text}{read:?}");
        }
    }
}
