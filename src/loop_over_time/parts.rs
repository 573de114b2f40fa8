//! A run in parts: each one's recording is handed out and dropped, so that what is recorded may be longer than memory.

use super::{AnyLoop, LoopOverTime};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::numeric::scalar::Scalar;
use crate::recording::Recording;
use crate::system::{Coupling, System};
use ndarray::s;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// As [`LoopOverTime::run`], but hands `with` the recording of every `most` steps (the last part may be shorter), and keeps none of them.
    /// The parts one after the other are the recording of the whole, bit for bit. Returns how many steps were made.
    ///
    /// The input is checked as a whole before anything runs, and the callback is told of the whole. A run of no steps has one part. A run
    /// that is to be resumed is ended by an error of `with`, not by the callback, which may end it within a part.
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
    /// As [`LoopOverTime::run`]; if `most` is 0; if the system is a sequence that would be cut; or what `with` returned, after which state and
    /// clock stand at the end of that part.
    pub fn run_in_parts<'a, E: From<Error>>(
        &mut self,
        input: impl Into<Input<'a, T>>,
        most: u64,
        mut with: impl FnMut(Recording<T>) -> std::result::Result<(), E>,
    ) -> std::result::Result<u64, E> {
        let mut failed = None;
        let made = self.any_mut().in_parts(input.into(), most, &mut |part| {
            failed = with(part).err();
            failed.is_none()
        });
        failed.map_or_else(|| made.map_err(E::from), Err)
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    /// Until `with` says no. Returns how many steps were made.
    pub(super) fn in_parts(&mut self, input: Input<'_, T>, most: u64, with: &mut dyn FnMut(Recording<T>) -> bool) -> Result<u64> {
        if most == 0 {
            return Err(Error::value("steps of a part", 0, "is not a positive number"));
        }
        let mut input = self.prepared(input)?;
        if self.schema.coupling == Coupling::Sequence && input.steps > most {
            let reason = format!("are fewer than the run's {}, and every step of a sequence depends on all others", input.steps);
            return Err(Error::value("steps of a part", most, reason));
        }
        let lengths = input.lengths.take();
        let views = input.views(self.layout.rows, &self.schema)?;
        let (all, most) = (input.steps, usize::try_from(most).unwrap_or(usize::MAX));
        self.cut(all, most, &mut |this, from, n| {
            let part: Vec<_> = views.iter().map(|view| view.as_ref().map(|view| view.slice(s![from..from + n, .., ..]))).collect();
            let lengths = lengths.as_ref().map(|all| all.iter().map(|len| len.saturating_sub(from).min(n)).collect());
            Ok(with(this.run_views(&part, n, lengths)?))
        })
    }

    /// Has `make` make `steps` steps, at most so many at a time, until it says no: it is told of the first and how many, and what is told of
    /// its runs is told of the whole. Returns how many were made.
    pub(crate) fn cut(&mut self, steps: u64, most: usize, make: &mut dyn FnMut(&mut Self, usize, usize) -> Result<bool>) -> Result<u64> {
        let all = usize::try_from(steps).map_err(|_| Error::value("steps", steps, "are more than can be addressed"))?;
        let mut done = 0;
        loop {
            let n = most.min(all - done);
            self.span = Some((done as u64, steps));
            let made = make(self, done, n);
            self.span = None;
            let go_on = made?;
            done += n;
            if !go_on || done == all {
                return Ok(done as u64);
            }
        }
    }
}
