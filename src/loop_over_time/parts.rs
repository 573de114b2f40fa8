//! Runs in parts. The caller receives the recording of each part and can drop it, so that the whole
//! recording may exceed the memory.

use super::progress::Report;
use super::{AnyLoop, LoopOverTime};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::numeric::scalar::Scalar;
use crate::recording::Recording;
use crate::system::{Coupling, System};
use ndarray::s;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Does the same as [`LoopOverTime::run`], but calls `with` with the recording of every `most`
    /// steps and keeps none of the recordings. The last part may be shorter. The concatenated parts
    /// equal the recording of the whole run, bit for bit. Returns the number of steps made.
    ///
    /// The whole input is checked before anything runs, and the progress callback receives the step
    /// counts of the whole run. A run of 0 steps has one part. To stop a run and resume it later,
    /// return an error from `with`. The progress callback is not suitable for this purpose, because
    /// it may end the run within a part.
    ///
    /// ```
    /// use overtime::{Input, LoopOverTime, models::Hh, monitor};
    /// use overtime_npz::{Stream, Writer};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = std::env::temp_dir().join(format!("overtime-parts-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let vars = [monitor("V"), monitor("spike").events()];
    /// let mut over_time = LoopOverTime::builder(Hh::<f32>::new(10)).record_output(false).out_vars(vars).build()?;
    /// let mut stream = Stream::create(folder.join("run.parts"))?; // a folder of npy files that grow
    /// over_time.run_in_parts(Input::steps(1000).constant(5.0), 100, |part| -> Result<(), Box<dyn std::error::Error>> {
    ///     stream.append("ts", ndarray::ArrayView1::from(&part.ts))?;
    ///     stream.append("V", part.get("V")?.view())?;
    ///     // Spikes as SONATA names and shapes them.
    ///     let neurons = part.events("spike")?.unit.iter().map(|unit| *unit as u64);
    ///     stream.append("spikes/HH/node_ids", ndarray::Array1::from_iter(neurons).view())?;
    ///     Ok(stream.append("spikes/HH/timestamps", ndarray::ArrayView1::from(&part.times("spike")?))?)
    /// })?;
    /// let mut npz = Writer::create(folder.join("run.npz"))?;
    /// stream.pack(&mut npz)?; // one file, as if it had been written at once
    /// npz.finish()?;
    /// stream.remove()?;
    /// # assert_eq!(overtime_npz::read(folder.join("run.npz"))?[1].1.shape, [1000, 10]);
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`]. In addition: if `most` is 0; if the system is a
    /// sequence and the run would be split; and every error of `with`. After an error of `with`,
    /// state and clock are those at the end of that part.
    pub fn run_in_parts<'a, E: From<Error>>(
        &mut self,
        input: impl Into<Input<'a, T>>,
        most: u64,
        with: impl FnMut(Recording<T>) -> std::result::Result<(), E>,
    ) -> std::result::Result<u64, E> {
        self.any_mut().run_parts(input.into(), most, with, &mut Report::default())
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    pub(super) fn run_parts<E: From<Error>>(
        &mut self,
        input: Input<'_, T>,
        most: u64,
        mut with: impl FnMut(Recording<T>) -> std::result::Result<(), E>,
        report: &mut Report<'_>,
    ) -> std::result::Result<u64, E> {
        let mut failed = None;
        let keep = &mut |part| {
            failed = with(part).err();
            failed.is_none()
        };
        let made = self.in_parts(input, most, keep, report);
        failed.map_or_else(|| made.map_err(E::from), Err)
    }

    /// Makes parts until `with` returns `false`. Returns the number of steps made.
    pub(crate) fn in_parts(
        &mut self,
        input: Input<'_, T>,
        most: u64,
        with: &mut dyn FnMut(Recording<T>) -> bool,
        report: &mut Report<'_>,
    ) -> Result<u64> {
        if most == 0 {
            return Err(Error::value("steps of a part", 0, "is not a positive number"));
        }
        let mut input = self.prepared(input)?;
        if self.schema.coupling == Coupling::Sequence && input.steps > most {
            let reason =
                format!("are fewer than the run's {}, and every step of a sequence depends on all others", input.steps);
            return Err(Error::value("steps of a part", most, reason));
        }
        let lengths = input.lengths.take();
        let views = input.views(self.layout.rows, &self.schema)?;
        let (all, most) = (input.steps, usize::try_from(most).unwrap_or(usize::MAX));
        self.cut(all, most, report, &mut |this, report, from, n| {
            let part: Vec<_> =
                views.iter().map(|view| view.as_ref().map(|view| view.slice(s![from..from + n, .., ..]))).collect();
            let lengths = lengths.as_ref().map(|all| all.iter().map(|len| len.saturating_sub(from).min(n)).collect());
            Ok(with(this.run_views(&part, n, lengths, report)?))
        })
    }

    /// Calls `make(self, report, first, count)` for consecutive ranges of at most `most` steps,
    /// until it returns `false` or `steps` steps are made. The progress callback receives the step
    /// counts of the whole. Returns the number of steps made.
    pub(crate) fn cut(
        &mut self,
        steps: u64,
        most: usize,
        report: &mut Report<'_>,
        make: &mut dyn FnMut(&mut Self, &mut Report<'_>, usize, usize) -> Result<bool>,
    ) -> Result<u64> {
        let all = usize::try_from(steps).map_err(|_| Error::value("steps", steps, "are more than can be addressed"))?;
        let mut done = 0;
        loop {
            let n = most.min(all - done);
            report.is_part(done as u64, steps);
            let go_on = make(self, report, done, n)?;
            done += n;
            if !go_on || done == all {
                return Ok(done as u64);
            }
        }
    }
}
