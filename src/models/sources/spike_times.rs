//! Units that spike at given times.

use crate::active_time::slack;
use crate::error::{Error, Number, Result};
use crate::models::NeuronGroup;
use crate::models::info::{Bound, Family, ModelInfo, Parameter, Variable, variables};
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, Start, System, Tick, VarSpec};

/// Units that spike at given times: `brainpy.dyn.SpikeTimeGroup`.
///
/// A time belongs to the nearest step: to step k if it is within half a step of t = t0 + k·dt. A
/// time halfway between two steps belongs to the later one; a time counts as halfway if it is so
/// within f32's rounding (2⁻²⁴ of the time, at most a quarter of a step). Times that were stored in
/// f32, or as text of seven digits, therefore spike in the step for which they were written, as
/// long as f32 can distinguish steps: for half an hour in steps of 0.1 ms.
///
/// A unit spikes at most once in a step. Two of its times that belong to one step are an error
/// before the first step of a run. So is a time before the first step of a run that starts anew,
/// with index 0. A run that continues from a later step (the next call, or a loaded state) has made
/// the spikes before that step already.
///
/// | variable | meaning |
/// |---|---|
/// | `spike` | 1 if the unit spikes in this step, else 0; also the output |
/// | `past` | number of its times that belong to this step or to an earlier one |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `indices` | none | 1, number of the unit that spikes |
/// | `times` | none | ms |
///
/// Time is in ms. There is no input. Every row of a batch has the same spikes.
#[doc(alias("SpikeGeneratorGroup", "spike_generator"))]
#[derive(Clone, Debug)]
pub struct SpikeTimeGroup {
    size: usize,
    /// The range of `times` of each unit: from `ends[unit]` to `ends[unit + 1]`, ascending. Empty
    /// if no unit spikes.
    ends: Vec<usize>,
    times: Vec<f64>,
}

/// The maximum number of times of a unit. The state counts them, also in f32.
const MOST: usize = 1 << 24;
/// A number of steps that no clock reaches.
const NEVER: f64 = 9.0e15;

impl SpikeTimeGroup {
    /// `size` units. Unit `indices[k]` spikes at `times[k]`, ms. The order of the list is
    /// arbitrary.
    ///
    /// # Errors
    /// If the two have different lengths, an index is not below `size`, a time is not finite, or a
    /// unit has more than 2²⁴ times.
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
        let mut spikes: Vec<(usize, f64)> =
            crate::memory::collect(what, indices.iter().copied().zip(times.iter().copied()))?;
        spikes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut ends: Vec<usize> = crate::memory::room(what, size.saturating_add(1))?;
        ends.extend((0..=size).map(|unit| spikes.partition_point(|(of, _)| *of < unit)));
        if let Some(unit) = ends.windows(2).position(|w| w[1] - w[0] > MOST) {
            return Err(Error::value(
                "times",
                ends[unit + 1] - ends[unit],
                format!("of unit {unit} are more than {MOST}"),
            ));
        }
        Ok(Self { size, ends, times: spikes.into_iter().map(|(_, time)| time).collect() })
    }

    /// `size` units that never spike.
    pub(crate) fn silent(size: usize) -> Self {
        Self { size, ends: Vec::new(), times: Vec::new() }
    }

    /// The facts of the model: names, variables, parameters and settings.
    #[must_use]
    pub fn info() -> ModelInfo {
        let about = "units that spike in the steps nearest to given times: indices and times are arrays from a file";
        let mut all = ModelInfo::new(Family::Source, "SpikeTimeGroup", about);
        let past = Variable::fixed("past", "", "number of its times that belong to this step or to an earlier one");
        all.variables = vec![variables::FIRED, past];
        all.parameters = vec![
            Parameter::new("indices", 0.0, "", Bound::NonNegative, "number of the unit that spikes"),
            Parameter::new("times", 0.0, "ms", Bound::Finite, "time of each spike"),
        ];
        all
    }

    /// The times of a unit.
    fn of(&self, unit: usize) -> &[f64] {
        match self.ends.get(unit..) {
            Some([from, to, ..]) => &self.times[*from..*to],
            _ => &[],
        }
    }

    /// All units with their times.
    fn units(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.ends.windows(2).map(|w| &self.times[w[0]..w[1]]).enumerate()
    }
}

/// Returns the time that is compared with the midpoint of two steps. A time within f32's rounding
/// of the midpoint then belongs to the later step.
fn compared(time: f64, dt: f64) -> f64 {
    time + slack(time, dt)
}

