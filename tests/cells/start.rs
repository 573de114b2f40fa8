//! The start of cells: weights with their names and seeds, and the state. Also, a changed weight
//! takes effect.

use ndarray::{Array3, Axis, Slice};
use overtime::models::{GruCell, brainpy};
use overtime::{Init, LoopOverTime, System};

fn names<S: System<f64>>(cell: &S) -> Vec<(String, Vec<usize>)> {
    cell.weights().into_iter().map(|w| (w.name, w.shape)).collect()
}

fn values<S: System<f64>>(cell: &S, weight: usize) -> Vec<f64> {
    cell.weights()[weight].values.to_vec()
}

#[test]
fn weights_have_brainpys_names_and_shapes() {
    let expect =
        |pairs: &[(&str, &[usize])]| pairs.iter().map(|(n, s)| (n.to_string(), s.to_vec())).collect::<Vec<_>>();
    assert_eq!(names(&brainpy::RnnCell::new(3, 4)), expect(&[("Wi", &[3, 4]), ("Wh", &[4, 4]), ("b", &[4])]));
    assert_eq!(names(&brainpy::GruCell::new(3, 4)), expect(&[("Wi", &[3, 12]), ("Wh", &[4, 12]), ("b", &[12])]));
    assert_eq!(names(&brainpy::LstmCell::new(3, 4)), expect(&[("Wi", &[3, 16]), ("Wh", &[4, 16]), ("b", &[16])]));
    assert_eq!(names(&GruCell::new(3, 4)), expect(&[("Wi", &[3, 12]), ("Wh", &[4, 12]), ("b", &[12]), ("bh", &[4])]));
    assert_eq!(names(&GruCell::new(3, 4).bias(false)), expect(&[("Wi", &[3, 12]), ("Wh", &[4, 12])]));
    assert_eq!(names(&brainpy::RnnCell::new(3, 4).bias(false).bias(true)).len(), 3);
}

#[test]
fn weights_follow_the_seed_and_the_initialiser() {
    let cell = |seed| brainpy::RnnCell::new(40, 50).seed(seed);
    assert_eq!(values(&cell(1), 0), values(&cell(1), 0));
    assert_ne!(values(&cell(1), 0), values(&cell(2), 0));
    assert!(values(&cell(1), 2).iter().all(|b| *b == 0.0));
    // The variance is 2/(40 + 50), estimated from 2,000 samples.
    let wi = values(&cell(1), 0);
    let variance = wi.iter().map(|w| w * w).sum::<f64>() / wi.len() as f64;
    assert!((variance * 45.0 - 1.0).abs() <= 0.2, "{variance}");
    // The rows of the GRU's Wh are orthonormal.
    let wh = values(&brainpy::GruCell::new(5, 6), 1);
    for (r, s) in (0..6).flat_map(|r| (0..6).map(move |s| (r, s))) {
        let dot: f64 = (0..18).map(|k| wh[r * 18 + k] * wh[s * 18 + k]).sum();
        assert!((dot - f64::from(u8::from(r == s))).abs() <= 1e-12, "{r} {s}: {dot}");
    }
    assert_eq!(values(&brainpy::RnnCell::new(2, 1).wi_init(Init::Values(vec![0.25, 4.0])).seed(9), 0), [0.25, 4.0]);
    let given = brainpy::RnnCell::new(2, 1).weight("Wi", &[0.25_f32, 4.0]).unwrap().seed(9);
    assert_eq!(values(&given, 0), [0.25, 4.0], "a seed must not change given values");
}

#[test]
fn the_state_starts_from_its_initial_value_and_has_views() {
    let cell = brainpy::LstmCell::<f64>::new(2, 3).state_init(Init::Values(vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6])).seed(3);
    let mut over_time = LoopOverTime::builder(cell).batch(4).out_vars(["state", "h", "c"]).build().unwrap();
    let x = Array3::from_shape_fn((5, 4, 2), |(t, b, i)| (t * 8 + b * 2 + i) as f64 / 40.0);
    let run = over_time.run(&x).unwrap();
    let part = |from: usize, to: usize| run["state"].slice_axis(Axis(2), Slice::from(from..to)).to_owned();
    assert_eq!(run["h"], part(0, 3));
    assert_eq!(run["c"], part(3, 6));
    assert_eq!(run["h"], run.output);
    // The result differs from that of a zero state.
    let zero =
        LoopOverTime::builder(brainpy::LstmCell::<f64>::new(2, 3).seed(3)).batch(4).build().unwrap().run(&x).unwrap();
    assert_ne!(zero.output, run.output);
}

#[test]
fn a_weight_written_after_a_run_takes_effect() {
    let x = Array3::from_elem((3, 1, 2), 1.0);
    let run = |cell: &brainpy::RnnCell<f64>| {
        LoopOverTime::builder(cell.clone()).batch(1).build().unwrap().run(&x).unwrap().output
    };
    let mut cell = brainpy::RnnCell::<f64>::new(2, 2).weight("Wi", &[0.5; 4]).unwrap().weight("Wh", &[0.0; 4]).unwrap();
    assert!(run(&cell).iter().all(|y| *y == 1.0));
    // The cell is used in place, so its packed weights exist when the weight changes.
    let mut y = [0.0; 2];
    let shared = overtime::Shared::default();
    let mut step = |cell: &brainpy::RnnCell<f64>| {
        let tick = overtime::Tick { i: 0, t: 0.0, dt: 0.1, shared: &shared };
        let mut state = [0.0; 2];
        cell.step(
            tick,
            &overtime::Inputs::new(&[&[1.0, 1.0]]),
            &mut overtime::State::new(vec![&mut state], 0, 2),
            &mut y,
        );
        y
    };
    assert_eq!(step(&cell), [1.0, 1.0]);
    cell.weights_mut()[0].values.fill(2.0);
    assert_eq!(step(&cell), [4.0, 4.0]);
    assert!(run(&cell).iter().all(|y| *y == 4.0));
}
