//! The steps whose spikes count in statistics.

use super::Spec;
use crate::exit_code::usage;
use crate::plot::steps_before;
use overtime::Number;
use overtime_model::SystemSpec as System;

impl Spec {
    /// Refuses a start of statistics that cannot be.
    pub(super) fn check_statistics_from(&self) -> anyhow::Result<()> {
        let Some(ms) = self.statistics_from else { return Ok(()) };
        let name = self.name_of("statistics_from");
        let error = match self.system {
            _ if !ms.is_finite() => format!("{name} {}: a time is a finite number", Number(ms)),
            System::Sequential(_) => format!("{name} is for the spikes of neurons, and this model has layers"),
            _ => return Ok(()),
        };
        Err(self.of_setting("statistics_from", usage(error)))
    }

    /// The first step that counts, of a run of `steps` from a step of this index and time on.
    ///
    /// # Errors
    /// If no step of the run counts.
    pub(crate) fn statistics_begin(&self, (begin, t, dt, steps): (u64, f64, f64, u64)) -> anyhow::Result<u64> {
        let Some(ms) = self.statistics_from else { return Ok(begin) };
        let before = steps_before(ms, t, dt).min(steps);
        if before < steps || steps == 0 {
            return Ok(begin + before);
        }
        let (name, [ms, end]) = (self.name_of("statistics_from"), [ms, t + steps as f64 * dt].map(Number));
        let error = usage(format!("{name}: the run ends at {end} ms, and has no step from {ms} ms on"));
        Err(self.of_setting("statistics_from", error))
    }
}
