//! Properties of recurrent layers besides their values: bits, rows of unequal length, state that
//! carries over, and refused options.

use crate::cells::reference::assert_close;
use crate::cells::torch::{Case, KINDS, Kind, some_lengths};
use ndarray::{Array3, ArrayD, Axis, IxDyn, concatenate, s};
use overtime::models::{Activation, Dense, Gru, Hh, Lstm, Rnn, brainpy};
use overtime::{
    Builder, Coupling, Error, Init, Input, LoopOverTime, Recording, Schema, Sequential, Shared, State, System, Tick,
    VarSpec,
};

type Loop = LoopOverTime<f32, Box<dyn System<f32>>>;

fn builder(case: &Case) -> Builder<f32, Box<dyn System<f32>>> {
    let names: Vec<String> = case.variables(&case.zeros()).into_iter().map(|(name, _)| name).collect();
    LoopOverTime::builder(case.system::<f32>()).batch(case.batch).out_vars(names)
}

fn bits(run: &Recording<f32>) -> Vec<u32> {
    let vars =
        run.iter().filter_map(|(name, _)| run.get(name).ok()).flat_map(|a| a.iter().copied().collect::<Vec<_>>());
    run.output.iter().copied().chain(vars).map(f32::to_bits).collect()
}

fn state_bits(over_time: &Loop) -> Vec<(String, Vec<u32>)> {
    let dict = over_time.state_dict().unwrap();
    dict.iter().map(|(name, array)| (name.to_owned(), array.iter().map(|x| x.to_bits()).collect())).collect()
}

#[test]
fn threads_blocks_chunks_and_steps_between_change_no_bit() {
    for kind in KINDS {
        for both in [false, true] {
            let case = Case::new::<f32>(kind, 2, both, [37, 7, 5, 9]);
            let (x, lengths) = (case.input::<f32>(), &some_lengths(37, 7)[0]);
            for lengths in [None, Some(lengths)] {
                let run = |builder: Builder<f32, Box<dyn System<f32>>>| {
                    let mut over_time = builder.build().unwrap();
                    let input = Input::from(&x);
                    let run = over_time
                        .run(match lengths {
                            Some(l) => input.lengths(l),
                            None => input,
                        })
                        .unwrap();
                    (bits(&run), state_bits(&over_time))
                };
                let whole = run(builder(&case).threads(1));
                assert!(
                    whole == run(builder(&case).threads(2).block(3))
                        && whole == run(builder(&case).threads(2).block(1)),
                    "{kind:?}"
                );
                assert!(
                    whole == run(builder(&case).chunk(5)) && whole == run(builder(&case).progress(|_, _| true)),
                    "{kind:?}"
                );
            }
        }
    }
}

/// A row with a length gives the result of the row alone with a series of that length.
#[test]
fn a_row_is_as_long_as_its_length() {
    for kind in KINDS {
        let case = Case::new::<f32>(kind, 2, true, [13, 5, 3, 6]);
        let (x, lengths) = (case.input::<f32>(), [13, 4, 1, 9, 0]);
        let mut over_time = builder(&case).build().unwrap();
        let run = over_time.run(Input::from(&x).lengths(&lengths)).unwrap();
        for (b, &length) in lengths.iter().enumerate().filter(|(_, l)| **l > 0) {
            let mut alone = LoopOverTime::builder(case.system::<f32>()).batch(1).build().unwrap();
            let own = alone.run(x.slice(s![..length, b..b + 1, ..])).unwrap();
            assert!(own.output.iter().eq(run.output.slice(s![..length, b, ..]).iter()), "{kind:?} {b}");
        }
    }
}

#[test]
fn in_one_direction_split_runs_and_saved_ones_are_the_whole_one() {
    let case = Case::new::<f32>(Kind::Lstm, 3, false, [20, 3, 4, 7]);
    let x = case.input::<f32>();
    let mut whole = builder(&case).build().unwrap();
    let expected = whole.run(&x).unwrap();
    let mut first = builder(&case).build().unwrap();
    let a = first.run(x.slice(s![..7, .., ..])).unwrap();
    let mut second = builder(&case).build().unwrap();
    second.load_states_file(&first.states_file().unwrap(), true).unwrap();
    let b = second.run(x.slice(s![7.., .., ..])).unwrap();
    assert!(concatenate(Axis(0), &[a.output.view(), b.output.view()]).unwrap() == expected.output);
    assert!(state_bits(&second) == state_bits(&whole));
    // The same holds with names and views.
    let dict = second.state_dict().unwrap();
    assert_eq!(dict.get("l2.state").unwrap().shape(), [3, 14]);
    assert!(dict.get("l1.Wi").is_some());
    let mut viewed = LoopOverTime::builder(case.system::<f32>()).batch(3).out_vars(["l2.h", "l2.c"]).build().unwrap();
    let run = viewed.run(&x).unwrap();
    assert!(run["l2.h"] == run.output && run["l2.c"].shape() == [20, 3, 7]);
    viewed.reset_state(3).unwrap();
    assert!(viewed.run(&x).unwrap().output == run.output);
}