/// Whether a result of [`compared`] belongs to the step at `t`, or to an earlier one.
fn reached(compared: f64, t: f64, dt: f64) -> bool {
    compared < t + 0.5 * dt
}

/// Returns the step to which a time belongs, counted from `t0`, with the comparisons that the steps
/// themselves make; `None` if there is no such step.
fn step_of(time: f64, t0: f64, dt: f64) -> Option<u64> {
    let time = compared(time, dt);
    if time < t0 - 0.5 * dt {
        return None;
    }
    let near = ((time - t0) / dt).round();
    let near = if near < NEVER { near.max(0.0) as u64 } else { return None };
    (near.saturating_sub(1)..near + 3).find(|k| reached(time, t0 + *k as f64 * dt, dt))
}

impl<R: Real> System<R> for SpikeTimeGroup {
    fn schema(&self) -> Schema {
        let past = VarSpec::new("past", [self.size]).optional(true).of_its_step(true);
        Schema::pointwise(self.size).vars(["spike"]).var(past)
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let [spike, past] = state.vars();
        spike.fill(R::of(0.0));
        past.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, _: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, units) = (state.first(), state.units().max(1));
        let [spike, past] = state.vars();
        for (k, ((spike, past), y)) in spike.iter_mut().zip(past).zip(y).enumerate() {
            let unit = (first + k) % units;
            let rest = self.of(unit).get(past.to_f64() as usize..).unwrap_or_default();
            let new = rest.iter().map(|time| compared(*time, at.dt)).take_while(|time| reached(*time, at.t, at.dt));
            let (count, last) = new.fold((0, f64::NEG_INFINITY), |(count, _), time| (count + 1, time));
            *past += R::of_count(count);
            // If a loaded state had no `past`, the count also includes times of long ago.
            *spike = if last > at.t - at.dt { R::of(1.0) } else { R::of(0.0) };
            *y = *spike;
        }
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let mut table = vec![self.size as u64];
        table.extend((0..=self.size).map(|unit| self.ends.get(unit).map_or(0, |end| *end as u64)));
        table.extend(self.times.iter().map(|time| compared(*time, dt).to_bits()));
        let program =
            Program::pointwise("spike_time_group.cu", include_str!("../../../kernels/models/spike_time_group.cu"));
        Some(program.table(bytemuck::cast_slice(&table)))
    }

    fn check_start(&self, start: &Start) -> Result<()> {
        let Start { t0, dt, i } = *start;
        for (unit, times) in self.units() {
            let early = times.iter().take_while(|time| compared(**time, dt) < t0 - 0.5 * dt).count();
            if early > 0 && i == 0 {
                let also = if early > 1 { format!(", as are {} more", early - 1) } else { String::new() };
                let reason = format!(
                    "is before the run's first step, at {t0} ms{also}: leave such times out of the list, or start the run earlier (t0)"
                );
                return Err(Error::value(format!("times of unit {unit}"), format!("{} ms", Number(times[0])), reason));
            }
            for pair in times[early..].windows(2) {
                let (step, next) = (step_of(pair[0], t0, dt), step_of(pair[1], t0, dt));
                if let Some(step) = step.filter(|_| step == next) {
                    let t = t0 + step as f64 * dt;
                    let shorter = if pair[0] < pair[1] {
                        format!("make steps shorter than {dt} ms (dt), ")
                    } else {
                        String::new()
                    };
                    let reason = format!(
                        "ms both belong to step {step}, at {t} ms, and a unit spikes once in a step: {shorter}leave one of them out, or give it \
                         to another unit"
                    );
                    return Err(Error::value(
                        format!("times of unit {unit}"),
                        format!("{} and {}", pair[0], pair[1]),
                        reason,
                    ));
                }
            }
        }
        Ok(())
    }

    fn kind(&self) -> &str {
        "SpikeTimeGroup"
    }
}

impl<R: Real> NeuronGroup<R> for SpikeTimeGroup {
    /// Refuses the two names. Times are in f64 for every element type, and
    /// [`set_spikes`](NeuronGroup::set_spikes) sets them.
    fn set_param(&mut self, name: &str, _: Param<R>) -> Result<()> {
        match name {
            "indices" | "times" => Err(Error::Unsupported(
                "`indices` and `times` of a SpikeTimeGroup are set together, as lists".to_owned(),
            )),
            _ => Err(Error::unknown("parameter", name, ["indices", "times"])),
        }
    }

    fn set_spikes(&mut self, indices: &[usize], times: &[f64]) -> Result<()> {
        *self = Self::new(self.size, indices, times)?;
        Ok(())
    }
}
