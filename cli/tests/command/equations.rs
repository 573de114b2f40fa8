//! `overtime equations`: the step of a text, and its mistakes.

use crate::support::{Place, texts};

const LEAKY: &str = "param tau = 10 ms\ninput I : mV\nV' = (I - V)/tau : mV\nspike when V >= 15 mV\nreset V = 0\n";

#[test]
fn the_step_of_a_text_is_printed() {
    let place = Place::new();
    place.write("leaky.eq", LEAKY);
    let output = place.run("equations leaky.eq --dtype f64");
    let (text, error) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{error}");
    for part in [
        "Variables   V (mV), spike",
        "Inputs      I (mV)",
        "Parameters  tau = 10 ms",
        "A step of 0.1 ms by exp_auto in f64",
        "new spike = ",
        "__device__ __forceinline__ acc_t step(State& s, Input x, const Params& p, const Tick& at)",
    ] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
    let output = place.run("equations leaky.eq --cuda --method rk4");
    assert!(texts(&output).0.starts_with("#include \"math.cuh\""));
}

#[test]
fn mistakes_have_the_line_of_the_file() {
    let place = Place::new();
    place.write("leaky.eq", LEAKY.replace("/tau", "/taus"));
    let output = place.run("equations leaky.eq");
    let (text, error) = texts(&output);
    assert_eq!((output.status.code(), &*text), (Some(2), ""), "{error}");
    assert!(error.contains("`taus` is not defined (did you mean `tau`?)"), "{error}");
    assert!(error.contains("leaky.eq:3:14") && error.contains("^^^"), "{error}");
    for (command, code) in
        [("equations none.eq", 5), ("equations leaky.eq --dt 0", 2), ("equations leaky.eq --method x", 2)]
    {
        assert_eq!(place.run(command).status.code(), Some(code), "{command}");
    }
}
