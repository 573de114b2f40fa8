//! Comparison of bits, with the place of the first difference.

use ndarray::{ArrayD, Dimension};
use overtime::{LoopOverTime, Recorded, Recording, Scalar, System};

/// Describes the first difference of two arrays. NaN equals NaN.
fn difference<T: Scalar>(what: &str, found: &ArrayD<T>, expected: &ArrayD<T>) -> Option<String> {
    if found.shape() != expected.shape() {
        return Some(format!("{what}: shape {:?} is not {:?}", found.shape(), expected.shape()));
    }
    let same =
        |a: T, b: T| bytemuck::bytes_of(&a) == bytemuck::bytes_of(&b) || (a.to_f64().is_nan() && b.to_f64().is_nan());
    let differ: Vec<_> = found.indexed_iter().filter(|(at, a)| !same(**a, expected[at])).collect();
    let (at, a) = differ.first()?;
    let (x, e) = (a.to_f64(), expected[at].to_f64());
    let place = at.slice();
    Some(format!(
        "{what}{place:?} of {:?}: {x:e} ({:#x}) is not {e:e} ({:#x}); {} of {} differ",
        found.shape(),
        x.to_bits(),
        e.to_bits(),
        differ.len(),
        found.len()
    ))
}

/// Describes the first difference of two runs.
pub(crate) fn of_runs<T: Scalar>(found: &Recording<T>, expected: &Recording<T>) -> Option<String> {
    if (found.steps, found.i, found.t.to_bits()) != (expected.steps, expected.i, expected.t.to_bits()) {
        let place = |r: &Recording<T>| format!("{} steps, i {}, t {}", r.steps, r.i, r.t);
        return Some(format!("{} instead of {}", place(found), place(expected)));
    }
    if found.ts.iter().map(|t| t.to_bits()).ne(expected.ts.iter().map(|t| t.to_bits())) {
        return Some("the times differ".into());
    }
    let names = |r: &Recording<T>| r.iter().map(|(n, _)| n.to_owned()).collect::<Vec<_>>();
    if names(found) != names(expected) {
        return Some(format!("recorded {:?} instead of {:?}", names(found), names(expected)));
    }
    let mut vars = found.iter().zip(expected.iter());
    let of_vars = vars.find_map(|((name, a), (_, b))| match (a, b) {
        (Recorded::Dense(a), Recorded::Dense(b)) => difference(name, a, b),
        (Recorded::Events(a), Recorded::Events(b)) => (a != b).then(|| {
            let list = |e: &overtime::Events| {
                e.step.iter().zip(&e.row).zip(&e.unit).map(|((s, r), u)| (*s, *r, *u)).collect::<Vec<_>>()
            };
            let (a, b) = (list(a), list(b));
            let at = a.iter().zip(&b).position(|(x, y)| x != y).unwrap_or(a.len().min(b.len()));
            format!(
                "events of {name}: {} instead of {}; the {at}th (step, row, unit) is {:?}, not {:?}",
                a.len(),
                b.len(),
                a.get(at),
                b.get(at)
            )
        }),
        (Recorded::Bits(a), Recorded::Bits(b)) if (a.shape(), a.bytes().shape()) != (b.shape(), b.bytes().shape()) => {
            let shapes = |bits: &overtime::Bits| format!("{:?} of {:?}", bits.bytes().shape(), bits.shape());
            Some(format!("bits of {name}: {} instead of {}", shapes(a), shapes(b)))
        }
        (Recorded::Bits(a), Recorded::Bits(b)) => (a != b).then(|| {
            let mut bytes = a.bytes().indexed_iter().zip(b.bytes());
            let differs = bytes.find(|((_, a), b)| a != b).map(|((at, a), b)| (at.slice().to_vec(), *a, *b));
            format!("bits of {name}: the first other byte, with its place: {differs:?}")
        }),
        _ => Some(format!("{name}: the runs have recordings of two forms")),
    });
    // A variable is compared before the output, because the output is computed from variables.
    of_vars.or_else(|| difference("output", &found.output, &expected.output))
}

/// Describes the first difference of two loops' whole states, with weights.
pub(crate) fn of_states<T: Scalar>(
    found: &LoopOverTime<T, impl System<T>>,
    expected: &LoopOverTime<T, impl System<T>>,
) -> Option<String> {
    if (found.i(), found.t().to_bits()) != (expected.i(), expected.t().to_bits()) {
        return Some(format!("the loop is at step {} instead of {}", found.i(), expected.i()));
    }
    let (a, b) = match (found.state_dict(), expected.state_dict()) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => return Some(format!("no state: {:?}, {:?}", a.err(), b.err())),
    };
    let names: Vec<_> = a.iter().map(|(n, _)| n.to_owned()).collect();
    if names.iter().map(String::as_str).ne(b.iter().map(|(n, _)| n)) {
        return Some(format!("the states have different names: {names:?}"));
    }
    a.iter().zip(b.iter()).find_map(|((name, x), (_, y))| difference(&format!("state {name}"), x, y))
}

/// Asserts that two runs are the same.
#[track_caller]
pub(crate) fn same_runs<T: Scalar>(what: &str, found: &Recording<T>, expected: &Recording<T>) {
    if let Some(difference) = of_runs(found, expected) {
        panic!("{what}: {difference}");
    }
}

/// Asserts that two loops' states are the same.
#[track_caller]
pub(crate) fn same_states<T: Scalar>(
    what: &str,
    found: &LoopOverTime<T, impl System<T>>,
    expected: &LoopOverTime<T, impl System<T>>,
) {
    if let Some(difference) = of_states(found, expected) {
        panic!("{what}: {difference}");
    }
}

/// The comparison itself finds a difference in one value, in a sign of zero, in an event, and in
/// the state alone.
#[test]
fn differences_are_found() {
    use ndarray::{IxDyn, arr1};
    let array = |x: [f32; 3]| arr1(&x).into_shape_with_order(IxDyn(&[3])).unwrap();
    let (a, n) = (array([1.0, 0.0, 3.0]), array([1.0, f32::NAN, 3.0]));
    assert_eq!((difference("x", &a, &a), difference("x", &n, &n)), (None, None));
    for other in [n, array([1.0, -0.0, 3.0]), array([1.0, f32::from_bits(1), 3.0])] {
        assert!(difference("x", &a, &other).is_some_and(|d| d.contains("x[1]") && d.contains("1 of 3 differ")));
    }
    let run = |seed, vars: overtime::Monitor| {
        let hh = overtime::models::Hh::<f32>::new(5).noise(9.0);
        let mut over_time = LoopOverTime::builder(hh).seed(seed).out_vars([vars]).build().unwrap();
        (over_time.run_steps(200).unwrap(), over_time)
    };
    for vars in
        [overtime::monitor("V"), overtime::monitor("input").events(), overtime::monitor("m").units([4]).every(50)]
    {
        let ((a, left), (b, right), (c, _)) = (run(1, vars.clone()), run(2, vars.clone()), run(1, vars));
        assert!(of_runs(&a, &c).is_none());
        assert!(of_states(&left, &right).is_some());
        if a.iter().any(|(_, r)| matches!(r, Recorded::Dense(_))) {
            assert!(of_runs(&a, &b).is_some());
        }
    }
}
