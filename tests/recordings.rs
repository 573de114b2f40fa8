//! Recordings can be taken apart without a copy.

use ndarray::ArrayD;
use overtime::models::Hh;
use overtime::{FirstAxis, Input, LoopOverTime, OutVars, Recorded, Recording, RecordingParts, Structure, monitor};

fn run(vars: OutVars) -> Recording<f64> {
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(3)).out_vars(vars).build().unwrap();
    over_time.run(Input::steps(200).constant(10.0)).unwrap()
}

fn address(array: &ArrayD<f64>) -> *const f64 {
    array.as_ptr()
}

#[test]
fn a_variable_is_taken_without_a_copy() {
    let mut run = run(["V".into(), OutVars::from(monitor("spike").events())].into());
    let (v, steps) = (address(&run["V"]), run.events("spike").unwrap().step.as_ptr());
    let copy = run["V"].clone();
    let taken = run.take("V").unwrap();
    assert_eq!((address(&taken), &taken), (v, &copy));
    let (values, offset) = taken.into_raw_vec_and_offset();
    assert_eq!((values.as_ptr(), values.len(), offset), (v, 600, Some(0)));
    let events = run.take_events("spike").unwrap();
    assert!(!events.is_empty());
    assert_eq!(events.step.as_ptr(), steps);
    assert_eq!(run.iter().count(), 0);
}

#[test]
fn a_batch_major_array_keeps_its_buffer_and_strides() {
    let build = LoopOverTime::builder(Hh::<f64>::new(3)).batch(2).first_axis(FirstAxis::Batch).out_vars("V");
    let mut run = build.build().unwrap().run_steps(5).unwrap();
    let (v, strides) = (address(&run["V"]), run["V"].strides().to_vec());
    let taken = run.take("V").unwrap();
    assert_eq!((address(&taken), taken.strides(), taken.shape()), (v, &strides[..], &[2, 5, 3][..]));
}

#[test]
fn all_parts_are_taken_without_a_copy() {
    let run = run(["V", "m"].into());
    let (output, ts) = (address(&run.output), run.ts.as_ptr());
    let (v, m) = (address(&run["V"]), address(&run["m"]));
    let RecordingParts { output: own_output, ts: own_ts, vars } = run.into_parts();
    assert_eq!((address(&own_output), own_ts.as_ptr()), (output, ts));
    let found: Vec<_> = (vars.iter())
        .map(|(name, recorded)| match recorded {
            Recorded::Dense(array) => (name.as_str(), address(array)),
            _ => panic!("not dense"),
        })
        .collect();
    assert_eq!(found, [("V", v), ("m", m)]);
}

/// Every name of the structure still finds its own variable when another one was taken.
#[test]
fn the_structure_loses_what_was_taken_and_nothing_else() {
    let vars = || OutVars::map([("a", "V".into()), ("b", ["m", "h"].into()), ("c", "n".into())]);
    let leaf = |s: &Structure<&Recorded<f64>>| match s.leaf() {
        Some(Recorded::Dense(array)) => array.clone(),
        _ => panic!("not dense"),
    };
    let (whole, mut some) = (run(vars()), run(vars()));
    some.take("m").unwrap();
    let structure = some.out_vars().unwrap();
    assert_eq!(leaf(structure.get("a").unwrap()), whole["V"]);
    assert_eq!(leaf(structure.get("c").unwrap()), whole["n"]);
    let Some(Structure::List(list)) = structure.get("b") else { panic!("not a list") };
    assert_eq!(list.iter().map(leaf).collect::<Vec<_>>(), [whole["h"].clone()]);
    some.take("V").unwrap();
    assert!(some.out_vars().unwrap().get("a").is_none());
    let mut one = run("V".into());
    one.take("V").unwrap();
    assert!(one.out_vars().is_none());
}

#[test]
fn a_wrong_name_or_kind_is_an_error_and_takes_nothing() {
    let mut run = run(["V".into(), OutVars::from(monitor("spike").events())].into());
    assert!(run.take("w").unwrap_err().to_string().contains("no recorded variable named `w`; there is: V, spike"));
    assert!(run.take("").is_err());
    assert!(run.take("spike").unwrap_err().to_string().contains("recorded as events"));
    assert!(run.take_events("V").unwrap_err().to_string().contains("recorded densely"));
    assert_eq!(run.iter().count(), 2);
    run.take("V").unwrap();
    assert!(run.take("V").unwrap_err().to_string().contains("there is: spike"));
}

#[test]
fn a_recording_without_monitors_has_only_an_output() {
    let mut over_time = LoopOverTime::new(Hh::<f64>::new(0)).unwrap();
    let mut run = over_time.run_steps(0).unwrap();
    assert!(run.take("V").is_err());
    let parts = run.into_parts();
    assert_eq!((parts.output.len(), parts.ts.len(), parts.vars.len()), (0, 0, 0));
}
