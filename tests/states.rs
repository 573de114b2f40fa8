//! State in memory and in files, as brainpy's `state_dict`, `load_state_dict`, `save_states` and
//! `load_states`.

use crate::common::{self, golden, root};
use ndarray::{ArrayD, Axis, array};
use overtime::models::{Hh, Method, brainpy};
use overtime::states::{self, StateDict, Tensor, Type};
use overtime::{
    Error, Init, Inputs, LoopOverTime, Scalar, Schema, Sequential, Shared, State, System, Tick, Weight, WeightMut,
};
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("overtime-states-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn noisy(seed: u64) -> LoopOverTime<f64, Hh<f64>> {
    let hh = Hh::new(5).noise(2.0).method(Method::ExpAuto);
    LoopOverTime::builder(hh)
        .batch(3)
        .dt(0.1)
        .t0(50.0)
        .i0(7)
        .seed(seed)
        .shared_arg("a", 0.1)
        .out_vars("V")
        .build()
        .unwrap()
}

/// A system with a weight, and with a state that depends on time, seed and shared values.
#[derive(Clone)]
struct Leaky {
    w: Vec<f32>,
}

impl System<f32> for Leaky {
    fn schema(&self) -> Schema {
        Schema::pointwise(3).drive("x").vars(["s"])
    }
    fn init(&self, _: &Shared, state: &mut State<'_, f32>) {
        state.var_mut(0).fill(0.0);
    }
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, f32>, state: &mut State<'_, f32>, y: &mut [f32]) {
        let first = state.first();
        let extra = at.shared.get("extra").unwrap_or(0.0) as f32;
        for (k, s) in state.var_mut(0).iter_mut().enumerate() {
            *s = 0.9 * *s + self.w[(first + k) % 3] * (x.port(0)[k] + extra) + at.t as f32;
            y[k] = *s;
        }
    }
    fn kind(&self) -> &str {
        "Leaky"
    }
    fn weights(&self) -> Vec<Weight<'_, f32>> {
        vec![Weight { name: "w".into(), shape: vec![3], values: &self.w }]
    }
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, f32>> {
        vec![WeightMut { name: "w".into(), shape: vec![3], values: &mut self.w }]
    }
}

fn layers(w: f32) -> Sequential<f32> {
    Sequential::new().layer("l1", Leaky { w: vec![w; 3] }).layer("l2", Leaky { w: vec![-w; 3] })
}

fn stack(w: f32, batch: Option<usize>) -> LoopOverTime<f32, Sequential<f32>> {
    LoopOverTime::builder(layers(w)).batch(batch).shared_arg("extra", 0.3).build().unwrap()
}

