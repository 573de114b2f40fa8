//! Recorded variables: their structure, units, steps and events.

use super::{close, hh, message};
use ndarray::{Axis, s};
use overtime::{Input, LoopOverTime, OutVars, Recorded, Structure, monitor};

/// brainpy `out_vars`: one variable, a list, or a nested dict. The result has the same structure.
#[test]
fn out_vars_come_back_in_the_structure_they_were_given_in() {
    let run = |vars: OutVars| LoopOverTime::builder(hh(2)).out_vars(vars).build().unwrap().run_steps(4).unwrap();
    let shape = |r: &Recorded<f64>| match r {
        Recorded::Dense(array) => array.shape().to_vec(),
        _ => panic!("not dense"),
    };
    let one = run("V".into());
    assert_eq!(one.out_vars().unwrap().leaf().map(|r| shape(r)), Some(vec![4, 2]));
    let list = run(["V", "m"].into());
    let Some(Structure::List(items)) = list.out_vars() else { panic!("not a list") };
    assert_eq!(items.len(), 2);
    assert!(matches!(items[1].leaf(), Some(Recorded::Dense(m)) if *m == list["m"]));
    let map =
        run(OutVars::map([("a", "V".into()), ("b", ["m", "h"].into()), ("c", OutVars::map([("d", "n".into())]))]));
    let tree = map.out_vars().unwrap();
    assert!(matches!(tree.get("a").and_then(Structure::leaf), Some(Recorded::Dense(v)) if *v == map["V"]));
    assert!(matches!(tree.get("b"), Some(Structure::List(gates)) if gates.len() == 2));
    assert!(
        matches!(tree.get("c").and_then(|c| c.get("d")).and_then(Structure::leaf), Some(Recorded::Dense(n)) if *n == map["n"])
    );
    assert!(LoopOverTime::<f64, _>::new(hh(2)).unwrap().run_steps(1).unwrap().out_vars().is_none());
    let unknown = LoopOverTime::<f64, _>::builder(hh(2)).out_vars("W").build();
    assert!(message(unknown).contains("no variable named `W`; there is: V, m, h, n, spike, input"));
}

/// A subset of units. Users of brainpy write `hh.V[:, [3, 1]]` after the run.
#[test]
fn a_subset_of_units_is_those_units() {
    let some = monitor("V").units([3, 1, 3]).named("some");
    let mut over_time = LoopOverTime::builder(hh(5)).batch(2).out_vars([monitor("V"), some]).build().unwrap();
    let run = over_time.run_steps(7).unwrap();
    assert_eq!(run["some"].shape(), [7, 2, 3]);
    assert_eq!(run["some"], run["V"].select(Axis(2), &[3, 1, 3]));
    let outside = LoopOverTime::<f64, _>::builder(hh(5)).out_vars(monitor("V").units([5])).build();
    assert!(message(outside).contains("5 is outside the variable, which has 5 units"));
}

/// Every k-th step is counted from the last reset, so split runs record the same steps as one run.
#[test]
fn every_k_steps_are_the_same_steps_however_a_run_is_split() {
    let build = || {
        let vars: OutVars = [monitor("V").every(3), monitor("m")].into();
        LoopOverTime::<f64, _>::builder(hh(2)).record_every(4).out_vars(vars).build().unwrap()
    };
    let whole = build().run_steps(25).unwrap();
    assert_eq!(
        (whole["V"].shape(), whole["m"].shape(), whole.output.shape()),
        ([9, 2].as_slice(), [7, 2].as_slice(), [7, 2].as_slice())
    );
    let mut all = LoopOverTime::<f64, _>::builder(hh(2)).out_vars("V").build().unwrap();
    let all = all.run_steps(25).unwrap();
    assert_eq!(whole["V"], all["V"].slice(s![..;3, ..]).into_dyn());
    for cut in 0..=25 {
        let mut over_time = build();
        let (a, b) = (over_time.run_steps(cut).unwrap(), over_time.run_steps(25 - cut).unwrap());
        for name in ["V", "m"] {
            assert_eq!(
                ndarray::concatenate(Axis(0), &[a[name].view(), b[name].view()]).unwrap(),
                whole[name],
                "{name} cut at {cut}"
            );
        }
        let ts: Vec<f64> = a.ts.iter().chain(&b.ts).copied().collect();
        assert!(ts.len() == whole.ts.len() && ts.iter().zip(&whole.ts).all(|(a, b)| close(*a, *b)));
    }
}

/// Spikes as events are the non-zero values of the dense spikes.
#[test]
fn events_are_where_the_dense_variable_is_not_zero() {
    let vars: OutVars = [
        monitor("spike"),
        monitor("spike").events().named("events"),
        monitor("spike").events().units([2]).named("of 2"),
    ]
    .into();
    let mut over_time = LoopOverTime::builder(hh(5)).batch(3).out_vars(vars).build().unwrap();
    let run = over_time.run(Input::steps(900).constant(12.0)).unwrap();
    let (dense, events) = (&run["spike"], run.events("events").unwrap());
    let expected: Vec<(u64, usize, usize)> = dense
        .indexed_iter()
        .filter(|(_, v)| **v != 0.0)
        .map(|(index, _)| (index[0] as u64, index[1], index[2]))
        .collect();
    let found: Vec<(u64, usize, usize)> =
        (0..events.len()).map(|e| (events.step[e], events.row[e], events.unit[e])).collect();
    assert!(expected.len() > 50);
    assert_eq!(found, expected);
    let of_2: Vec<_> = expected.into_iter().filter(|(_, _, unit)| *unit == 2).collect();
    let events = run.events("of 2").unwrap();
    assert_eq!((0..events.len()).map(|e| (events.step[e], events.row[e], events.unit[e])).collect::<Vec<_>>(), of_2);
    // The step index continues in the next run.
    let next = over_time.run(Input::steps(900).constant(12.0)).unwrap();
    assert!(next.events("events").unwrap().step.iter().all(|step| (900..1800).contains(step)));
}
