//! Units that spike at given times.

use crate::error::{Error, Result};
use crate::program::Program;
use crate::scalar::Real;
use crate::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};

/// Units that spike at given times: `brainpy.dyn.SpikeTimeGroup`.
///
/// A unit spikes in the first step whose time, at its start, has reached one of its times; times that fall into one step are one spike, and
/// those before the first step are one in it. A time counts as reached a millionth of a step before, so that no rounding delays a spike by a
/// step; in brainpy it may.
///
/// | variable | meaning |
/// |---|---|
/// | `spike` | 1 if the unit spikes in this step, else 0; also the output |
/// | `past` | how many of its times have been reached |
///
/// Time is in ms. There is no input. Every row of a batch has the same spikes.
#[derive(Clone, Debug)]
pub struct SpikeTimeGroup {
    size: usize,
    /// Which of `times` are a unit's: from `ends[unit]` to `ends[unit + 1]`, ascending.
    ends: Vec<usize>,
    times: Vec<f64>,
}

/// A unit's times are counted in f32 too.
const MOST: usize = 1 << 24;

impl SpikeTimeGroup {
    /// `size` units, of which number `indices[k]` spikes at `times[k]`, ms, in any order.
    ///
    /// # Errors
    /// If the two have different lengths, an index is not below `size`, a time is not finite, or a unit has more than 2²⁴ times.
    pub fn new(size: usize, indices: &[usize], times: &[f64]) -> Result<Self> {
        if indices.len() != times.len() {
            let (expected, given) = (indices.len(), times.len());
            return Err(Error::Shape { argument: "times".into(), axis: "spikes".into(), expected, given });
        }
        if let Some(index) = indices.iter().find(|index| **index >= size) {
            return Err(Error::value("indices", index, format!("is not below the {size} units")));
        }
        if let Some(index) = times.iter().position(|t| !t.is_finite()) {
            return Err(Error::NotFinite { variable: "times".into(), step: None, index, value: times[index] });
        }
        let what = "a SpikeTimeGroup";
        let mut spikes: Vec<(usize, f64)> = crate::memory::collect(what, indices.iter().copied().zip(times.iter().copied()))?;
        spikes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut ends: Vec<usize> = crate::memory::room(what, size.saturating_add(1))?;
        ends.extend((0..=size).map(|unit| spikes.partition_point(|(of, _)| *of < unit)));
        if let Some(unit) = ends.windows(2).position(|w| w[1] - w[0] > MOST) {
            return Err(Error::value("times", ends[unit + 1] - ends[unit], format!("of unit {unit} are more than {MOST}")));
        }
        Ok(Self { size, ends, times: spikes.into_iter().map(|(_, time)| time).collect() })
    }
}

impl<R: Real> System<R> for SpikeTimeGroup {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.size).vars(["spike", "past"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let [spike, past] = state.vars();
        spike.fill(R::of(0.0));
        past.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, _: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, units) = (state.first(), state.units().max(1));
        let [spike, past] = state.vars();
        let now = at.t + at.dt * 1e-6;
        for (k, ((spike, past), y)) in spike.iter_mut().zip(past).zip(y).enumerate() {
            let unit = (first + k) % units;
            let rest = &self.times[self.ends[unit]..self.ends[unit + 1]];
            let rest = rest.get(past.to_f64() as usize..).unwrap_or_default();
            let reached = rest.iter().take_while(|time| **time <= now).count();
            *past += R::of_count(reached as i32);
            *spike = if reached > 0 { R::of(1.0) } else { R::of(0.0) };
            *y = *spike;
        }
    }

    fn program(&self, _: f64) -> Option<Program> {
        let mut table = vec![self.size as u64];
        table.extend(self.ends.iter().map(|end| *end as u64));
        table.extend(self.times.iter().map(|time| time.to_bits()));
        let program = Program::pointwise("spike_time_group.cu", include_str!("../../../kernels/models/spike_time_group.cu"));
        Some(program.table(bytemuck::cast_slice(&table)))
    }

    fn kind(&self) -> &str {
        "SpikeTimeGroup"
    }
}
