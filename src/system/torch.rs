//! Weights from torch: conversion of the names and layouts of a module's `state_dict` to the names
//! and layouts of this crate.
//!
//! The first column is torch's, the second one is this crate's.
//!
//! | torch | overtime | layout |
//! |---|---|---|
//! | `Linear`: `weight` `[out, in]`, `bias` | [`Dense`]: `W`, `b` | transposed |
//! | `Conv2d`: `weight` `[out, in/groups, kernel₀, kernel₁]`, `bias` | [`Conv2d`]: `w`, `b` | axes permuted |
//! | `RNN`, `GRU`, `LSTM`: `weight_ih_l0`, … | [`Rnn`], [`Gru`], [`Lstm`]: `l0.Wi`, … | see [`torch_weights`] |
//! | `RNNCell`: `weight_ih`, … | [`RnnCell`]: `Wi`, … | see [`torch_weights`] |
//! | `GRUCell`: `weight_ih`, … | [`GruCell`]: `Wi`, … | see [`torch_weights`] |
//! | `LSTMCell`: `weight_ih`, … | [`LstmCell`]: `Wi`, … | see [`torch_weights`] |
//!
//! [`Dense`]: crate::models::Dense
//! [`Conv2d`]: crate::models::Conv2d
//! [`Rnn`]: crate::models::Rnn
//! [`Gru`]: crate::models::Gru
//! [`Lstm`]: crate::models::Lstm
//! [`RnnCell`]: crate::models::RnnCell
//! [`GruCell`]: crate::models::GruCell
//! [`LstmCell`]: crate::models::LstmCell
//! [`torch_weights`]: crate::models::Recurrent::torch_weights
//!
//! In a `state_dict`, a name begins with the path of its module. The layers of a
//! [`Sequential`](crate::Sequential) are matched to modules by the first of these rules that finds
//! one module for every layer with weights:
//!
//! 1. The path of the module is the name of the layer, or ends in it: `fc`, `model.fc`.
//! 2. There is exactly one such layer and exactly one module. The path does not matter.
//! 3. The paths are numbers, as in `torch.nn.Sequential`: `0`, `2`, `4`, or all behind one path
//!    (`net.0`, `net.2`). There are as many of them as layers. The layers are matched in the order
//!    of the numbers.
//!
//! ```
//! use overtime::{Sequential, models::{Activation, Dense}};
//! use ndarray::{ArrayD, IxDyn};
//!
//! # fn main() -> overtime::Result<()> {
//! // Of torch.nn.Sequential(Linear(3, 4), ReLU(), Linear(4, 2)); from a file: states::read("net.safetensors")?.to_arrays()?
//! let shapes = [("0.weight", vec![4, 3]), ("0.bias", vec![4]), ("2.weight", vec![2, 4]), ("2.bias", vec![2])];
//! let weights = shapes.map(|(name, shape)| (name, ArrayD::<f32>::ones(IxDyn(&shape))));
//! let net = Sequential::<f32>::new()
//!     .layer("hidden", Dense::new(3, 4))
//!     .layer("relu", Activation::Relu.layer([4]))
//!     .layer("out", Dense::new(4, 2))
//!     .torch_weights(&weights)?;
//! # let _ = net;
//! # Ok(()) }
//! ```

use super::System;
use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;
use std::collections::BTreeSet;

/// Weights by name.
pub type Weights = Vec<(String, ArrayD<f64>)>;

type Convert<'a> = Box<dyn Fn(&Given<'_>) -> Result<Weights> + 'a>;

/// A torch module with the same weights as a system. [`System::torch`] returns it for the system
/// itself or for its parts.
pub struct Module<'a> {
    /// The path of the system or part, such as `l1`. It is empty for the system itself.
    path: String,
    /// Torch's names of the weights, or the reason why torch has no such module.
    names: std::result::Result<Vec<String>, String>,
    convert: Convert<'a>,
}

impl std::fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("path", &self.path).field("names", &self.names).finish_non_exhaustive()
    }
}

