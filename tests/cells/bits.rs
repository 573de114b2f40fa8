//! Threads, blocks, other rows of the batch and split runs change no bit.

use crate::cells::reference::{Case, KINDS, Kind};
use half::{bf16, f16};
use ndarray::{ArrayD, Axis, Slice, concatenate, s};
use overtime::{Inputs, LoopOverTime, Scalar, Shared, State, Tick};

const SEED: u64 = 7;

fn bits<T: Scalar>(values: &ArrayD<T>) -> Vec<u8> {
    values.iter().flat_map(|v| bytemuck::bytes_of(v).to_vec()).collect()
}

fn each_type(check: impl Fn(&dyn Fn(Kind, [usize; 4]) -> Box<dyn Checks>)) {
    check(&|kind, shape| Box::new(Typed::<f64>::new(kind, shape)));
    check(&|kind, shape| Box::new(Typed::<f32>::new(kind, shape)));
    check(&|kind, shape| Box::new(Typed::<f16>::new(kind, shape)));
    check(&|kind, shape| Box::new(Typed::<bf16>::new(kind, shape)));
}

struct Typed<T> {
    case: Case,
    whole: (ArrayD<T>, ArrayD<T>),
}

impl<T: Scalar> Typed<T> {
    fn new(kind: Kind, shape: [usize; 4]) -> Self {
        let case = Case::new::<T>(kind, SEED, shape);
        let whole = case.run::<T>(1, None);
        Self { case, whole }
    }
}

trait Checks {
    fn threads_and_blocks(&self);
    fn rows_alone(&self);
    fn cut(&self);
    fn step_by_step(&self);
}

impl<T: Scalar> Checks for Typed<T> {
    fn threads_and_blocks(&self) {
        for (threads, block) in [(1, Some(1)), (1, Some(3)), (2, None), (2, Some(5)), (8, None), (8, Some(2))] {
            let run = self.case.run::<T>(threads, block);
            assert!(
                bits(&run.0) == bits(&self.whole.0) && bits(&run.1) == bits(&self.whole.1),
                "{:?} {threads} {block:?}",
                self.case.kind
            );
        }
    }

    fn rows_alone(&self) {
        let x = self.case.input::<T>();
        for r in 0..self.case.batch {
            let mut alone = LoopOverTime::builder(self.case.system::<T>()).batch(1).out_vars("state").build().unwrap();
            let run = alone.run(x.slice(s![.., r..r + 1, ..])).unwrap();
            let of = |all: &ArrayD<T>| bits(&all.slice_axis(Axis(1), Slice::from(r..r + 1)).to_owned());
            assert!(
                bits(&run.output) == of(&self.whole.0) && bits(&run["state"]) == of(&self.whole.1),
                "{:?} row {r}",
                self.case.kind
            );
        }
    }

    fn cut(&self) {
        let x = self.case.input::<T>();
        let mut over_time = LoopOverTime::builder(self.case.system::<T>()).batch(self.case.batch).build().unwrap();
        let (half, rest) = x.view().split_at(Axis(0), self.case.steps / 2);
        let parts = [half, rest].map(|x| over_time.run(x).unwrap().output);
        let joined = concatenate(Axis(0), &[parts[0].view(), parts[1].view()]).unwrap();
        assert!(bits(&joined) == bits(&self.whole.0), "{:?}", self.case.kind);
    }

    fn step_by_step(&self) {
        let (system, x, shared) = (self.case.system::<T>(), self.case.input::<T>(), Shared::default());
        let width = self.whole.1.shape()[2] * self.case.batch;
        let mut state = vec![T::default(); width];
        let mut y = vec![T::default(); self.case.batch * self.case.units];
        let mut all = Vec::new();
        for t in 0..self.case.steps {
            let tick = Tick { i: t as u64, t: t as f64, dt: 1.0, shared: &shared };
            let x = x.index_axis(Axis(0), t).to_owned();
            let inputs = Inputs::new(&[x.as_slice().unwrap()]);
            system.step(tick, &inputs, &mut State::new(vec![&mut state], 0, self.case.units), &mut y);
            all.extend(y.iter().flat_map(|v| bytemuck::bytes_of(v).to_vec()));
        }
        assert!(all == bits(&self.whole.0), "{:?}", self.case.kind);
    }
}

/// (steps, batch, in, units): more rows than a tile, deeper and wider than a panel, and no size is
/// a multiple of a tile's.
const SHAPES: [[usize; 4]; 3] = [[9, 13, 7, 33], [5, 19, 150, 40], [3, 9, 3, 137]];

fn all(check: impl Fn(&dyn Checks)) {
    println!("seed {SEED}");
    each_type(|make| {
        KINDS.into_iter().for_each(|kind| SHAPES.into_iter().for_each(|shape| check(&*make(kind, shape))))
    });
}

#[test]
fn threads_and_blocks_change_no_bit() {
    all(|c| c.threads_and_blocks());
}

#[test]
fn a_row_alone_is_that_row_in_the_batch() {
    all(|c| c.rows_alone());
}

#[test]
fn two_runs_are_one() {
    all(|c| c.cut());
}

#[test]
fn steps_are_a_scan() {
    all(|c| c.step_by_step());
}
