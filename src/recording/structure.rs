//! The structure of monitors and of their recordings: one variable, a list, or a map.

use super::{Monitor, monitor};

/// The variables to monitor: one, a list, or a map by name, with any nesting. A recording returns
/// the arrays in the same structure.
///
/// ```
/// use overtime::{OutVars, monitor};
/// let _ = OutVars::from("V");
/// let _ = OutVars::from(["V", "m"]);
/// let _ = OutVars::map([("gates", ["m", "h", "n"].into()), ("spikes", monitor("spike").events().into())]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Structure<L> {
    /// One variable.
    Leaf(L),
    /// Several, in order.
    List(Vec<Structure<L>>),
    /// Several, by name.
    Map(Vec<(String, Structure<L>)>),
}

/// The structure of monitors that a loop is built with.
pub type OutVars = Structure<Monitor>;

impl<L> Structure<L> {
    /// Creates a map by name.
    pub fn map<N: Into<String>>(entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(n, t)| (n.into(), t)).collect())
    }

    /// The leaves, in order.
    #[must_use]
    pub fn leaves(&self) -> Vec<&L> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::List(list) => list.iter().flat_map(Self::leaves).collect(),
            Self::Map(map) => map.iter().flat_map(|(_, t)| t.leaves()).collect(),
        }
    }

    /// The same structure, with `f` applied to each leaf.
    pub fn transform<'s, M>(&'s self, f: &mut impl FnMut(&'s L) -> M) -> Structure<M> {
        match self {
            Self::Leaf(leaf) => Structure::Leaf(f(leaf)),
            Self::List(list) => Structure::List(list.iter().map(|t| t.transform(f)).collect()),
            Self::Map(map) => Structure::Map(map.iter().map(|(n, t)| (n.clone(), t.transform(f))).collect()),
        }
    }

    /// The same structure, with `f` applied to each leaf, and without the leaves for which `f`
    /// returns `None`. The result is `None` if this is such a leaf itself.
    pub(crate) fn filter_map<M>(&self, f: &mut impl FnMut(&L) -> Option<M>) -> Option<Structure<M>> {
        Some(match self {
            Self::Leaf(leaf) => Structure::Leaf(f(leaf)?),
            Self::List(list) => Structure::List(list.iter().filter_map(|s| s.filter_map(f)).collect()),
            Self::Map(map) => {
                Structure::Map(map.iter().filter_map(|(n, s)| Some((n.clone(), s.filter_map(f)?))).collect())
            }
        })
    }

    /// The entry of this name, if this is a map that contains it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.iter().find(|(n, _)| n == name).map(|(_, t)| t),
            _ => None,
        }
    }

    /// The leaf, if this is a leaf.
    #[must_use]
    pub fn leaf(&self) -> Option<&L> {
        match self {
            Self::Leaf(leaf) => Some(leaf),
            _ => None,
        }
    }
}

impl From<Monitor> for OutVars {
    fn from(m: Monitor) -> Self {
        Self::Leaf(m)
    }
}
impl From<&str> for OutVars {
    fn from(name: &str) -> Self {
        Self::Leaf(monitor(name))
    }
}
impl From<String> for OutVars {
    fn from(name: String) -> Self {
        Self::Leaf(monitor(name))
    }
}
impl<V: Into<Self>, const N: usize> From<[V; N]> for OutVars {
    fn from(list: [V; N]) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}
impl<V: Into<Self>> From<Vec<V>> for OutVars {
    fn from(list: Vec<V>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}
