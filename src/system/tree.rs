//! The tree of a loop: nodes, variables and their names, in brainpy's terms.
//!
//! The nodes of the tree are the loop itself, its target (the system), the parts of the target, and
//! the registered nodes. Each node has two names. The absolute name is the kind with a number that
//! no other node of this process has (`RNNCell0`). The relative name is the path from the loop: it
//! is empty for the loop, and then `target`, `target.l1` (brainpy: `target.children.l1`).

use super::System;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::{ArrayD, ArrayViewD};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

struct Names {
    counts: BTreeMap<String, u64>,
    given: BTreeSet<String>,
}

static NAMES: Mutex<Names> = Mutex::new(Names { counts: BTreeMap::new(), given: BTreeSet::new() });

/// A name that no other object of this process has: the kind and a number, like brainpy's
/// `unique_name`.
#[must_use]
pub fn unique_name(kind: &str) -> String {
    let mut names = NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    loop {
        let count = names.counts.entry(kind.to_owned()).or_insert(0);
        let name = format!("{kind}{count}");
        *count += 1;
        if !names.given.contains(&name) {
            return name;
        }
    }
}

/// Reserves a name that the user gave, so that [`unique_name`] never returns it.
pub(crate) fn keep_name(name: &str) {
    NAMES.lock().unwrap_or_else(std::sync::PoisonError::into_inner).given.insert(name.to_owned());
}

/// The scheme of names for nodes and variables: brainpy's `method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Naming {
    /// The absolute names of the nodes: `RNNCell0`, `RNNCell0.state`.
    #[default]
    Absolute,
    /// The paths from the loop: `target.l1`, `target.l1.state`.
    Relative,
}

impl std::str::FromStr for Naming {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "absolute" => Ok(Self::Absolute),
            "relative" => Ok(Self::Relative),
            _ => Err(Error::unknown("method of naming", name, ["absolute", "relative"])),
        }
    }
}

/// A node in the tree of a loop.
pub struct Node<'a, T> {
    /// The absolute name, e.g. `RNNCell0`.
    pub name: &'a str,
    /// The kind, e.g. `RNNCell`.
    pub kind: &'a str,
    /// The system; `None` for the loop itself.
    pub system: Option<&'a dyn System<T>>,
}

impl<T> std::fmt::Debug for Node<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A variable in the tree of a loop, with its present value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Var<'a, T> {
    /// The loop's step index, `i0`.
    Index(u64),
    /// The loop's time, `t0`.
    Time(f64),
    /// A state variable, `[batch, …]`.
    State(ArrayViewD<'a, T>),
    /// A weight, brainpy's `TrainVar`.
    Weight(ArrayViewD<'a, T>),
    /// A registered variable.
    Implicit(ArrayViewD<'a, T>),
}

impl<'a, T> Var<'a, T> {
    /// The array of the variable; `None` for index and time.
    #[must_use]
    pub fn array(&self) -> Option<&ArrayViewD<'a, T>> {
        match self {
            Self::Index(_) | Self::Time(_) => None,
            Self::State(array) | Self::Weight(array) | Self::Implicit(array) => Some(array),
        }
    }
}

/// The structure of flattened arrays, JAX's treedef: their names and shapes, and the clock of the
/// loop.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeDef {
    pub(crate) arrays: Vec<(String, Vec<usize>)>,
    pub(crate) stamp: Option<crate::states::Stamp>,
}

impl TreeDef {
    /// The names and shapes of the arrays, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.arrays.iter().map(|(n, s)| (n.as_str(), s.as_slice()))
    }
}

/// The variables and nodes that were registered with a loop in addition to its target.
pub(crate) struct Implicit<T> {
    pub(crate) vars: Vec<(String, ArrayD<T>)>,
    pub(crate) nodes: Vec<(String, Box<dyn System<T>>)>,
}

impl<T: Scalar> Implicit<T> {
    pub(crate) fn new() -> Self {
        Self { vars: Vec::new(), nodes: Vec::new() }
    }
}

/// The parts of a system in breadth-first order, each with its path and its depth. The system
/// itself comes first, with path `""` and depth 0.
pub(crate) fn parts<T: Scalar>(system: &dyn System<T>) -> Vec<(String, usize, &dyn System<T>)> {
    let mut parts = vec![(String::new(), 0, system)];
    let mut next = 0;
    while let Some((path, depth, system)) = parts.get(next).map(|(p, d, s)| (p.clone(), *d, *s)) {
        for (name, part) in system.nodes() {
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            parts.push((path, depth + 1, part));
        }
        next += 1;
    }
    parts
}