impl<'a> Module<'a> {
    /// Declares that a torch module has weights of these names (`weight`, `bias`). `convert`
    /// computes the system's weights from them, under the system's own names.
    #[must_use]
    pub fn new<N: Into<String>>(
        names: impl IntoIterator<Item = N>,
        convert: impl Fn(&Given<'_>) -> Result<Weights> + 'a,
    ) -> Self {
        Self { path: String::new(), names: Ok(names.into_iter().map(Into::into).collect()), convert: Box::new(convert) }
    }

    /// Declares that torch has no module for this system with weights, and gives the reason.
    #[must_use]
    pub fn none(reason: impl Into<String>) -> Self {
        Self { path: String::new(), names: Err(reason.into()), convert: Box::new(|_| Ok(Vec::new())) }
    }

    /// The same module, for a part of this name.
    #[must_use]
    pub fn within(self, part: &str) -> Self {
        Self { path: join(part, &self.path), ..self }
    }
}

/// The weights of one module of a `state_dict`.
#[derive(Debug)]
pub struct Given<'g> {
    path: &'g str,
    weights: Vec<(&'g str, &'g ArrayD<f64>)>,
}

impl<'g> Given<'g> {
    /// The weight of this name, which must have this shape.
    ///
    /// # Errors
    /// If it is missing, or has another shape.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<&'g ArrayD<f64>> {
        let full = join(self.path, name);
        let found = self.weights.iter().find(|(n, _)| *n == name);
        let Some((_, array)) = found else { return Err(Error::Keys { missing: vec![full], unexpected: Vec::new() }) };
        let (argument, given) = (format!("weight `{full}`"), array.shape());
        if shape.len() != given.len() {
            return Err(Error::Rank { argument, expected: format!("{shape:?}"), given: given.to_vec() });
        }
        match (0..given.len()).find(|&a| given[a] != shape[a]) {
            None => Ok(array),
            Some(axis) => {
                Err(Error::Shape { argument, axis: axis.to_string(), expected: shape[axis], given: given[axis] })
            }
        }
    }
}

/// Converts a `state_dict` to the system's weights, with the system's own names and layouts.
///
/// # Errors
/// If names are missing or unexpected, an array has another shape, or torch has no module for a
/// part of the system.
pub fn weights<T: Scalar>(system: &dyn System<T>, given: &[(String, ArrayD<f64>)]) -> Result<Weights> {
    let mut modules = Vec::new();
    for module in system.torch() {
        match &module.names {
            Ok(names) if names.is_empty() => {}
            Ok(names) => modules.push((names.clone(), module)),
            Err(reason) => {
                return Err(Error::value("torch_weights", join(&module.path, system.kind()), reason.clone()));
            }
        }
    }
    let split = |name: &'_ str| name.rsplit_once('.').map_or(0, |(path, _)| path.len());
    let given: Vec<(&str, &str, &ArrayD<f64>)> = (given.iter())
        .map(|(name, array)| (&name[..split(name)], name[split(name)..].trim_start_matches('.'), array))
        .collect();
    let paths: BTreeSet<&str> = given.iter().map(|(path, ..)| *path).collect();
    let ours: Vec<&str> = modules.iter().map(|(_, module)| module.path.as_str()).collect();
    let matched = matching(&ours, &paths);
    let (mut missing, mut unexpected) = (Vec::new(), Vec::new());
    for ((names, module), path) in modules.iter().zip(&matched) {
        let path = path.unwrap_or(&module.path);
        let is_there = |name: &String| given.iter().any(|(p, n, _)| (*p, *n) == (path, name.as_str()));
        missing.extend(names.iter().filter(|name| !is_there(name)).map(|name| join(path, name)));
    }
    for (k, (path, name, _)) in given.iter().enumerate() {
        let module = matched.iter().position(|matched| matched == &Some(*path));
        let known = module.and_then(|m| modules.get(m)).is_some_and(|(names, _)| names.iter().any(|n| n == name));
        let twice = given.iter().take(k).any(|(p, n, _)| (p, n) == (path, name));
        if !known || twice {
            unexpected.push(join(path, name));
        }
    }
    if !missing.is_empty() || !unexpected.is_empty() {
        return Err(Error::Keys { missing, unexpected });
    }
    let mut all = Vec::new();
    for ((_, module), path) in modules.iter().zip(matched) {
        let path = path.unwrap_or_default();
        let weights = given.iter().filter(|(p, ..)| *p == path).map(|(_, name, array)| (*name, *array)).collect();
        let converted = (module.convert)(&Given { path, weights })?;
        all.extend(converted.into_iter().map(|(name, array)| (join(&module.path, &name), array)));
    }
    Ok(all)
}