#[test]
fn the_recorded_reverse_state_is_the_state_after_that_step() {
    let case = Case::new::<f32>(Kind::Gru, 1, true, [9, 2, 3, 4]);
    let x = case.input::<f32>();
    let run = builder(&case).record_every(2).build().unwrap().run(Input::from(&x).lengths(&[9, 3])).unwrap();
    assert_eq!(run.output.shape(), [5, 2, 8]);
    let (state, output) = (&run["l0_reverse.state"], &run.output);
    assert!(state.slice(s![.., 0, ..]) == output.slice(s![.., 0, 4..]));
    // The row is short. Before its own end in reverse time, its state is the initial one, and its
    // output is 0.
    assert!(
        state.slice(s![..2, 1, ..]) == output.slice(s![..2, 1, 4..])
            && state.slice(s![2.., 1, ..]).iter().all(|h| *h == 0.0)
    );
    let forward = &run["l0.state"];
    assert!(
        forward.slice(s![2, 1, ..]) == forward.slice(s![4, 1, ..])
            && output.slice(s![2.., 1, ..]).iter().all(|y| *y == 0.0)
    );
}

/// One step of `System::step` is a sequence of one step.
#[test]
fn a_step_is_a_sequence_of_one() {
    for both in [false, true] {
        let case = Case::new::<f32>(Kind::Lstm, 2, both, [1, 3, 4, 5]);
        let run = builder(&case).build().unwrap().run(&case.input::<f32>()).unwrap();
        let system = case.system::<f32>();
        let mut vars: Vec<Vec<f32>> = system.schema().state.iter().map(|v| vec![0.0; v.len() * 3]).collect();
        let (shared, mut y) = (Shared::default(), vec![f32::NAN; run.output.len()]);
        let x = case.input::<f32>();
        let mut state = State::new(vars.iter_mut().map(Vec::as_mut_slice).collect(), 0, 5);
        system.step(
            Tick { i: 0, t: 0.0, dt: 1.0, shared: &shared },
            &overtime::Inputs::new(&[x.as_slice().unwrap()]),
            &mut state,
            &mut y,
        );
        assert!(run.output.iter().eq(&y) && vars.iter().zip(run.iter()).all(|(v, (n, _))| run[n].iter().eq(v)));
    }
}

#[test]
fn layers_and_cells_with_lengths_stand_in_a_sequential() {
    let model = || {
        let stack =
            Sequential::<f32>::new().layer("in", Dense::new(4, 6)).layer("rnn", Lstm::new(6, 5).bidirectional(true));
        let stack = stack.layer("relu", Activation::Relu.layer([10])).layer("cell", brainpy::RnnCell::new(10, 3));
        stack.layer("out", Dense::new(3, 2).b_init(Init::Constant(1.0)))
    };
    assert_eq!(System::<f32>::schema(&model()).coupling, Coupling::Sequence);
    let names: Vec<String> = System::<f32>::schema(&model()).state.iter().map(|v| v.name.to_string()).collect();
    assert_eq!(names, ["rnn.l0.state", "rnn.l0_reverse.state", "cell.state"]);
    let x = Array3::from_shape_fn((2000, 3, 4), |(t, b, k)| ((t * 7 + b * 3 + k) % 11) as f32 / 11.0 - 0.5);
    let lengths = [2000, 1100, 0];
    let build = || LoopOverTime::builder(model()).out_vars("cell.state");
    let mut over_time = build().batch(3).build().unwrap();
    let run = over_time.run(Input::from(&x).lengths(&lengths)).unwrap();
    for (b, &length) in lengths.iter().enumerate() {
        assert!(run.output.slice(s![length.., b, ..]).iter().all(|y| *y == 0.0));
        let mut alone = build().batch(1).build().unwrap();
        let own = alone.run(x.slice(s![..length, b..b + 1, ..])).unwrap();
        assert!(own.output.iter().eq(run.output.slice(s![..length, b, ..]).iter()));
        let last = over_time.state_dict().unwrap().get("cell.state").unwrap().slice(s![b, ..]).to_owned();
        assert!(alone.state_dict().unwrap().get("cell.state").unwrap().iter().eq(&last));
    }
}

