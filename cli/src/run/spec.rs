//! The specification of a run, from the model file and the arguments. A checkpoint keeps it as
//! JSON.

mod files;
mod input;
mod look;
mod place;
mod statistics;

use crate::args::RunArgs;
use crate::exit_code::{in_file, of_model, usage};
use crate::paths::{absolute, extension};
use crate::plot::Size;
use overtime_model::out_vars::OutVar;
use overtime_model::{Axis, ModelFile, Plot, Sequence, Stimulus, SystemSpec as System, Type, Value, neurons};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub(crate) use files::{Files, parts_folder};
pub(crate) use place::place;

/// All facts of a run except its arrays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// The name that the user gave: `hh`, `lstm.toml`.
    pub(crate) name: String,
    /// The model file, for errors.
    pub(crate) model: Option<PathBuf>,
    pub(crate) title: Option<String>,
    pub(crate) system: System,
    pub(crate) dtype: Type,
    pub(crate) device: String,
    pub(crate) strategy: String,
    pub(crate) seed: u64,
    /// Whether a seed is given.
    #[serde(skip)]
    pub(crate) has_seed: bool,
    pub(crate) batch: Option<u64>,
    pub(crate) first_axis: Axis,
    pub(crate) dt: f64,
    pub(crate) t0: f64,
    /// Whether `t0` is given beside a state.
    #[serde(skip)]
    pub(crate) own_t0: bool,
    pub(crate) length: Length,
    pub(crate) input: Given,
    /// The number of steps of each batch row.
    pub(crate) lengths: Option<Lengths>,
    pub(crate) weights: Option<PathBuf>,
    pub(crate) state: Option<PathBuf>,
    /// The seed of the random numbers from the state on, if one is given; otherwise that of the
    /// state continues.
    #[serde(default)]
    pub(crate) draw: Option<u64>,
    pub(crate) out_vars: Option<String>,
    pub(crate) record_every: u64,
    /// The time from which spikes count in the statistics of populations, ms.
    #[serde(default)]
    pub(crate) statistics_from: Option<f64>,
    pub(crate) files: Files,
    /// How the picture looks.
    #[serde(default)]
    pub(crate) plot: Plot,
    /// Whether the model file alone says how.
    #[serde(skip)]
    pub(crate) plot_in_file: bool,
    /// The settings that the model file gives and no argument replaces.
    #[serde(skip)]
    pub(crate) of_file: Vec<&'static str>,
    /// Warnings before the run.
    #[serde(skip)]
    pub(crate) warnings: Vec<String>,
}

/// The length of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Length {
    Duration(f64),
    Steps(u64),
    /// The number of steps of the input.
    Input,
}

/// The input of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Given {
    Nothing,
    Constant(f64),
    /// An array in a file: the one of this name, or `in`, or the only one.
    Series(PathBuf, Option<String>),
    /// One number for each neuron, the same in every step.
    Sequence(Sequence),
    /// A stimulus that changes in time.
    Stimulus(Stimulus),
    /// Inputs of groups by name; none of them is `Named` or `Nothing`.
    Named(Vec<(String, Given)>),
}

impl Given {
    /// Whether neurons or steps may have different inputs.
    pub(crate) fn varies(&self) -> bool {
        matches!(self, Self::Series(..) | Self::Sequence(_) | Self::Stimulus(_))
    }

    /// Whether the input determines the number of steps.
    fn has_series(&self) -> bool {
        match self {
            Self::Nothing | Self::Constant(_) | Self::Sequence(_) => false,
            Self::Series(..) => true,
            Self::Stimulus(stimulus) => stimulus.has_duration(),
            Self::Named(all) => all.iter().any(|(_, given)| given.has_series()),
        }
    }
}

/// The number of steps of each batch row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Lengths {
    /// An array in a file: the one of this name, or the only one.
    File(PathBuf, Option<String>),
    /// The content of that array.
    Known(Vec<usize>),
}