#[test]
fn save_states_and_load_states_resume_to_the_bit() {
    let file = folder("resume").join("hh.safetensors");
    let mut whole = noisy(11);
    let mut before = noisy(11);
    before.run_steps(123).unwrap();
    before.save_states(&file).unwrap();
    // The loop has another seed and another clock. The file replaces all of them.
    let mut after = noisy(99);
    after.run_steps(5).unwrap();
    assert!(after.load_states(&file).unwrap().is_empty());
    assert_eq!((after.i(), after.t()), (130, before.t()));
    assert_eq!(after.state_dict().unwrap(), before.state_dict().unwrap());
    let end = after.run_steps(200).unwrap();
    let uninterrupted = whole.run_steps(323).unwrap();
    assert_eq!(end["V"], uninterrupted["V"].slice_axis(Axis(0), (123..).into()));
    assert_eq!((after.i(), after.t().to_bits()), (whole.i(), whole.t().to_bits()));
    assert_eq!(after.state_dict().unwrap(), whole.state_dict().unwrap());
    after.reset_state(3).unwrap();
    whole.reset_state(3).unwrap();
    assert_eq!(after.state_dict().unwrap(), whole.state_dict().unwrap());
}

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
fn weights_and_shared_values_resume_too() {
    let file = folder("weights").join("s.safetensors");
    let x = ArrayD::from_shape_fn(vec![20, 2, 3], |i| (i[0] * 3 + i[2]) as f32 * 0.01);
    let mut one = stack(0.5, Some(2));
    one.share("extra", 0.7);
    one.run(&x).unwrap();
    one.save_states(&file).unwrap();
    let mut two = stack(0.1, Some(2));
    two.load_states(&file).unwrap();
    assert_eq!(two.run(&x).unwrap().output, one.run(&x).unwrap().output);
    assert_eq!(two.system().layers().count(), 2);
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
    assert_eq!(error.to_string(), "names do not fit this system: missing [l2.w], unexpected [l3.w]");
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

#[test]
fn halves_resume_to_the_bit() {
    fn check<T: Scalar>(name: &str) {
        let file = folder(name).join("s.safetensors");
        let x = ArrayD::from_shape_fn(vec![12, 2, 3], |i| {
            T::from_f64(((i[0] * 7 + i[1] * 3 + i[2]) % 11) as f64 * 0.1 - 0.5)
        });
        let start =
            |seed| LoopOverTime::<T, _>::builder(brainpy::GruCell::new(3, 5).seed(seed)).batch(2).build().unwrap();
        let (mut one, mut two) = (start(1), start(2));
        one.run(&x).unwrap();
        one.save_states(&file).unwrap();
        two.load_states(&file).unwrap();
        assert_eq!(states::read(&file).unwrap().get("state").unwrap().dtype.name(), name);
        assert_eq!(two.run(&x).unwrap().output, one.run(&x).unwrap().output);
        assert_eq!(two.state_dict().unwrap(), one.state_dict().unwrap());
    }
    check::<half::f16>("f16");
    check::<half::bf16>("bf16");
}

#[test]
fn files_hold_every_type_and_odd_names() {
    let file = folder("types").join("t.safetensors");
    let tensor = |dtype: Type, len: usize| Tensor {
        dtype,
        shape: vec![len],
        bytes: (0..len * dtype.size()).map(|k| k as u8 % 2).collect(),
    };
    let mut content = states::File::default();
    let types = [Type::Bool, Type::U8, Type::I16, Type::Bf16, Type::F16, Type::I32, Type::F32, Type::U64, Type::F64];
    content.tensors = types.iter().map(|t| (format!("{t}/\"é\n"), tensor(*t, 5))).collect();
    content.tensors.push(("nothing".into(), tensor(Type::F32, 0)));
    content.tensors.push(("none".into(), tensor(Type::F32, 0)));
    content
        .tensors
        .push(("one".into(), Tensor { dtype: Type::F64, shape: vec![], bytes: 2.5_f64.to_le_bytes().to_vec() }));
    content.metadata.insert("note".into(), "line\nbreak".into());
    states::write(&file, &content).unwrap();
    let first = std::fs::read(&file).unwrap();
    let back = states::read(&file).unwrap();
    assert_eq!(back.metadata["note"], "line\nbreak");
    assert_eq!(back.metadata["overtime.format"], "1");
    assert_eq!(back.metadata.len(), 2);
    assert_eq!(back.tensors.len(), content.tensors.len());
    assert!(content.tensors.iter().all(|(name, t)| back.get(name) == Some(t)));
    assert_eq!(back.get("one").unwrap().to_array::<f32>().unwrap().sum(), 2.5);
    // The same content gives the same bytes, also after a round trip.
    states::write(&file, &content).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), first);
    let twice =
        states::File { tensors: vec![content.tensors[0].clone(), content.tensors[0].clone()], ..Default::default() };
    assert!(states::write(&file, &twice).is_err());
    let wrong = states::File {
        tensors: vec![("x".into(), Tensor { shape: vec![6], ..tensor(Type::F32, 5) })],
        ..Default::default()
    };
    assert!(states::write(&file, &wrong).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), first);
}

