//! Weights and state that a run starts with.

use super::checkpoint::without_run;
use super::session::Session;
use crate::data::{self, Kind};
use crate::model::Build;
use anyhow::Context;
use overtime::System;
use overtime::states::{self, StateDict, Tensor};
use std::path::Path;

/// Loads weights by name: all that the system has, and nothing else.
pub(crate) fn weights<T: Build>(session: &mut Session<T>, path: &Path) -> anyhow::Result<()> {
    let weights = data::all(path)?;
    session.over_time.load_weights(&weights, true).with_context(|| format!("weights of {}", path.display()))?;
    Ok(())
}

/// Loads a state: every variable. Weights may be in it, all of them, or not. A file of this program brings its clock and seed.
pub(crate) fn state<T: Build>(session: &mut Session<T>, path: &Path) -> anyhow::Result<()> {
    let of = || format!("state of {}", path.display());
    let names: Vec<String> = session.over_time.system().weights().into_iter().map(|w| w.name).collect();
    let own: Vec<(String, ndarray::ArrayD<T>)> = (session.over_time.state_dict()?.iter())
        .filter(|(n, _)| names.iter().any(|w| w == n))
        .map(|(n, a)| (n.to_owned(), a.clone()))
        .collect();
    if data::kind(path)? == Kind::Safetensors {
        let mut file = without_run(states::read(path)?);
        if !file.tensors.iter().any(|(n, _)| names.contains(n)) {
            file.tensors.extend(own.iter().map(|(n, a)| (n.clone(), Tensor::from_array(a.view()))));
        }
        session.over_time.load_states_file(&file, true).with_context(of)?;
        return Ok(());
    }
    let mut dict = StateDict::new();
    for (name, array) in data::all(path)? {
        dict.insert(name, array.mapv(T::from_f64));
    }
    if !names.iter().any(|n| dict.get(n).is_some()) {
        own.into_iter().for_each(|(n, a)| dict.insert(n, a));
    }
    session.over_time.load_state_dict(&dict, true).with_context(of)?;
    Ok(())
}
