//! The facts by which two neurons of Hodgkin and Huxley's equations differ.

use crate::error::Result;
use crate::init::Init;
use crate::models::neurons::block::Block;
use crate::models::{Parameter, Variable};
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use std::fmt::Debug;

/// The number of differential variables: V, m, h and n.
pub(super) const N: usize = 4;

/// The parameters of the membrane of one neuron.
#[derive(Clone, Copy)]
pub struct Membrane<R> {
    pub(in crate::models::neurons) e_na: R,
    pub(in crate::models::neurons) g_na: R,
    pub(in crate::models::neurons) e_k: R,
    pub(in crate::models::neurons) g_k: R,
    pub(in crate::models::neurons) e_l: R,
    pub(in crate::models::neurons) g_l: R,
    pub(in crate::models::neurons) c: R,
}

/// A neuron with Hodgkin and Huxley's three currents: its names, `P` parameters, rates of the gates
/// and rule for spikes.
pub trait HodgkinHuxleyEquations<const P: usize>: Copy + Debug + Send + Sync + 'static {
    /// The name of the model.
    const NAME: &'static str;
    /// Other names of the model.
    const ALIASES: &'static [&'static str];
    /// One line that describes the model.
    const ABOUT: &'static str;
    /// The publication.
    const SOURCE: &'static str;
    /// The units of current and conductance.
    const UNITS: [&'static str; 2];
    /// The file name and the text of the kernel.
    const KERNEL: (&'static str, &'static str);
    /// The parameters.
    const PARAMETERS: [Parameter; P];
    /// `spike`, the variable `input` if there is one, and the variable that a spike depends on.
    const OTHERS: &'static [Variable];
    /// Whether the model has the variable `input`, its current with noise.
    const RECORDS_INPUT: bool;
    /// Whether the model always has the input `g`, a conductance.
    const CONDUCTANCE: bool;
    /// The names of the settings that the model accepts.
    const OPTIONS: &'static [&'static str];
    /// V, m, h and n of a neuron at rest.
    const REST: [f64; N];

    /// The parameters of one neuron by name.
    type Parameters<R: Real>: Copy + From<[R; P]>;

    /// The initial potential.
    fn initial() -> Init;

    /// The parameters as a step of `dt` reads them.
    #[inline(always)]
    fn for_steps<R: Real>(p: Self::Parameters<R>, dt: R) -> Self::Parameters<R> {
        let _ = dt;
        p
    }

    /// The same for the parameters of all neurons, for a kernel.
    fn all_for_steps<R: Real>(all: &[Param<R>; P], dt: R) -> [Param<R>; P] {
        let _ = dt;
        all.clone()
    }

    /// Checks parameters that depend on `dt`.
    fn check_steps<R: Real>(all: &[Param<R>; P], dt: f64) -> Result<()> {
        let _ = (all, dt);
        Ok(())
    }

    /// The parameters of the membrane.
    fn membrane<R: Real>(p: &Self::Parameters<R>) -> Membrane<R>;

    /// (α, β) of m, h and n at the potential `v`, 1/ms.
    fn rates<R: Real>(v: R, p: &Self::Parameters<R>) -> [(R, R); 3];

    /// Whether a neuron spikes whose potential a step takes from `start` to `end`, and its last
    /// variable after the step, which was `memory` before it.
    fn spike<R: Real>(start: R, end: R, memory: R, p: &Self::Parameters<R>) -> (R, R);

    /// A step of a block in `f64`, which [`steps!`](super::steps) implements.
    fn step_f64(block: Block<'_, f64, N, P>);

    /// The same in `f32`.
    fn step_f32(block: Block<'_, f32, N, P>);
}

/// The two functions of [`HodgkinHuxleyEquations`] that step a block, so that the loops are
/// compiled with this library and not with each program.
macro_rules! steps {
    ($p:expr) => {
        #[inline(never)]
        fn step_f64(block: crate::models::neurons::block::Block<'_, f64, 4, { $p }>) {
            crate::models::neurons::hodgkin_huxley::step::<f64, Self, { $p }>(block);
        }
        #[inline(never)]
        fn step_f32(block: crate::models::neurons::block::Block<'_, f32, 4, { $p }>) {
            crate::models::neurons::hodgkin_huxley::step::<f32, Self, { $p }>(block);
        }
    };
}
pub(in crate::models::neurons) use steps;
