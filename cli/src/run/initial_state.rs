//! The weights and the state at the start of a run.

use super::advice;
use super::session::Session;
use crate::exit_code::{of_model, usage};
use crate::run::element::Element;
use anyhow::Context;
use ndarray::ArrayViewD;
use overtime::states::{self, StateDict, Tensor, Type};
use overtime::{System, memory};
use overtime_model::files::{self, Kind};
use std::path::Path;

/// Loads weights by name: every weight of the system, and nothing else. Names may be those of
/// torch's modules.
pub(crate) fn weights<T: Element>(session: &mut Session<T>, path: &Path) -> anyhow::Result<()> {
    let weights = files::all(path).map_err(of_model)?;
    let own: Vec<String> = session.over_time.system().weights().into_iter().map(|w| w.name).collect();
    let of = || format!("weights of {}", path.display());
    weights.iter().try_for_each(|(name, array)| advice::check_array::<T>(path, Some(name), array, "a weight"))?;
    if weights.iter().any(|(name, _)| is_of_torch(name)) && !weights.iter().any(|(name, _)| own.contains(name)) {
        return session.over_time.load_torch_weights(&weights).with_context(of);
    }
    session.over_time.load_weights(&weights, true).with_context(of)?;
    Ok(())
}

/// Whether torch gives this name to a weight of one of its modules.
fn is_of_torch(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    let in_cells = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
    ["weight", "bias"].contains(&last) || in_cells.iter().any(|kind| last.starts_with(kind))
}

/// The start of the names of the tensors that a checkpoint has beside the state.
pub(super) const RUN: &str = "run/";

/// Removes the tensors that are not state, so that a checkpoint can be read as a state too.
pub(crate) fn without_run(mut file: states::File) -> states::File {
    file.tensors.retain(|(name, _)| !name.starts_with(RUN));
    file
}

/// The content of a state file.
pub(crate) enum Start {
    /// It has a clock and a seed, if this program wrote it.
    File(states::File),
    Arrays(Vec<(String, ndarray::ArrayD<f64>)>),
}

/// The key of the seed of the system in a state file. It may differ from the seed of the loop.
const MADE_BY: &str = "run.made_by_seed";

impl Start {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        match files::kind(path).map_err(of_model)? {
            Kind::Safetensors => Ok(Self::File(without_run(states::read(path)?))),
            Kind::Npz | Kind::Npy => Ok(Self::Arrays(files::all(path).map_err(of_model)?)),
        }
    }

    /// The seed of the synapses of the system that has this state.
    pub(crate) fn made_by(&self) -> Option<u64> {
        let Self::File(file) = self else { return None };
        let text = |key: &str| file.metadata.get(key).and_then(|text| text.parse().ok());
        text(MADE_BY).or_else(|| text("seed"))
    }

    /// The time of its clock, if it has one.
    pub(crate) fn time(&self) -> Option<&str> {
        let Self::File(file) = self else { return None };
        file.metadata.get("t0").and(file.metadata.get("t")).map(String::as_str)
    }
}

/// Refuses a state whose element type differs from that of the run.
fn check_type<T: Element>(session: &Session<T>, file: &states::File) -> anyhow::Result<()> {
    let (own, vars) = (Type::from(T::DTYPE), &session.over_time.schema().state);
    let weights = session.over_time.system().weights();
    let is_known = |name: &str| {
        let of_vars = vars.iter().any(|var| var.name == name || var.views.iter().any(|(view, _)| view == name));
        of_vars || weights.iter().any(|weight| weight.name == name)
    };
    let Some((name, tensor)) = file.tensors.iter().find(|(name, tensor)| tensor.dtype != own && is_known(name)) else {
        return Ok(());
    };
    let given = tensor.dtype;
    let way = match given {
        Type::F64 | Type::F32 | Type::F16 | Type::Bf16 => {
            format!("--dtype {given} (`dtype = \"{given}\"`) goes on from it")
        }
        _ => format!("a state of it has {own}"),
    };
    Err(usage(format!("`{name}` is {given}, and this run is in {own}: {way}")))
}

/// The session's state with the seed of its system. `--save-state` writes it, and a checkpoint
/// begins with it.
pub(crate) fn file<T: Element>(session: &Session<T>) -> anyhow::Result<states::File> {
    let mut file = session.over_time.states_file()?;
    file.metadata.insert(MADE_BY.to_owned(), session.spec.seed.to_string());
    Ok(file)
}

/// Loads a state: every variable that a start needs. It may have all weights, or none. A file of
/// this program also sets the clock, and the seed if the run has none of its own.
pub(crate) fn state<T: Element>(session: &mut Session<T>, path: &Path, start: Start) -> anyhow::Result<()> {
    let of = || format!("state of {}", path.display());
    // Without weights in the file, the system keeps its own.
    let own = session.over_time.system().weights();
    let lacks = |has: &dyn Fn(&str) -> bool| !own.iter().any(|w| has(&w.name));
    match start {
        Start::File(mut file) => {
            check_type(session, &file).with_context(of)?;
            if lacks(&|name| file.get(name).is_some()) {
                for weight in &own {
                    let values = ArrayViewD::from_shape(weight.shape.as_slice(), weight.values)?;
                    file.tensors.push((weight.name.clone(), Tensor::try_from_array(values)?));
                }
            }
            if let (Some(seed), Some(own)) = (session.spec.draw, file.metadata.get_mut("seed")) {
                *own = seed.to_string();
            }
            session.over_time.load_states_file(&file, true).with_context(of)?;
        }
        Start::Arrays(arrays) => {
            let mut dict = StateDict::new();
            for (name, array) in arrays {
                advice::check_array::<T>(path, Some(&name), &array, "a state")?;
                let array = memory::converted(&format!("state `{name}`"), array.view(), T::from_f64)?;
                dict.insert(name, array);
            }
            if lacks(&|name| dict.get(name).is_some()) {
                for weight in &own {
                    let values = ArrayViewD::from_shape(weight.shape.as_slice(), weight.values)?;
                    dict.insert(weight.name.clone(), memory::copied(&format!("weight `{}`", weight.name), values)?);
                }
            }
            session.over_time.load_state_dict(&dict, true).with_context(of)?;
        }
    }
    Ok(())
}
