//! State in memory.

use super::{folder, noisy, stack};
use crate::common::{self, golden};
use ndarray::{ArrayD, array};
use overtime::models::{Hh, brainpy};
use overtime::states::StateDict;
use overtime::{Error, Init, LoopOverTime, Sequential};

#[test]
fn state_dict_has_variables_and_weights_by_name() {
    let loop_ = stack(0.5, Some(2));
    let dict = loop_.state_dict().unwrap();
    let found: Vec<(&str, Vec<usize>)> = dict.iter().map(|(n, a)| (n, a.shape().to_vec())).collect();
    let s = vec![2, 3];
    assert_eq!(found, [("l1.s", s.clone()), ("l2.s", s), ("l1.w", vec![3]), ("l2.w", vec![3])]);
    assert_eq!((dict.i(), dict.t(), dict.seed()), (Some(0), Some(0.0), Some(0)));
    let no_batch = stack(0.5, None).state_dict().unwrap();
    assert_eq!(no_batch.get("l1.s").unwrap().shape(), [3]);
    assert_eq!(no_batch.get("l2.w").unwrap(), &array![-0.5, -0.5, -0.5].into_dyn());
}

#[test]
fn load_state_dict_strict_and_lenient() {
    let mut over_time = noisy(1);
    let before = over_time.state_dict().unwrap();
    let mut dict = StateDict::new();
    dict.insert("V", ArrayD::from_elem(vec![3, 5], -60.0));
    dict.insert("W", ArrayD::zeros(vec![1]));
    match over_time.load_state_dict(&dict, true) {
        Err(Error::Keys { missing, unexpected }) => {
            assert_eq!((missing, unexpected), (["m", "h", "n"].map(String::from).to_vec(), vec!["W".to_owned()]));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(over_time.state_dict().unwrap(), before);
    let unmatched = over_time.load_state_dict(&dict, false).unwrap();
    assert_eq!((unmatched.missing.len(), unmatched.unexpected), (6, vec!["W".to_owned()]));
    assert_eq!(over_time.state_dict().unwrap().get("V").unwrap(), dict.get("V").unwrap());
    assert_eq!(over_time.state_dict().unwrap().get("m"), before.get("m"));
    assert_eq!(over_time.i(), 7);
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() {
    let mut over_time = noisy(1);
    let before = over_time.state_dict().unwrap();
    let mut with = |name: &str, array: ArrayD<f64>| {
        let mut dict = before.clone();
        dict.insert(name, array);
        let error = over_time.load_state_dict(&dict, true).unwrap_err();
        assert_eq!(over_time.state_dict().unwrap(), before);
        error
    };
    let batch = with("n", ArrayD::zeros(vec![2, 5]));
    assert!(matches!(&batch, Error::Shape { axis, expected: 3, given: 2, .. } if axis == "batch"), "{batch}");
    let units = with("n", ArrayD::zeros(vec![3, 6]));
    assert!(
        matches!(&units, Error::Shape { argument, expected: 5, given: 6, .. } if argument == "state `n`"),
        "{units}"
    );
    assert!(matches!(with("n", ArrayD::zeros(vec![3])), Error::Rank { .. }));
    let mut bad = ArrayD::zeros(vec![3, 5]);
    bad[[1, 2]] = f64::NAN;
    assert!(matches!(with("n", bad), Error::NotFinite { variable, index: 7, .. } if variable == "n"));
}

#[test]
fn load_weights_by_name_from_any_float() {
    let mut over_time = stack(0.5, None);
    let w = |name: &str, v: f64| (name.to_owned(), array![v, v, v].into_dyn());
    over_time.load_weights(&[w("l2.w", 0.25), w("l1.w", 2.0)], true).unwrap();
    assert_eq!(over_time.state_dict().unwrap().get("l2.w").unwrap()[[0]], 0.25);
    let error = over_time.load_weights(&[w("l1.w", 3.0), w("l3.w", 1.0)], true).unwrap_err();
    assert_eq!(error.to_string(), "names do not fit this system: it needs l2.w; it has no l3.w");
    let unmatched = over_time.load_weights(&[w("l1.w", 3.0), w("l1.s", 1.0)], false).unwrap();
    assert_eq!((unmatched.missing, unmatched.unexpected), (vec!["l2.w".to_owned()], vec!["l1.s".to_owned()]));
    assert_eq!(over_time.state_dict().unwrap().get("l1.s").unwrap()[[0]], 0.0);
}

#[test]
fn another_dt_goes_on_from_the_same_moment() {
    let file = folder("dt").join("s.safetensors");
    let mut one = noisy(1);
    one.run_steps(30).unwrap();
    one.save_states(&file).unwrap();
    let mut two = LoopOverTime::builder(Hh::<f64>::new(5).noise(2.0)).batch(3).dt(0.05).build().unwrap();
    two.load_states(&file).unwrap();
    assert_eq!((two.i(), two.t(), two.dt()), (37, one.t(), 0.05));
}

#[test]
fn another_element_type_needs_a_lenient_load() {
    let file = folder("type").join("s.safetensors");
    let single = LoopOverTime::new(Hh::<f32>::new(2)).unwrap();
    single.save_states(&file).unwrap();
    let mut double = LoopOverTime::new(Hh::<f64>::new(2).v(Init::Constant(-60.0))).unwrap();
    let error = double.load_states(&file).unwrap_err();
    assert!(error.to_string().contains("`V`: f32 in the file, but f64 in this loop"), "{error}");
    assert!(double.load_states_lenient(&file).unwrap().is_empty());
    let v = single.state_dict().unwrap().get("V").unwrap().mapv(f64::from);
    assert_eq!(double.state_dict().unwrap().get("V").unwrap(), &v);
}

/// A batch of brainpy with different rows, loaded by name.
#[test]
fn rows_of_a_batch_start_where_the_state_says() {
    let reference = golden("hh_batched");
    let mut over_time =
        LoopOverTime::builder(Hh::<f64>::new(5)).batch(3).dt(0.1).out_vars(["V", "spike"]).build().unwrap();
    let mut state = StateDict::new();
    reference.with("s0.").for_each(|(name, array)| state.insert(name, array.clone()));
    assert_eq!(over_time.load_state_dict(&state, false).unwrap().missing, ["spike", "input", "below"]);
    let run = over_time.run(reference.array("in")).unwrap();
    common::close("V", &run["V"], reference.array("mon.V"), 1e-8);
    assert_eq!(&run["spike"], reference.array("mon.spike"));
}

/// Weights of brainpy, loaded by brainpy's names.
#[test]
fn load_weights_from_a_reference_run() {
    let reference = golden("lstm");
    let net = Sequential::new().layer("l1", brainpy::LstmCell::new(19, 37)).layer("l2", brainpy::LstmCell::new(37, 8));
    let mut over_time = LoopOverTime::<f64, _>::builder(net).batch(16).out_vars("l1.state").build().unwrap();
    let weights: Vec<_> = reference.with("w.").map(|(n, a)| (n.to_owned(), a.clone())).collect();
    assert!(over_time.load_weights(&weights, true).unwrap().is_empty());
    let run = over_time.run(reference.array("in")).unwrap();
    common::close("out", &run.output, reference.array("out"), 1e-10);
    common::close("l1.state", &run["l1.state"], reference.array("mon.l1"), 1e-10);
}

/// A neuron starts from its potential and gates. The other variables are as in a new loop.
#[test]
fn a_state_may_lack_what_a_start_does_not_need() {
    let mut ran = noisy(3);
    ran.run_steps(50).unwrap();
    let mut dict = ran.state_dict().unwrap();
    let mut few = StateDict::new();
    ["V", "m", "h", "n"].into_iter().for_each(|name| few.insert(name, dict.get(name).unwrap().clone()));
    // The state is loaded into a loop that has run, and whose last step left an input.
    let mut hh = LoopOverTime::builder(Hh::<f64>::new(5)).batch(3).build().unwrap();
    hh.run(overtime::Input::steps(5).constant(7.0)).unwrap();
    assert!(hh.state_dict().unwrap().get("input").unwrap().iter().all(|x| *x == 7.0));
    let unmatched = hh.load_state_dict(&few, true).unwrap();
    assert!(unmatched.unexpected.is_empty());
    assert!(["spike", "input"].iter().all(|name| unmatched.missing.iter().any(|n| n == name)), "{unmatched:?}");
    let after = hh.state_dict().unwrap();
    assert!(["V", "m", "h", "n"].iter().all(|name| after.get(name) == few.get(name)));
    assert!(after.get("input").unwrap().iter().chain(after.get("spike").unwrap()).all(|x| *x == 0.0));
    // A variable that is really missing, or unknown, is an error that lists this variable alone.
    few.remove("n");
    few.insert("W", array![1.0].into_dyn());
    let Err(Error::Keys { missing, unexpected }) = hh.load_state_dict(&few, true) else { panic!("loaded") };
    assert_eq!((missing, unexpected), (vec!["n".to_owned()], vec!["W".to_owned()]));
    assert_eq!(hh.state_dict().unwrap(), after, "the state has changed");
    // In a lenient load, variables that are not given keep their values.
    hh.run(overtime::Input::steps(1).constant(7.0)).unwrap();
    dict.remove("input");
    hh.load_state_dict(&dict, false).unwrap();
    assert!(hh.state_dict().unwrap().get("input").unwrap().iter().all(|x| *x == 7.0));
}

/// The h and c of an LSTM replace its state.
#[test]
fn a_variable_may_be_given_by_its_views() {
    let make = |batch: Option<usize>| {
        let layers = overtime::models::Lstm::<f64>::new(3, 2).num_layers(2);
        LoopOverTime::builder(Sequential::new().layer("l", layers)).batch(batch).build().unwrap()
    };
    for batch in [None, Some(3)] {
        let rows = batch.unwrap_or(1);
        let shape = |n: usize| batch.into_iter().chain([n]).collect::<Vec<_>>();
        let values = |from: usize, n: usize| {
            let of = |row: usize| (0..n).map(move |k| (10 * row + from + k) as f64);
            ArrayD::from_shape_vec(shape(n), (0..rows).flat_map(of).collect()).unwrap()
        };
        let mut whole = make(batch).state_dict().unwrap();
        let mut parts = whole.clone();
        for layer in ["l.l0", "l.l1"] {
            whole.insert(format!("{layer}.state"), values(0, 4));
            parts.remove(&format!("{layer}.state")).unwrap();
            parts.insert(format!("{layer}.h"), values(0, 2));
            parts.insert(format!("{layer}.c"), values(2, 2));
        }
        let (mut one, mut other) = (make(batch), make(batch));
        one.load_state_dict(&whole, true).unwrap();
        assert!(other.load_state_dict(&parts, true).unwrap().is_empty());
        assert_eq!(one.state_dict().unwrap(), other.state_dict().unwrap());
        let keys = |dict: &StateDict<f64>| match make(batch).load_state_dict(dict, true) {
            Err(Error::Keys { missing, unexpected }) => (missing, unexpected),
            other => panic!("{other:?}"),
        };
        let mut less = parts.clone();
        less.remove("l.l1.c");
        assert_eq!(keys(&less), (vec!["l.l1.c".to_owned()], vec![]));
        let mut twice = parts.clone();
        twice.insert("l.l0.state", values(0, 4));
        assert_eq!(keys(&twice), (vec![], vec!["l.l0.h".to_owned(), "l.l0.c".to_owned()]));
        let mut wrong = parts.clone();
        wrong.insert("l.l0.c", values(0, 3));
        let error = make(batch).load_state_dict(&wrong, true).unwrap_err().to_string();
        assert!(error.contains("`l.l0.c`") && error.contains("length 3, expected 2"), "{error}");
        wrong.insert("l.l0.c", ArrayD::from_elem(shape(2), f64::NAN));
        assert!(
            matches!(make(batch).load_state_dict(&wrong, true), Err(Error::NotFinite { variable, .. }) if variable == "l.l0.c")
        );
    }
}
