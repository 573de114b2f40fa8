//! A resumed run has the bits of the uninterrupted run.

use super::{folder, noisy, stack};
use crate::common::approximate_methods;
use ndarray::{ArrayD, Axis};
use overtime::models::{Hh, brainpy};
use overtime::states::{self};
use overtime::{LoopOverTime, Scalar};

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

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    /// A run that is saved, loaded by another loop and continued gives the bits of the
    /// uninterrupted run.
    #[test]
    fn a_resumed_run_is_the_uninterrupted_one(
        method in 0..approximate_methods().count(),
        units in 1..40_usize,
        batch in proptest::option::of(1..4_usize),
        cut in 0..30_u64,
        rest in 0..30_u64,
        seed: u64,
    ) {
        let file = std::env::temp_dir().join(format!("overtime-states-proptest-{}", std::process::id()));
        let start = |seed| {
            let hh = Hh::<f32>::new(units).noise(1.5).method(approximate_methods().nth(method).unwrap());
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
