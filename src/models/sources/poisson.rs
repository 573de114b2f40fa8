//! Units that spike at random.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::models::NeuronGroup;
use crate::models::info::{Bound, Family, ModelInfo, Parameter, named, variables};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};

/// Units that spike with probability f·dt/1000 in each step, independently of each other and of the
/// past: `brainpy.dyn.PoissonGroup`.
///
/// | variable | meaning |
/// |---|---|
/// | `spike` | 1 if the unit spikes in this step, else 0; also the output |
///
/// | parameter | default, by name | unit |
/// |---|---|---|
/// | `freqs` | 10 | Hz, f: one value or one for each unit; at most one spike a step: f·dt ≤ 1000 |
///
/// Time is in ms. There is no input. Spikes are a function of the loop's seed, the group, the unit
/// and the step only, and are the same on every device. A probability is rounded to a multiple of
/// 2⁻³².
#[doc(alias("poisson_generator"))]
#[derive(Clone, Debug)]
pub struct PoissonGroup<R> {
    size: usize,
    freqs: Param<R>,
}

const FREQS: Parameter = Parameter::new("freqs", 10.0, "Hz", Bound::NonNegative, "mean rate of spikes");

impl<R: Real> PoissonGroup<R> {
    /// `size` units with these frequencies, Hz.
    #[must_use]
    pub fn new(size: usize, freqs: impl Into<Param<R>>) -> Self {
        Self { size, freqs: freqs.into() }
    }

    /// `size` units with the default frequency.
    pub(crate) fn with_defaults(size: usize) -> Self {
        Self::new(size, FREQS.default)
    }

    /// The facts of the model: names, variables, parameters and settings.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Source, "PoissonGroup", "units that spike at random");
        all.variables = vec![variables::FIRED];
        all.parameters = vec![FREQS];
        all
    }

    /// The number of the 2³² random words that stand for a spike.
    fn threshold(freq: R, dt: f64) -> u64 {
        (freq.to_f64() * dt * (4_294_967_296.0 / 1000.0) + 0.5) as u64
    }
}

impl<R: Real> System<R> for PoissonGroup<R> {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.size).vars(["spike"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        state.var_mut(0).fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, _: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, units) = (state.first(), state.units().max(1));
        let stream = Stream::new(at.shared.seed, state.node());
        let [spike] = state.vars();
        let mut words = [0; 4];
        for (k, (spike, y)) in spike.iter_mut().zip(y).enumerate() {
            let cell = first + k;
            if k == 0 || cell.is_multiple_of(4) {
                words = stream.words(cell as u64 / 4, at.i);
            }
            let fires = u64::from(words[cell % 4]) < Self::threshold(self.freqs.at(cell % units), at.dt);
            *spike = if fires { R::of(1.0) } else { R::of(0.0) };
            *y = *spike;
        }
    }

    fn program(&self, dt: f64) -> Option<Program> {
        // Each part has 16 bits, which every type represents exactly.
        let part = |of: fn(u64) -> u64| {
            let of = |freq: &R| R::of(of(Self::threshold(*freq, dt)) as f64);
            match &self.freqs {
                Param::All(freq) => Param::All(of(freq)),
                Param::Each(freqs) => Param::Each(freqs.iter().map(of).collect()),
            }
        };
        let program = Program::pointwise("poisson_group.cu", include_str!("../../../kernels/models/poisson_group.cu"));
        Some(program.constants([&part(|n| n >> 16), &part(|n| n & 0xffff)], &[]))
    }

    fn prepare(&self, dt: f64, _: Device) -> Result<()> {
        match self.freqs.values().iter().find(|freq| freq.to_f64() * dt > 1000.0) {
            Some(freq) => {
                Err(Error::value("parameter `freqs`", freq, format!("Hz is more than one spike in a step of {dt} ms")))
            }
            None => Ok(()),
        }
    }

    fn kind(&self) -> &str {
        "PoissonGroup"
    }

    fn check(&self) -> Result<()> {
        FREQS.check(FREQS.name, &self.freqs, self.size)
    }
}

impl<R: Real> NeuronGroup<R> for PoissonGroup<R> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        *named(&[FREQS], [&mut self.freqs], name)? = value;
        Ok(())
    }
}