/// The first version of the library wrote the file of format 1 in `tests/data`. Every later version
/// must read it.
#[test]
fn format_1_is_read() {
    let path = root().join("tests/data/format1.safetensors");
    if std::env::var_os("OVERTIME_WRITE_DATA").is_some() {
        let mut over_time = stack(0.5, Some(2));
        over_time.run(&ArrayD::from_elem(vec![3, 2, 3], 0.25)).unwrap();
        over_time.save_states(&path).unwrap();
    }
    let mut over_time = stack(0.1, Some(2));
    assert!(over_time.load_states(&path).unwrap().is_empty());
    assert_eq!((over_time.i(), over_time.t()), (3, 3.0 * 0.1));
    let dict = over_time.state_dict().unwrap();
    assert_eq!(dict.get("l2.w").unwrap(), &array![-0.5, -0.5, -0.5].into_dyn());
    let mut s = 0.0_f32;
    for t in [0.0, 1.0 * 0.1, 2.0 * 0.1] {
        s = 0.9 * s + 0.5 * (0.25 + 0.3_f64 as f32) + t as f32;
    }
    assert_eq!(dict.get("l1.s").unwrap()[[1, 2]].to_bits(), s.to_bits());
    assert_eq!(states::read(&path).unwrap().metadata["kind"], "Sequential");
}

#[test]
fn a_newer_format_says_so() {
    let file = folder("newer").join("s.safetensors");
    stack(0.5, None).save_states(&file).unwrap();
    let text = std::fs::read(&file).unwrap();
    let at = text.windows(19).position(|w| w == b"\"overtime.format\":\"").unwrap() + 19;
    let mut newer = text.clone();
    newer[at] = b'7';
    std::fs::write(&file, newer).unwrap();
    let error = states::read(&file).unwrap_err();
    assert!(error.to_string().contains("format 7, written by a newer version"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    /// A run that is saved, loaded by another loop and continued gives the bits of the
    /// uninterrupted run.
    #[test]
    fn a_resumed_run_is_the_uninterrupted_one(
        method in 0..Method::ALL.len(),
        units in 1..40_usize,
        batch in proptest::option::of(1..4_usize),
        cut in 0..30_u64,
        rest in 0..30_u64,
        seed: u64,
    ) {
        let file = std::env::temp_dir().join(format!("overtime-states-proptest-{}", std::process::id()));
        let start = |seed| {
            let hh = Hh::<f32>::new(units).noise(1.5).method(Method::ALL[method]);
            LoopOverTime::builder(hh).batch(batch).dt(0.01).seed(seed).out_vars(["V", "n"]).build().unwrap()
        };
        let mut whole = start(seed);
        let all = whole.run_steps(cut + rest).unwrap();
        let mut before = start(seed);
        before.run_steps(cut).unwrap();
        before.save_states(&file).unwrap();
        let mut after = start(seed ^ 1);
        after.load_states(&file).unwrap();
        let end = after.run_steps(rest).unwrap();
        for name in ["V", "n"] {
            proptest::prop_assert_eq!(&end[name], &all[name].slice_axis(Axis(0), (cut as usize..).into()));
        }
        proptest::prop_assert_eq!(after.state_dict().unwrap(), whole.state_dict().unwrap());
    }
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

/// The debug text of a file has no bytes of tensors.
#[test]
fn a_file_is_printed_without_its_bytes() {
    let mut file = states::File::default();
    file.tensors.push(("V".to_owned(), states::Tensor::from_array(ArrayD::<f32>::zeros(vec![2, 3]).view())));
    file.tensors.push(("t".to_owned(), states::Tensor::from_array(ArrayD::<f64>::zeros(vec![]).view())));
    file.metadata.insert("note".to_owned(), "text".to_owned());
    let text = format!("{file:?}");
    assert_eq!(text, r#"File { tensors: [("V", f32 [2, 3]), ("t", f64 [])], metadata: {"note": "text"} }"#);
    let large = states::Tensor::from_array(ArrayD::<f64>::zeros(vec![1000, 1000]).view());
    assert_eq!(format!("{large:?}"), "f64 [1000, 1000]");
}
