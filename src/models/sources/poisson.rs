//! Units that spike at random.

use crate::active_time::ActiveTime;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::models::NeuronGroup;
use crate::models::info::{Bound, Family, ModelInfo, Parameter, variables};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};
use std::ops::Range;

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
/// | `start` | −inf | ms, the time of the first step in which units spike |
/// | `stop` | inf | ms, the time of the first step after `start` in which units do not spike |
///
/// Units spike only in steps at t with `start` ≤ t < `stop`, where t = t0 + k·dt is the start of step
/// k. A time equals that of a step if it does so within f32's rounding (2⁻²⁴ of the time, at most a
/// quarter of a step). Spikes in these steps are those of a group that is always active.
///
/// Time is in ms. There is no input. Spikes are a function of the loop's seed, the group, the unit
/// and the step only, and are the same on every device. A probability is rounded to a multiple of
/// 2⁻³².
#[doc(alias("poisson_generator"))]
#[derive(Clone, Debug)]
pub struct PoissonGroup<R> {
    size: usize,
    freqs: Param<R>,
    active: ActiveTime,
}

const FREQS: Parameter = Parameter::new("freqs", 10.0, "Hz", Bound::NonNegative, "mean rate of spikes");
const START: Parameter = Parameter::new("start", f64::NEG_INFINITY, "ms", Bound::Time, "time of the first spikes");
const STOP: Parameter = Parameter::new("stop", f64::INFINITY, "ms", Bound::Time, "time from which no unit spikes");

impl<R: Real> PoissonGroup<R> {
    /// `size` units with these frequencies, Hz.
    #[must_use]
    pub fn new(size: usize, freqs: impl Into<Param<R>>) -> Self {
        Self { size, freqs: freqs.into(), active: ActiveTime::ALWAYS }
    }

    /// Sets `start` and `stop`: `during(700.0..710.0)`, or `during(700.0..f64::INFINITY)`. Units are
    /// always active by default.
    #[must_use]
    pub fn during(mut self, time: Range<f64>) -> Self {
        self.active = ActiveTime::of(time);
        self
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
        all.parameters = vec![FREQS, START, STOP];
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
        if !self.active.contains(at.t, at.dt) {
            spike.fill(R::of(0.0));
            y.fill(R::of(0.0));
            return;
        }
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
        let program = program.constants([&part(|n| n >> 16), &part(|n| n & 0xffff)], &[]);
        if self.active == ActiveTime::ALWAYS {
            return Some(program);
        }
        Some(program.define("TIMED", 1).table(bytemuck::cast_slice(&self.active.ends(dt))))
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
        FREQS.check(&FREQS.name, &self.freqs, self.size)?;
        self.active.check("")
    }
}

impl<R: Real> NeuronGroup<R> for PoissonGroup<R> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        match name {
            "freqs" => self.freqs = value,
            "start" | "stop" => {
                let reason = format!("`{name}` of a PoissonGroup is one time in f64, which `set_time` sets");
                return Err(Error::Unsupported(reason));
            }
            _ => return Err(Error::unknown("parameter", name, [FREQS, START, STOP].map(|parameter| parameter.name))),
        }
        Ok(())
    }

    fn set_time(&mut self, name: &str, time: f64) -> Result<()> {
        match name {
            "start" => self.active.start = time,
            "stop" => self.active.stop = time,
            _ => return Err(Error::unknown("parameter that is a time of the run", name, [START.name, STOP.name])),
        }
        Ok(())
    }
}
