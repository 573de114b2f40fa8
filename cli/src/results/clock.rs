//! The clock of a file of results: when the run began, and how long its steps were.

use super::file::{MOST, Results};
use overtime::Number;

/// The steps of a run, according to its file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steps {
    /// The index of the first step, and the number of steps.
    pub(super) begin: u64,
    pub(super) steps: u64,
    /// The index of the first recorded step.
    pub(super) first: u64,
    /// The largest number of steps that the run may have had before `begin`. A file of every k-th
    /// step does not say when the run began.
    pub(super) before: u64,
    /// The time of the first step and the length of a step, in ms.
    pub(super) t: f64,
    pub(super) dt: f64,
    /// The number of steps from one recorded step to the next.
    pub(super) every: u64,
}

impl Steps {
    /// The same run with this number of steps up to its end, if the file does not contradict it.
    pub(super) fn of_length(self, steps: u64) -> Option<Self> {
        let more = steps.checked_sub(self.steps).filter(|more| *more <= self.before)?;
        Some(Self { begin: self.begin - more, steps, before: 0, t: self.t - more as f64 * self.dt, ..self })
    }

    /// The index of the recorded step of this number.
    pub(super) fn index(&self, recorded: u64) -> u64 {
        self.first.saturating_add(recorded.saturating_mul(self.every))
    }
}

/// The times in a file, ms.
struct Times {
    first: f64,
    /// The time between two recorded steps, if there are two.
    between: Option<f64>,
    /// The time and the index after the last step, if the file has them.
    t: Option<f64>,
    i: Option<f64>,
}

impl Times {
    fn of(results: &Results) -> Option<Self> {
        let (first, last) = (*results.ts.first()?, *results.ts.last()?);
        let between = (results.ts.len() > 1).then(|| (last - first) / (results.ts.len() - 1) as f64);
        let (t, i) = (results.scalar("t"), results.scalar("i").filter(|i| (0.0..MOST).contains(i)));
        Some(Self { first, between, t, i })
    }

    /// The index of the first recorded step, if the steps have this length.
    fn begin(&self, dt: f64) -> Option<f64> {
        Some(self.i? - (self.t? - self.first) / dt)
    }

    /// The reason why the steps cannot have had this length, if there is one.
    fn contradiction(&self, dt: f64) -> Option<String> {
        if let Some(between) = self.between.filter(|between| !is_whole(between / dt)) {
            // Without the last bits of differences of times.
            let between = Number((between * 1e6).round() / 1e6);
            return Some(format!("the steps in it are {between} ms apart"));
        }
        if let Some(t) = self.t.filter(|t| !is_whole((t - self.first) / dt)) {
            return Some(format!("its run ends at {} ms, which is not a whole number of steps later", Number(t)));
        }
        self.begin(dt).filter(|begin| *begin < -0.5)?;
        Some(format!("its run has {} steps up to {} ms", Number(self.i?), Number(self.t?)))
    }

    /// The length of a step of a run that began at 0 ms.
    fn begun_at_zero(&self) -> Option<f64> {
        let dt = self.t? / self.i.filter(|i| *i > 0.0)?;
        (dt > 0.0 && self.contradiction(dt).is_none()).then_some(dt)
    }
}

/// Whether it is a positive whole number, but for errors of rounding.
fn is_whole(ratio: f64) -> bool {
    ratio > 0.5 && (ratio - ratio.round()).abs() < 1e-3 + 1e-6 * ratio
}

impl Results {
    /// The reason why the steps of the run cannot have had this length, if there is one. `t0` is
    /// the time of step 0 in the model.
    pub(super) fn contradicts(&self, dt: f64, t0: f64) -> Option<String> {
        if !(dt.is_finite() && dt > 0.0) {
            return Some("a step has a positive length".to_owned());
        }
        let times = Times::of(self)?;
        let contradiction = times.contradiction(dt).map(|reason| format!("{}: {reason}", self.path.display()));
        let of_zero = times.begun_at_zero().filter(|own| (own / dt - 1.0).abs() > 1e-6 && t0 == 0.0);
        contradiction.or_else(|| {
            // With longer steps than its own, the run began before 0 ms.
            let before_zero = times.first - times.begin(dt)? * dt < -1e-3 * dt;
            of_zero.filter(|_| before_zero).map(|own| {
                let own = Number((own * 1e6).round() / 1e6);
                format!("{}: its run has steps of {own} ms", self.path.display())
            })
        })
    }

    /// The steps. `dt` is their length, and `t0` the time of step 0, if they are known and the file
    /// does not contradict them.
    pub(super) fn steps(&self, dt: Option<f64>, t0: f64) -> anyhow::Result<Steps> {
        let Some(times) = Times::of(self) else {
            return Ok(Steps { begin: 0, steps: 0, first: 0, before: 0, t: 0.0, dt: dt.unwrap_or(1.0), every: 1 });
        };
        let fits = |dt: &f64| self.contradicts(*dt, t0).is_none();
        let dt = dt.into_iter().chain(times.begun_at_zero()).find(fits).or(times.between).unwrap_or(1.0);
        let every = times.between.map_or(1.0, |between| (between / dt).round().max(1.0));
        let steps = times.t.map_or(self.ts.len() as f64 * every, |t| ((t - times.first) / dt).round());
        let begin = times.i.map_or(0.0, |i| i - steps);
        if !(1.0..MOST).contains(&steps) || !(0.0..MOST).contains(&begin) || every >= MOST {
            return Err(self.corrupt("`ts`, `t` and `i` contradict each other".to_owned()));
        }
        let (begin, every) = (begin as u64, every as u64);
        // A single recorded step has an index that is a multiple of an unknown number.
        let before = if times.between.is_some() { (every - 1).min(begin) } else { begin.saturating_sub(1) };
        Ok(Steps { begin, steps: steps as u64, first: begin, before, t: times.first, dt, every })
    }
}
