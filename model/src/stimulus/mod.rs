//! Stimuli of a run: the functions of [`overtime::inputs`] as values, with brainpy's names of their
//! parameters.

mod level;

pub use level::Level;

use crate::error::{Result, spec};
use crate::strict::{Two, keys};
use ndarray::ArrayD;
use overtime::Scalar;
use overtime::inputs::{self, Span};
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

/// An input that changes in time. Times are in ms and count from the start of the run; values are
/// in the unit of the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stimulus {
    /// Consecutive pairs of a value and its duration, as of brainpy's `constant_input`.
    Constant(#[serde(deserialize_with = "pairs")] Vec<(Level, f64)>),
    /// Consecutive values with their durations, as of brainpy's `section_input`.
    Section(#[serde(deserialize_with = "keys")] Section),
    /// Pulses, as of brainpy's `spike_input`.
    Spike(#[serde(deserialize_with = "keys")] Spike),
    /// A ramp, as of brainpy's `ramp_input`.
    Ramp(#[serde(deserialize_with = "keys")] Ramp),
    /// A sine wave, as of brainpy's `sinusoidal_input`.
    Sinusoidal(#[serde(deserialize_with = "keys")] Wave),
    /// A square wave, as of brainpy's `square_input`.
    Square(#[serde(deserialize_with = "keys")] Wave),
    /// An Ornstein-Uhlenbeck process for each unit, as of brainpy's `ou_process`.
    OuProcess(#[serde(deserialize_with = "keys")] OuProcess),
    /// The increments of a Wiener process for each unit, as of brainpy's `wiener_process`.
    WienerProcess(#[serde(deserialize_with = "keys")] WienerProcess),
}

/// Reads pairs of a value and its duration.
fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<(Level, f64)>, D::Error> {
    let pairs = Vec::<Two<Level, f64>>::deserialize(deserializer)?;
    Ok(pairs.into_iter().map(|Two(level, ms)| (level, ms)).collect())
}

/// Consecutive values with their durations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The values.
    pub values: Vec<Level>,
    /// The duration of each value, ms.
    pub durations: Vec<f64>,
}

/// Pulses. A pulse replaces earlier pulses where they overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// The start of each pulse, ms.
    pub sp_times: Vec<f64>,
    /// The length of all pulses or of each, ms.
    pub sp_lens: Level,
    /// The size of all pulses or of each.
    pub sp_sizes: Level,
}

/// A ramp.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The value in the first step of the ramp.
    pub c_start: f64,
    /// The value in the last step of the ramp.
    pub c_end: f64,
    /// The start of the ramp, ms; 0 by default.
    #[serde(default)]
    pub t_start: f64,
    /// The end of the ramp, ms; by default the end of the run.
    #[serde(default)]
    pub t_end: Option<f64>,
}

/// A sine wave or a square wave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// The amplitude.
    pub amplitude: f64,
    /// The frequency, Hz.
    pub frequency: f64,
    /// Whether the wave is shifted up by `amplitude`, so that it is not negative; `false` by
    /// default.
    #[serde(default)]
    pub bias: bool,
    /// The start of the wave, ms; 0 by default.
    #[serde(default)]
    pub t_start: f64,
    /// The end of the wave, ms; by default the end of the run.
    #[serde(default)]
    pub t_end: Option<f64>,
}

/// An Ornstein-Uhlenbeck process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OuProcess {
    /// The mean, and the value at the start.
    pub mean: f64,
    /// The intensity, in the unit of the input per √ms.
    pub sigma: f64,
    /// The time constant, ms.
    pub tau: f64,
    /// The seed; by default the seed of the run.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The start of the process, ms; 0 by default.
    #[serde(default)]
    pub t_start: f64,
    /// The end of the process, ms; by default the end of the run.
    #[serde(default)]
    pub t_end: Option<f64>,
}

/// The increments of a Wiener process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WienerProcess {
    /// The seed; by default the seed of the run.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The start of the process, ms; 0 by default.
    #[serde(default)]
    pub t_start: f64,
    /// The end of the process, ms; by default the end of the run.
    #[serde(default)]
    pub t_end: Option<f64>,
}

impl Stimulus {
    /// The names of the stimuli, as a model file has them.
    pub const NAMES: [&'static str; 8] =
        ["constant", "section", "spike", "ramp", "sinusoidal", "square", "ou_process", "wiener_process"];

    /// Whether the stimulus has a duration of its own, which determines the length of a run.
    #[must_use]
    pub fn has_duration(&self) -> bool {
        matches!(self, Self::Constant(_) | Self::Section(_))
    }

    /// The number of units for which the stimulus has values; `None` if it has the same values for
    /// all.
    #[must_use]
    pub fn units(&self) -> Option<u64> {
        match self {
            Self::Constant(sections) => sections.iter().find_map(|(level, _)| level.units()),
            Self::Section(section) => section.values.iter().find_map(Level::units),
            _ => None,
        }
    }

    /// Checks the numbers, as far as they do not depend on the run.
    ///
    /// # Errors
    /// If a number is not finite, a sequence is invalid, or two values have different numbers of
    /// units.
    pub fn check(&self) -> Result<()> {
        let (levels, others): (Vec<&Level>, Vec<f64>) = match self {
            Self::Constant(sections) => {
                (sections.iter().map(|(level, _)| level).collect(), sections.iter().map(|(_, ms)| *ms).collect())
            }
            Self::Section(Section { values, durations }) => (values.iter().collect(), durations.clone()),
            Self::Spike(Spike { sp_times, sp_lens, sp_sizes }) => (vec![sp_lens, sp_sizes], sp_times.clone()),
            Self::Ramp(r) => (vec![], vec![r.c_start, r.c_end, r.t_start, r.t_end.unwrap_or_default()]),
            Self::Sinusoidal(w) | Self::Square(w) => {
                (vec![], vec![w.amplitude, w.frequency, w.t_start, w.t_end.unwrap_or_default()])
            }
            Self::OuProcess(p) => (vec![], vec![p.mean, p.sigma, p.tau, p.t_start, p.t_end.unwrap_or_default()]),
            Self::WienerProcess(p) => (vec![], vec![p.t_start, p.t_end.unwrap_or_default()]),
        };
        let of_levels = levels.iter().flat_map(|level| match level {
            Level::All(x) => std::slice::from_ref(x),
            Level::Each(all) => all.as_slice(),
            Level::Sequence(_) => &[],
        });
        if let Some(x) = of_levels.chain(&others).find(|x| !x.is_finite()) {
            return Err(spec(format!("{x} is not a finite number")));
        }
        for level in &levels {
            if let Level::Sequence(sequence) = level {
                sequence.check()?;
            }
        }
        if let Self::Section(Section { values, durations }) = self
            && values.len() != durations.len()
        {
            return Err(spec(format!("section has {} values and {} durations", values.len(), durations.len())));
        }
        if let Self::Spike(Spike { sp_times, sp_lens, sp_sizes }) = self {
            let wrong = [("sp_lens", sp_lens), ("sp_sizes", sp_sizes)]
                .into_iter()
                .find_map(|(key, level)| Some((key, level.units().filter(|n| *n != sp_times.len() as u64)?)));
            if let Some((key, n)) = wrong {
                return Err(spec(format!("spike has {} sp_times and {n} {key}", sp_times.len())));
            }
        }
        let mut units = levels.iter().filter_map(|level| level.units());
        match (self.has_duration(), units.next()) {
            (true, Some(first)) => match units.find(|other| *other != first) {
                Some(other) => Err(spec(format!("one value is for {first} units, and another for {other}"))),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The values, `[T]`, or `[T, units]` if units differ. `steps` is the number of steps of the
    /// run; a stimulus with a duration of its own does not need it. `dt` is in ms.
    ///
    /// # Errors
    /// If a number is invalid, or memory is short.
    pub fn array<T: Scalar>(&self, steps: Option<u64>, dt: f64, units: usize, seed: u64) -> Result<ArrayD<T>> {
        let duration = || match steps {
            Some(steps) => Ok(steps as f64 * dt),
            None => Err(spec("this stimulus has no duration: the run needs `duration` or `steps`")),
        };
        let span = |start: f64, end: Option<f64>| {
            let duration = duration()?;
            Ok::<Span, crate::Error>(Span::new(duration, dt).between(start, end.unwrap_or(duration)))
        };
        Ok(match self {
            Self::Constant(sections) => {
                let levels: Result<Vec<_>> = sections.iter().map(|(level, ms)| Ok((level.level()?, *ms))).collect();
                inputs::constant_input(levels?, dt)?.0
            }
            Self::Section(Section { values, durations }) => {
                let levels: Result<Vec<_>> = values.iter().map(Level::level).collect();
                inputs::section_input(levels?, durations.iter().copied(), dt)?
            }
            Self::Spike(Spike { sp_times, sp_lens, sp_sizes }) => {
                inputs::spike_input(sp_times, sp_lens.level()?, sp_sizes.level()?, duration()?, dt)?
            }
            Self::Ramp(r) => inputs::ramp_input(r.c_start, r.c_end, span(r.t_start, r.t_end)?)?,
            Self::Sinusoidal(w) => {
                inputs::sinusoidal_input(w.amplitude, w.frequency, w.bias, span(w.t_start, w.t_end)?)?
            }
            Self::Square(w) => inputs::square_input(w.amplitude, w.frequency, w.bias, span(w.t_start, w.t_end)?)?,
            Self::OuProcess(p) => {
                inputs::ou_process(p.mean, p.sigma, p.tau, units, p.seed.unwrap_or(seed), span(p.t_start, p.t_end)?)?
            }
            Self::WienerProcess(p) => inputs::wiener_process(units, p.seed.unwrap_or(seed), span(p.t_start, p.t_end)?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequence::Sequence;

    /// A checkpoint keeps a stimulus as JSON.
    #[test]
    fn stimuli_survive_json() {
        let ramp = Ramp { c_start: 0.0, c_end: 5.0, t_start: 1.0, t_end: None };
        let wave = Wave { amplitude: 1.0, frequency: 20.0, bias: true, t_start: 0.0, t_end: Some(5.0) };
        let levels =
            vec![Level::All(0.0), Level::Each(vec![1.0, 2.0]), Level::Sequence(Sequence::Linspace([0.0, 1.0, 2.0]))];
        for stimulus in [
            Stimulus::Constant(levels.iter().map(|level| (level.clone(), 3.0)).collect()),
            Stimulus::Section(Section { values: levels, durations: vec![1.0, 2.0, 3.0] }),
            Stimulus::Spike(Spike { sp_times: vec![1.0], sp_lens: Level::All(1.0), sp_sizes: Level::Each(vec![2.0]) }),
            Stimulus::Ramp(ramp),
            Stimulus::Sinusoidal(wave),
            Stimulus::Square(wave),
            Stimulus::OuProcess(OuProcess {
                mean: 0.0,
                sigma: 1.0,
                tau: 2.0,
                seed: Some(3),
                t_start: 0.0,
                t_end: None,
            }),
            Stimulus::WienerProcess(WienerProcess { seed: None, t_start: 0.0, t_end: None }),
        ] {
            let text = serde_json::to_string(&stimulus).unwrap();
            assert_eq!(serde_json::from_str::<Stimulus>(&text).unwrap(), stimulus, "{text}");
            assert!(Stimulus::NAMES.iter().any(|name| text.starts_with(&format!("{{\"{name}\""))), "{text}");
            stimulus.check().unwrap();
            let values: ArrayD<f32> = stimulus.array(Some(60), 0.1, 2, 7).unwrap();
            assert!(values.iter().all(|x| x.is_finite()), "{text}");
        }
    }

    #[test]
    fn stimuli_without_sense_are_refused() {
        let ramp = |c_start| Stimulus::Ramp(Ramp { c_start, c_end: 5.0, t_start: 0.0, t_end: None });
        assert!(ramp(f64::NAN).check().is_err() && ramp(f64::INFINITY).check().is_err());
        // The run says how long a ramp is.
        assert!(ramp(0.0).array::<f64>(None, 0.1, 1, 0).unwrap_err().to_string().contains("duration"));
        let differ = vec![(Level::Each(vec![1.0; 2]), 1.0), (Level::Each(vec![1.0; 3]), 1.0)];
        assert!(Stimulus::Constant(differ).check().is_err());
        assert_eq!(Stimulus::Constant(vec![(Level::Each(vec![1.0; 2]), 1.0)]).units(), Some(2));
        let empty = Stimulus::Constant(Vec::new());
        empty.check().unwrap();
        assert_eq!(empty.array::<f64>(None, 0.1, 1, 0).map(|values| values.len()).unwrap_or(0), 0);
    }
}