/// Values beyond a row's end are ignored.
#[test]
fn values_beyond_a_rows_end_are_ignored() {
    let case = Case::new::<f32>(Kind::Gru, 2, true, [6, 3, 2, 4]);
    let (mut x, lengths) = (case.input::<f32>(), [2, 6, 0]);
    let clean = builder(&case).build().unwrap().run(Input::from(&x).lengths(&lengths)).unwrap();
    x.slice_mut(s![2.., 0, ..]).fill(f32::NAN);
    x.slice_mut(s![.., 2, ..]).fill(f32::INFINITY);
    let padded = builder(&case).build().unwrap().run(Input::from(&x).lengths(&lengths)).unwrap();
    assert!(bits(&clean) == bits(&padded));
    let error = builder(&case).build().unwrap().run(Input::from(&x).lengths(&[3, 6, 0])).unwrap_err();
    assert!(matches!(error, Error::NotFinite { step: Some(2), .. }), "{error}");
}

#[test]
fn a_non_finite_value_is_found_at_its_first_step() {
    let layers =
        Rnn::<f32>::new(1, 2).bidirectional(true).activation(Activation::Identity).wi_init(Init::Constant(1.0));
    let layers = layers.wh_init(Init::Constant(1e10)).b_init(Init::Zeros);
    let mut over_time = LoopOverTime::builder(layers).batch(2).build().unwrap();
    let mut x = Array3::<f32>::zeros((20, 2, 1));
    x[[15, 1, 0]] = 1.0;
    // Within its length, the second row has only steps with input 0.
    over_time.run(Input::from(&x).lengths(&[20, 15])).unwrap();
    let error = over_time.run(&x).unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { variable, step: Some(39), index: 2, .. } if variable == "l0.state"),
        "{error}"
    );
    let mut x = Array3::<f32>::zeros((20, 2, 1));
    x[[10, 1, 0]] = 1.0;
    over_time.reset_state(2).unwrap();
    let error = over_time.run(Input::from(&x).lengths(&[20, 12])).unwrap_err();
    assert!(
        matches!(&error, Error::NotFinite { variable, step: Some(6), .. } if variable == "l0_reverse.state"),
        "{error}"
    );
}

#[test]
fn layers_of_brainpys_form_equal_its_cells() {
    let x = Array3::from_shape_fn((6, 2, 3), |(t, b, k)| ((t + b * 5 + k * 2) % 7) as f64 / 7.0);
    let layers = brainpy::Gru::<f64>::new(3, 4).num_layers(2).b_init(Init::uniform(-1.0, 1.0)).seed(3);
    let cell = |n: usize, from: usize| {
        let own = System::weights(&layers);
        own.iter()
            .filter_map(|w| Some((w.name.strip_prefix(&format!("l{n}."))?.to_owned(), w.values)))
            .fold(brainpy::GruCell::<f64>::new(from, 4), |cell, (name, values)| cell.weight(&name, values).unwrap())
    };
    let stack = Sequential::new().layer("a", cell(0, 3)).layer("b", cell(1, 4));
    let expected = LoopOverTime::builder(stack).batch(2).build().unwrap().run(&x).unwrap();
    let ours = LoopOverTime::builder(layers.clone()).batch(2).build().unwrap().run(&x).unwrap();
    assert!(ours.output == expected.output);
    // The forget gate adds 1, which is subtracted from torch's bias.
    let case = Case::new::<f64>(Kind::Lstm, 2, true, [5, 3, 2, 4]);
    let brainpy =
        brainpy::Lstm::<f64>::new(2, 4).num_layers(2).bidirectional(true).torch_weights(&case.weights).unwrap();
    let run = LoopOverTime::builder(brainpy).batch(3).build().unwrap().run(&case.input::<f64>()).unwrap();
    assert_close(
        "torch's weights in brainpy's cell",
        &run.output,
        &case.reference::<f64>(&[5; 3], case.zeros()).0,
        1e-12,
    );
    let (one, alone) = (brainpy::Lstm::<f64>::new(3, 4).seed(5), brainpy::LstmCell::<f64>::new(3, 4).seed(5));
    let run =
        |system: Box<dyn System<f64>>| LoopOverTime::builder(system).batch(2).build().unwrap().run(&x).unwrap().output;
    assert!(run(Box::new(one)) == run(Box::new(alone)));
}

