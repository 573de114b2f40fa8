//! Values of model files that a kind of group cannot take, or that the type of the run cannot hold.

use crate::support::Place;

const GROUP: &str = "duration = 1.0\n[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 3\n[[group.receptor]]\nname = 'ge'\n\
                     tau = 5.0\n";

/// A source of spikes has no current to which noise could be added.
#[test]
fn noise_of_a_source_is_an_error_of_the_file() {
    let place = Place::new();
    for kind in ["InputGroup", "PoissonGroup", "SpikeTimeGroup"] {
        for rest in ["noise = 1.0", "current = 1.0", "receptor = [{ name = 'r', tau = 1.0 }]"] {
            place.write("m.toml", format!("duration = 2.0\n[[group]]\nname = 'S'\nkind = '{kind}'\n{rest}\n"));
            let error = place.fails(2, "run m.toml");
            let key = rest.split(' ').next().unwrap();
            assert!(error.contains(&format!("m.toml:5: `{key}` is not for {kind}")), "{error}");
        }
    }
    place.write("m.toml", "duration = 2.0\n[[group]]\nname = 'S'\nkind = 'InputGroup'\nnoise = 1.0\ninput = true\n");
    assert!(place.fails(2, "run m.toml --input 1").contains("m.toml:5: `noise` is not for InputGroup"));
}

#[test]
fn a_value_that_is_too_large_has_its_line() {
    let place = Place::new();
    let large = "too large for f32";
    for (text, line, name) in [
        ("kind = 'HH'\nduration = 1.0\nnoise = 1e308\n".to_owned(), 3, "noise"),
        ("kind = 'LIF'\nduration = 1.0\nnoise = 1e308\n".to_owned(), 3, "noise"),
        (GROUP.replace("size", "noise = 1e308\nsize"), 5, "P.noise"),
        (format!("{GROUP}reversal = 1e308\n"), 9, "P.ge.reversal"),
        (format!("{GROUP}[[group.poisson]]\nreceptor = 'ge'\nrate = 1\nweight = 1e308\n"), 12, "P.poisson.ge.weight"),
        ("kind = 'LIF'\nduration = 1.0\n[initial]\nV = { lognormal = [90, 1] }\n".to_owned(), 4, "initial.V"),
        (format!("{GROUP}[group.initial]\nge = {{ lognormal = [90, 5] }}\n"), 10, "P.initial.ge"),
        (
            format!(
                "{GROUP}[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\nconnect = {{ kind = 'all_to_all' }}\n\
                 weight = {{ lognormal = [90, 5] }}\n"
            ),
            14,
            "s.weight",
        ),
        (
            "steps = 2\n[[layer]]\nname = 'd'\nkind = 'Dense'\nnum_in = 2\nnum_out = 2\nW_init = { lognormal = [90, 5] }\n"
                .to_owned(),
            7,
            "d.W",
        ),
    ] {
        place.write("m.toml", &text);
        let error = place.fails(4, "run m.toml");
        assert!(error.contains(&format!("m.toml:{line}: `{name}` has ")) && error.contains(large), "{text}: {error}");
    }
    // In f64 the number is representable, and the potential leaves the range.
    place.write("m.toml", "kind = 'HH'\nduration = 1.0\nnoise = 1e308\n");
    let error = place.fails(4, "run m.toml --dtype f64");
    assert!(error.contains("its currents, noise, weights or parameters are out of range"), "{error}");
    place.write("m.toml", "kind = 'LIF'\nduration = 1.0\nnoise = 1.0\n");
    place.ok("run m.toml --quiet");
}

/// Neurons in f32 compute with a step in f32.
#[test]
fn a_step_has_a_length_in_the_type_of_the_run() {
    let place = Place::new();
    for (dt, rounded) in [("1e-50", "0"), ("1e39", "inf")] {
        place.write("m.toml", format!("kind = 'HH'\nsteps = 1\ndt = {dt}\n"));
        for run in ["run m.toml".to_owned(), format!("run hh --steps 1 --dt {dt}")] {
            let error = place.fails(2, &run);
            assert!(error.contains(&format!("dt: {dt} is {rounded} in f32")), "{run}: {error}");
        }
    }
    place.ok("run hh --steps 1 --dt 1e-50 --dtype f64 --quiet");
    let error = place.fails(2, "run hh --steps 1 --batch 0");
    assert!(error.contains("--batch") && error.contains("0 is not in 1.."), "{error}");
}