impl Spec {
    /// The specification from the arguments, and from the model file if they name one.
    pub(crate) fn new(args: &RunArgs) -> anyhow::Result<Self> {
        let (mut model, path) = load(&args.system)?;
        let name = path
            .as_deref()
            .and_then(Path::file_name)
            .map_or_else(|| args.system.clone(), |n| n.to_string_lossy().into_owned());
        override_system(&mut model.system, args)?;
        let s = model.settings;
        let of_file = place::of_file(args, &s);
        let (input, warnings) = input::of(&args.input, s.input, &model.system)?;
        let lengths = match (&args.lengths, s.lengths) {
            (Some(text), _) => Some(lengths(text)?),
            (None, Some(Value::File { file, array, .. })) => Some(Lengths::File(file, array)),
            (None, _) => None,
        };
        if lengths.is_some() && !input.has_series() {
            let needs = |name: &str| usage(format!("{name} needs a series: give --input FILE"));
            return Err(match path.filter(|_| of_file.contains(&"lengths")) {
                Some(path) => needs("`lengths`").context(place(&path, "lengths")),
                None => needs("--lengths"),
            });
        }
        // A length on the command line replaces `duration` and `steps` of the file.
        let length = match (args.duration, args.steps) {
            (Some(d), _) => Length::Duration(d),
            (None, Some(n)) => Length::Steps(n),
            (None, None) => match (s.duration, s.steps) {
                (Some(d), _) => Length::Duration(d),
                (None, Some(n)) => Length::Steps(n),
                (None, None) => Length::Input,
            },
        };
        if length == Length::Input && !input.has_series() {
            return Err(usage("how long? give --duration MS, --steps N, or --input FILE with a series"));
        }
        let out_vars = args.out_vars.clone().or(s.out_vars);
        let asked = model.system.out_vars(out_vars.as_deref()).map_err(of_model);
        asked.map_err(|e| match path.as_deref().filter(|_| of_file.contains(&"out_vars")) {
            Some(path) => e.context(place(path, "out_vars")),
            None => e,
        })?;
        let plot_key = |path: &PathBuf| format!("{}:{}: `plot.file`", path.display(), s.plot.line);
        let out = absolute(args.out.as_deref())?;
        let files = Files {
            stream: out.as_deref().filter(|_| args.stream).map(files::parts_folder),
            spikes: absolute(args.spikes.as_deref())?,
            out,
            save_state: absolute(args.save_state.as_deref())?,
            plot: absolute(args.plot.as_deref().or(s.plot.file.as_deref()))?,
            plot_key: path.as_ref().filter(|_| args.plot.is_none() && s.plot.file.is_some()).map(plot_key),
            checkpoint: absolute(args.checkpoint.as_deref())?,
            checkpoint_every: args.checkpoint_every,
        };
        let look = args.look.plot()?;
        if let Some(flag) = args.look.first().filter(|_| files.plot.is_none()) {
            return Err(usage(format!("{flag} needs a picture: give --plot FILE")));
        }
        let plot_in_file = look == Plot::default();
        let plot = look.or(s.plot);
        Size::new(&plot).map_err(|e| if plot_in_file { in_file(e, path.as_deref()) } else { e })?;
        let spec = Self {
            name,
            model: path,
            title: s.title,
            system: model.system,
            dtype: args.dtype.or(s.dtype).unwrap_or(Type::F32),
            device: args.device.clone().or(s.device).unwrap_or_else(|| "auto".into()),
            strategy: args.strategy.map(|s| s.to_string()).or(s.strategy).unwrap_or_else(|| "auto".into()),
            seed: args.seed.or(s.seed).unwrap_or(0),
            has_seed: args.seed.or(s.seed).is_some(),
            batch: args.batch.or(s.batch),
            first_axis: args.first_axis.or(s.first_axis).unwrap_or(Axis::T),
            dt: args.dt.or(s.dt).unwrap_or(0.1),
            t0: args.t0.or(s.t0).unwrap_or(0.0),
            // `t0` of a file does not apply to a state of the command line.
            own_t0: args.t0.is_some() || (s.t0.is_some() && s.state.is_some() && args.state.is_none()),
            length,
            input,
            lengths,
            weights: args.weights.clone().or(s.weights),
            draw: if args.state.is_some() || s.state.is_none() { args.seed } else { args.seed.or(s.seed) },
            state: args.state.clone().or(s.state),
            out_vars,
            record_every: args.record_every.or(s.record_every).unwrap_or(1),
            statistics_from: args.statistics_from.or(s.statistics_from),
            files,
            plot,
            plot_in_file,
            of_file,
            warnings,
        };
        spec.check_statistics_from()?;
        spec.files.check()?;
        files::can_stream(&spec)?;
        files::can_be_text(&spec)?;
        Ok(spec)
    }