/// Directions and layers have different weights from one seed, for any order of the options.
#[test]
fn options_may_come_in_any_order() {
    let one = Gru::<f32>::new(3, 4).seed(9).bias(false).bidirectional(true).num_layers(3);
    let other = Gru::<f32>::new(3, 4).num_layers(3).bidirectional(true).bias(false).seed(9);
    let weights = |layers: &Gru<f32>| {
        System::weights(layers).iter().map(|w| (w.name.clone(), w.shape.clone(), w.values.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(weights(&one), weights(&other));
    assert_eq!(weights(&one).len(), 12);
    assert_eq!((weights(&one)[4].0.as_str(), weights(&one)[4].1.as_slice()), ("l1.Wi", &[8, 12][..]));
    assert_ne!(weights(&one)[1].2, weights(&one)[3].2);
    assert_ne!(weights(&one)[1].2, weights(&Gru::<f32>::new(3, 4).bias(false))[1].2);
}

struct Own;

impl System<f32> for Own {
    fn schema(&self) -> Schema {
        Schema::row([1], [1]).var(VarSpec::new("v", [1]))
    }
    fn init(&self, _: &Shared, _: &mut State<'_, f32>) {}
    fn step(&self, _: Tick<'_>, _: &overtime::Inputs<'_, f32>, _: &mut State<'_, f32>, y: &mut [f32]) {
        y.fill(0.0);
    }
}

#[test]
fn invalid_lengths_are_refused() {
    let refused = |system: Box<dyn System<f32>>, batch: Option<usize>, lengths: &[usize]| {
        let mut over_time = LoopOverTime::builder(system).batch(batch).build().unwrap();
        let features = over_time.schema().inputs[0].shape[0];
        let shape: Vec<usize> = std::iter::once(4).chain(batch).chain([features]).collect();
        let before = state_bits(&over_time);
        let error = over_time.run(Input::from(&ArrayD::zeros(IxDyn(&shape))).lengths(lengths)).unwrap_err();
        assert!(over_time.i() == 0 && before == state_bits(&over_time));
        error
    };
    let lstm = || -> Box<dyn System<f32>> { Box::new(Lstm::new(1, 2)) };
    let error = refused(lstm(), Some(2), &[1]);
    assert!(matches!(&error, Error::Shape { argument, expected: 2, given: 1, .. } if argument == "lengths"), "{error}");
    assert_eq!(refused(lstm(), Some(2), &[4, 5]).to_string(), "lengths[1]: 5 is more than the series' 4 steps");
    assert!(refused(lstm(), None, &[4]).to_string().contains("call batch(…)"));
    assert!(
        refused(Box::new(Hh::<f32>::new(1)), Some(2), &[1, 1]).to_string().starts_with("lengths: HH does not support")
    );
    let stack = Sequential::new().layer("a", brainpy::RnnCell::new(1, 1)).layer("mine", Own);
    assert!(refused(Box::new(stack), Some(1), &[1]).to_string().starts_with("lengths: `mine` (System)"));
    let mut over_time = LoopOverTime::builder(Hh::<f32>::new(1)).batch(1).build().unwrap();
    let error = over_time.run(Input::duration(1.0).lengths(&[1])).unwrap_err();
    assert!(error.to_string().contains("a duration or a number of steps"), "{error}");
    let mut both = LoopOverTime::builder(Lstm::<f32>::new(1, 2).bidirectional(true)).batch(1).build().unwrap();
    assert!(both.run_for(1.0).unwrap_err().to_string().contains("needs the input `x`"));
}

#[test]
fn invalid_layers_are_refused() {
    let error = |layers: Gru<f32>| LoopOverTime::new(layers).map(|_| ()).unwrap_err().to_string();
    assert!(error(Gru::new(3, 4).num_layers(0)).starts_with("num_layers: 0"));
    assert!(error(Gru::new(3, 4).num_layers(usize::MAX)).starts_with("num_layers: 1844"));
    assert!(error(Gru::new(0, 4)).contains("has an axis of length 0"));
    assert!(error(Gru::new(3, usize::MAX / 2).bidirectional(true)).contains("bytes of memory"));
    let error = Gru::<f32>::new(3, 4).weight("l1.Wi", &[0.0; 36]).unwrap_err().to_string();
    assert_eq!(error, "no weight named `l1.Wi`; there is: l0.Wi, l0.Wh, l0.b, l0.bh");
    let case = Case::new::<f32>(Kind::Gru, 1, false, [1, 1, 3, 4]);
    let load =
        |layers: Gru<f32>, weights: &[(String, ArrayD<f64>)]| layers.torch_weights(weights).map(|_| ()).unwrap_err();
    let error = load(Gru::new(3, 4).bidirectional(true), &case.weights);
    assert!(
        matches!(&error, Error::Keys { missing, unexpected } if missing.len() == 4 && missing[0] == "weight_ih_l0_reverse" && unexpected.is_empty())
    );
    let error = load(Gru::new(3, 4).bias(false), &case.weights);
    assert!(
        matches!(&error, Error::Keys { missing, unexpected } if missing.is_empty() && *unexpected == ["bias_ih_l0", "bias_hh_l0"])
    );
    let error = load(Gru::new(2, 4), &case.weights).to_string();
    assert_eq!(error, "weight `weight_ih_l0`: axis 1 has length 3, expected 2");
    let error = brainpy::Gru::<f32>::new(3, 4).torch_weights(&case.weights).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("are for Gru"), "{error}");
}
