//! The input of a run, as far as the file, the model and the arguments determine it.

use super::columns::Recorded;
use super::model::Drawing;
use crate::exit_code::usage;
use crate::plot::Drive;
use crate::run::length::time_axis;
use crate::run::series::{self, Series};
use crate::run::spec::{Given, Length};
use ndarray::Axis;
use overtime_model::{Stimulus, SystemSpec as System};

impl Drawing<'_> {
    /// Finds the input, if it is a series. A series of another run is not drawn, and is an error if
    /// it is `given` by an argument. A series that fits tells the number of steps of the run where
    /// the file does not; otherwise `length` does, the length in the model file.
    pub(super) fn find_input(&mut self, given: bool, length: impl Fn() -> Option<Length>) -> anyhow::Result<()> {
        let series = match series::from_file::<f64>(&self.spec.input, "input", false)? {
            Some(values) => {
                let time_axis = time_axis(&self.spec, self.batched, values.shape());
                Some(Series { values, time_axis, repeats: false })
            }
            None => {
                self.take_length(length);
                if self.is_seed_missing() { None } else { self.made()? }
            }
        };
        if given {
            self.check_groups()?;
        }
        let Some(series) = series else { return Ok(()) };
        let port = self.schema.as_ref().and_then(|schema| schema.inputs.first());
        let (shape, broadcasts) = port.map_or((vec![self.units], true), |port| (port.shape.clone(), port.broadcasts));
        let is_of_file =
            matches!(self.spec.input, Given::Series(..)) && !matches!(self.spec.system, System::Network(_));
        if is_of_file && let Err(expected) = self.fits(series.values.shape(), &shape, broadcasts) {
            let given_shape = series.values.shape();
            return match given {
                true => Err(usage(format!("--input: expected {expected}, given an array of shape {given_shape:?}"))),
                false => Ok(()),
            };
        }
        let Some(own) = series.steps() else {
            self.input = Some(series);
            return Ok(());
        };
        match self.steps.of_length(own as u64) {
            Some(steps) => {
                self.steps = steps;
                self.input = Some(series);
            }
            None if given => return Err(self.of_another_run("--input", own)),
            None => {}
        }
        Ok(())
    }

    /// Checks the axes of an input: `[T, units]` with the axis of a batch. Of an input that
    /// `broadcasts` units and rows may be 1, or have no axis. The error is the expected shape.
    fn fits(&self, given: &[usize], units: &[usize], broadcasts: bool) -> Result<(), String> {
        let rows = self.batched.then_some(self.rows);
        let time = usize::from(self.is_batch_major());
        let mut own = given.to_vec();
        let is_one = broadcasts && given.len() == 1;
        let has_axes = own.len() == 1 + usize::from(rows.is_some()) + units.len();
        if has_axes {
            own.remove(time);
        }
        let expected: Vec<usize> = rows.into_iter().chain(units.iter().copied()).collect();
        if is_one
            || (has_axes
                && own.iter().zip(&expected).all(|(own, expected)| own == expected || (broadcasts && *own == 1)))
        {
            return Ok(());
        }
        let mut words: Vec<String> = expected.iter().map(ToString::to_string).collect();
        words.insert(time.min(words.len()), "T".to_owned());
        Err(format!("[{}]", words.join(", ")))
    }

    /// Refuses an input of a group that is of another run. The picture of a network does not show it.
    fn check_groups(&self) -> anyhow::Result<()> {
        let System::Network(net) = &self.spec.system else { return Ok(()) };
        let all: Vec<(&str, &Given)> = match &self.spec.input {
            Given::Named(all) => all.iter().map(|(name, given)| (name.as_str(), given)).collect(),
            given => net.with_input().first().map(|name| (*name, given)).into_iter().collect(),
        };
        for (name, given) in all {
            let argument = format!("--input: the input of `{name}`");
            let Some(values) = series::from_file::<f64>(given, &argument, false)? else { continue };
            let units = net.groups.iter().find(|group| group.name == name).map_or(1, |group| group.neurons.size);
            let shape = values.shape();
            if let Err(expected) = self.fits(shape, &[usize::try_from(units).unwrap_or(usize::MAX)], true) {
                return Err(usage(format!("{argument}: expected {expected}, given an array of shape {shape:?}")));
            }
            let own = shape.get(time_axis(&self.spec, self.batched, shape)).copied().unwrap_or(0);
            if self.steps.of_length(own as u64).is_none() {
                return Err(self.of_another_run(&argument, own));
            }
        }
        Ok(())
    }

    fn of_another_run(&self, argument: &str, own: usize) -> anyhow::Error {
        usage(format!(
            "{argument}: a series of {own} steps, and {} has {}: give the input of the run",
            self.results.path.display(),
            self.steps.steps
        ))
    }

    fn take_length(&mut self, length: impl Fn() -> Option<Length>) {
        if self.steps.before == 0 {
            return;
        }
        let steps = match length() {
            Some(Length::Steps(steps)) => steps,
            Some(Length::Duration(ms)) => (ms / self.steps.dt).round() as u64,
            Some(Length::Input) | None => return,
        };
        self.steps = self.steps.of_length(steps).unwrap_or(self.steps);
    }

    /// The array of a sequence or a stimulus. A stimulus begins when the run does.
    fn made(&self) -> anyhow::Result<Option<Series<f64>>> {
        let stimulus = matches!(self.spec.input, Given::Stimulus(_));
        let run = series::Run {
            steps: (self.steps.before == 0 || !stimulus).then_some(self.steps.steps),
            dt: self.spec.dt,
            seed: self.spec.draw.unwrap_or(self.spec.seed),
            batched: self.batched,
            batch_major: self.is_batch_major(),
        };
        series::made::<f64>(&self.spec.input, self.units, &run)
    }

    /// Whether the input is random and no seed is given.
    pub(super) fn is_seed_missing(&self) -> bool {
        let Given::Stimulus(stimulus) = &self.spec.input else { return false };
        let own = match stimulus {
            Stimulus::OuProcess(process) => process.seed,
            Stimulus::WienerProcess(process) => process.seed,
            _ => return false,
        };
        own.is_none() && !self.spec.has_seed
    }

    /// What noise added is not in the file.
    fn is_noisy(&self) -> bool {
        matches!(&self.spec.system, System::Neurons(group) if group.noise.is_some_and(|sigma| sigma > 0.0))
    }

    /// How the picture would have the input.
    pub(super) fn why_no_input(&self) -> &'static str {
        if self.is_noisy() {
            "it has noise"
        } else if self.is_seed_missing() {
            "give --seed"
        } else {
            "give --input"
        }
    }

    /// The input that the arguments and the model give.
    fn known(&self) -> Drive {
        match (&self.spec.input, &self.input) {
            _ if self.is_noisy() => Drive::Unknown,
            (_, Some(x)) if x.values.ndim() == 1 => Drive::Shared,
            (_, Some(_)) => Drive::Series,
            (Given::Constant(_), None) => Drive::Constant,
            _ => Drive::Unknown,
        }
    }

    /// Whether the picture shows the values of the array `input`.
    pub(super) fn draws_recorded_input(&self, recorded: &[Recorded]) -> bool {
        let input = recorded.iter().find(|own| own.var == "input");
        input.is_some_and(|own| own.is_whole() || self.known() == Drive::Unknown)
    }

    /// What the input is: as given, or as the array `input` has it.
    pub(super) fn drive(&self) -> Drive {
        let known = self.known();
        let (Drive::Unknown, false, Some(values)) = (known, self.is_noisy(), self.values("input")) else {
            return known;
        };
        let mut steps = values.axis_iter(Axis(0));
        // NaN is equal to NaN here.
        let is_same = |step: ndarray::ArrayViewD<'_, f64>| {
            let mut bits = step.iter().map(|x| x.to_bits());
            bits.next().is_none_or(|first| bits.all(|x| x == first))
        };
        let whole = self.width("input") == Some(self.units);
        if whole && steps.all(is_same) { Drive::Shared } else { Drive::Series }
    }

    pub(super) fn features(&self, series: &Series<f64>) -> usize {
        series.values.shape().iter().skip(if self.batched { 2 } else { 1 }).product()
    }
}