/// Finds for each path in `ours` the path of its module, by the rules above. If no rule matches all
/// of them, the result is that of the first rule.
fn matching<'g>(ours: &[&str], paths: &BTreeSet<&'g str>) -> Vec<Option<&'g str>> {
    let by_name = |own: &str| {
        if let Some(same) = paths.get(own) {
            return Some(*same);
        }
        let ending = format!(".{own}");
        let mut found = paths.iter().filter(|path| !own.is_empty() && path.ends_with(&ending));
        match (found.next(), found.next()) {
            (Some(path), None) => Some(*path),
            _ => None,
        }
    };
    let named: Vec<Option<&str>> = ours.iter().map(|own| by_name(own)).collect();
    let distinct: BTreeSet<&str> = named.iter().flatten().copied().collect();
    if distinct.len() == ours.len() {
        return named;
    }
    if let ([_], Some(only), 1) = (ours, paths.first(), paths.len()) {
        return vec![Some(only)];
    }
    match numbered(paths) {
        Some(numbered) if numbered.len() == ours.len() => numbered.into_iter().map(Some).collect(),
        _ => named,
    }
}

/// The paths in the order of their numbers, if all of them are numbers behind one path.
fn numbered<'g>(paths: &BTreeSet<&'g str>) -> Option<Vec<&'g str>> {
    let split = |path: &&'g str| path.rsplit_once('.').unwrap_or(("", path));
    let parents: BTreeSet<&str> = paths.iter().map(|path| split(path).0).collect();
    let mut numbers =
        paths.iter().map(|path| Some((split(path).1.parse::<u32>().ok()?, *path))).collect::<Option<Vec<_>>>()?;
    numbers.sort_unstable();
    (parents.len() == 1).then(|| numbers.into_iter().map(|(_, path)| path).collect())
}

/// Joins a path and a name with a dot.
fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

/// Converts arrays of any element type, under any names, to [`Weights`].
///
/// # Errors
/// If memory is short.
pub(crate) fn collected<N: AsRef<str>, S: Scalar>(weights: &[(N, ArrayD<S>)]) -> Result<Weights> {
    let convert = |(name, array): &(N, ArrayD<S>)| {
        let name = name.as_ref();
        Ok((name.to_owned(), memory::converted(&format!("weight `{name}`"), array.view(), S::to_f64)?))
    };
    weights.iter().map(convert).collect()
}

/// Sets the weights of a system. [`weights`] computed them.
pub(crate) fn set<T: Scalar>(system: &mut dyn System<T>, weights: &Weights) {
    for weight in system.weights_mut() {
        if let Some((_, array)) = weights.iter().find(|(name, _)| *name == weight.name) {
            weight.values.iter_mut().zip(array).for_each(|(to, from)| *to = T::from_f64(*from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'g>(ours: &[&str], paths: &[&'g str]) -> Vec<Option<&'g str>> {
        matching(ours, &paths.iter().copied().collect())
    }

    #[test]
    fn layers_find_their_modules() {
        assert_eq!(of(&["a", "b"], &["a", "b"]), [Some("a"), Some("b")]);
        assert_eq!(of(&["a", "b"], &["model.b", "model.a"]), [Some("model.a"), Some("model.b")]);
        assert_eq!(of(&["a", "b"], &["encoder.x.a", "head.b"]), [Some("encoder.x.a"), Some("head.b")]);
        // An equal name wins over a name that ends in it.
        assert_eq!(of(&["a"], &["a", "old.a"]), [Some("a")]);
        // Only whole components of a path match.
        assert_eq!(of(&["a", "c"], &["ba", "bc"]), [None, None]);
        assert_eq!(of(&["a"], &["whatever.it.is"]), [Some("whatever.it.is")]);
        assert_eq!(of(&[""], &["lstm"]), [Some("lstm")]);
        assert_eq!(of(&[""], &[""]), [Some("")]);
    }

    #[test]
    fn numbers_are_taken_in_their_order() {
        assert_eq!(of(&["a", "b", "c"], &["0", "10", "2"]), [Some("0"), Some("2"), Some("10")]);
        assert_eq!(of(&["a", "b"], &["net.4", "net.1"]), [Some("net.1"), Some("net.4")]);
        // There must be as many numbers as layers, and all behind one path. Layers whose names are
        // numbers match by name.
        assert_eq!(of(&["a", "b"], &["0", "1", "2"]), [None, None]);
        assert_eq!(of(&["a", "b"], &["x.0", "y.2"]), [None, None]);
        assert_eq!(of(&["2", "0"], &["0", "2"]), [Some("2"), Some("0")]);
    }

    #[test]
    fn what_can_be_meant_twice_is_not_guessed() {
        assert_eq!(of(&["a", "b"], &["x.a", "y.a", "b"]), [None, Some("b")]);
        // Both layers would use the same module.
        assert_eq!(of(&["c.a", "a"], &["c.a"]), [Some("c.a"), Some("c.a")]);
    }
}