    /// The variables that are recorded in each step.
    pub(crate) fn recorded(&self) -> overtime_model::Result<Vec<OutVar>> {
        self.system.recorded(self.out_vars.as_deref())
    }

    /// The kind of the system in pictures and summaries.
    pub(crate) fn kind(&self) -> &str {
        match &self.system {
            System::Neurons(group) => &group.kind,
            System::Sequential(_) => "Sequential",
            System::Network(_) => "Network",
        }
    }
}

fn load(system: &str) -> anyhow::Result<(ModelFile, Option<PathBuf>)> {
    let path = Path::new(system);
    if extension(path) == "eq" {
        return Ok((ModelFile::equations(path).map_err(of_model)?, None));
    }
    match ModelFile::neurons(system) {
        Ok(model) => Ok((model, None)),
        Err(unknown) if extension(path) != "toml" && !path.exists() => {
            let kinds = neurons::names().to_lowercase();
            let near = match unknown {
                overtime_model::Error::Library(overtime::Error::Unknown { nearest: Some(near), .. }) => {
                    format!(" (did you mean `{near}`?)")
                }
                _ => String::new(),
            };
            Err(usage(format!(
                "no system named `{system}`{near}; there is: {kinds}, or a model file (MODEL.toml), or equations (MODEL.eq)"
            )))
        }
        Err(_) => Ok((ModelFile::read(path).map_err(of_model)?, Some(path.to_owned()))),
    }
}

fn override_system(system: &mut System, args: &RunArgs) -> anyhow::Result<()> {
    let scales = [("--scale", args.scale), ("--scale-in-degrees", args.scale_in_degrees)];
    if let Some((flag, _)) = scales.iter().find(|(_, scale)| scale.is_some())
        && !matches!(system, System::Network(_))
    {
        return Err(usage(format!("{flag} is for a network, and this model is not a network")));
    }
    match system {
        System::Neurons(group) => {
            group.size = args.size.unwrap_or(group.size);
            if let Some(method) = args.method {
                if !group.info()?.takes("method") {
                    return Err(usage(format!("--method is not for {}, which has no equations", group.kind)));
                }
                group.method = Some(method.to_string());
            }
            Ok(())
        }
        System::Network(net) => match (args.size, args.method) {
            (None, None) => {
                let [neurons, in_degrees] = scales.map(|(_, scale)| scale.unwrap_or(1.0));
                Ok(net.scale(neurons, in_degrees)?)
            }
            (Some(_), _) => Err(usage("--size is for a single group of neurons; --scale is for a network")),
            (None, Some(_)) => Err(usage("--method is for a single group of neurons, and this model is a network")),
        },
        System::Sequential(_) => match (args.size, args.method) {
            (None, None) => Ok(()),
            (Some(_), _) => Err(usage("--size is for a group of neurons, and this model has layers")),
            (None, Some(_)) => Err(usage("--method is for a group of neurons, and this model has layers")),
        },
    }
}

fn lengths(text: &str) -> anyhow::Result<Lengths> {
    if text.is_empty() {
        return Err(usage("--lengths is empty: it is a file, or FILE:NAME"));
    }
    let (file, name) = file_and_array(text);
    Ok(Lengths::File(file, name))
}

/// A file, or an array in it. A name with a colon is a file if that file exists.
fn file_and_array(text: &str) -> (PathBuf, Option<String>) {
    match text.rsplit_once(':') {
        Some((file, name)) if !Path::new(text).exists() => (PathBuf::from(file), Some(name.to_owned())),
        _ => (PathBuf::from(text), None),
    }
}
