//! Methods of a loop that name its nodes, variables and weights.

use super::LoopOverTime;
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::states::StateDict;
use crate::system::System;
use crate::system::tree::{Naming, Node, TreeDef, Var, parts, unique_name};
use ndarray::ArrayD;

/// A node with both of its names and its place in the tree.
struct NodePlace<'a, T> {
    node: Node<'a, T>,
    path: String,
    /// The prefix of the node's variables in a state dict; `None` for the loop itself.
    prefix: Option<String>,
    level: usize,
}

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// All nodes down to a level, by name. Level 0 is the loop; level 1 is its target and the
    /// registered nodes; `None` means all levels.
    #[must_use]
    pub fn nodes(&self, method: Naming, level: Option<usize>, include_self: bool) -> Vec<(String, Node<'_, T>)> {
        let places = self.places().into_iter().filter(|p| wanted(p, level, include_self));
        let name =
            |p: &NodePlace<'_, T>| if method == Naming::Absolute { p.node.name.to_owned() } else { p.path.clone() };
        places.map(|p| (name(&p), p.node)).collect()
    }

    /// All variables of the nodes down to a level, by name: the loop's `i0` and `t0`, states,
    /// weights, and registered variables. Brainpy counts weights as variables in training mode
    /// only; here they always are variables.
    ///
    /// # Errors
    /// If the device cannot return the state.
    pub fn vars(&self, method: Naming, level: Option<usize>, include_self: bool) -> Result<Vec<(String, Var<'_, T>)>> {
        let places = self.places();
        let mut vars: Vec<(usize, String, Var<'_, T>)> = Vec::new();
        let mut add = |place: usize, local: &str, var| {
            let Some(at) = places.get(place).filter(|p| wanted(p, level, include_self)) else { return };
            let prefix = if method == Naming::Absolute { at.node.name } else { &at.path };
            let name = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}.{local}") };
            vars.push((place, name, var));
        };
        add(0, "i0", Var::Index(self.i()));
        add(0, "t0", Var::Time(self.t()));
        for (kind, name, array) in self.any().arrays()? {
            let var = match kind {
                VarKind::State => Var::State(array),
                VarKind::Weight | VarKind::NodeWeight => Var::Weight(array),
                VarKind::Implicit => {
                    add(0, &name, Var::Implicit(array));
                    continue;
                }
            };
            // The owner is the deepest node whose path is a prefix of the variable's name.
            let fits = |p: &NodePlace<'_, T>| p.prefix.as_ref().is_some_and(|prefix| name.starts_with(prefix.as_str()));
            let owner = (0..places.len())
                .filter(|k| fits(&places[*k]))
                .max_by_key(|k| places[*k].prefix.as_ref().map(String::len));
            if let Some(owner) = owner {
                let local = places[owner].prefix.as_ref().and_then(|p| name.strip_prefix(p.as_str()));
                add(owner, local.unwrap_or(&name), var);
            }
        }
        vars.sort_by_key(|(place, ..)| *place);
        Ok(vars.into_iter().map(|(_, name, var)| (name, var)).collect())
    }

    /// The weights among [`LoopOverTime::vars`].
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::vars`].
    pub fn train_vars(
        &self,
        method: Naming,
        level: Option<usize>,
        include_self: bool,
    ) -> Result<Vec<(String, Var<'_, T>)>> {
        let vars = self.vars(method, level, include_self)?;
        Ok(vars.into_iter().filter(|(_, v)| matches!(v, Var::Weight(_))).collect())
    }

    /// A name that no other object of this process has. The kind is `LoopOverTime` by default.
    #[must_use]
    pub fn unique_name(&self, kind: Option<&str>) -> String {
        unique_name(kind.unwrap_or("LoopOverTime"))
    }

    /// Adds variables to the loop that do not belong to its target. They are saved and loaded with
    /// the state. A reset of the state does not change them.
    ///
    /// # Errors
    /// If a name is empty or is used already; nothing has been added then.
    pub fn register_implicit_vars<N: Into<String>>(
        &mut self,
        vars: impl IntoIterator<Item = (N, ArrayD<T>)>,
    ) -> Result<()> {
        let vars: Vec<(String, ArrayD<T>)> = vars.into_iter().map(|(n, a)| (n.into(), a)).collect();
        self.check_new(vars.iter().map(|(n, _)| n.clone()).collect())?;
        self.implicit.vars.extend(vars);
        Ok(())
    }

    /// Adds systems to the loop that are not parts of its target. The loop does not run them. Their
    /// weights are saved and loaded with the state.
    ///
    /// # Errors
    /// If a name is empty or has a dot, or if the name of a weight is used already; nothing has
    /// been added then.
    pub fn register_implicit_nodes<N: Into<String>>(
        &mut self,
        nodes: impl IntoIterator<Item = (N, Box<dyn System<T>>)>,
    ) -> Result<()> {
        let nodes: Vec<(String, Box<dyn System<T>>)> = nodes.into_iter().map(|(n, s)| (n.into(), s)).collect();
        let there = parts::<T>(&self.system)
            .into_iter()
            .map(|(path, ..)| path)
            .chain(self.implicit.nodes.iter().map(|(n, _)| n.clone()));
        let there: Vec<String> = there.collect();
        for (k, (name, _)) in nodes.iter().enumerate() {
            if name.contains('.') || there.contains(name) || nodes[..k].iter().any(|(n, _)| n == name) {
                return Err(Error::value("implicit node", format!("`{name}`"), "has a dot, or is used already"));
            }
        }
        let names = nodes.iter().flat_map(|(n, s)| s.weights().into_iter().map(move |w| format!("{n}.{}", w.name)));
        self.check_new(nodes.iter().map(|(n, _)| n.clone()).chain(names).collect())?;
        for (name, node) in nodes {
            self.names.extend(parts(&*node).iter().map(|(_, _, part)| unique_name(part.kind())));
            self.implicit.nodes.push((name, node));
        }
        Ok(())
    }

    /// A registered variable.
    #[must_use]
    pub fn implicit_var(&self, name: &str) -> Option<&ArrayD<T>> {
        self.implicit.vars.iter().find(|(n, _)| n == name).map(|(_, a)| a)
    }

    /// A registered variable, writable.
    pub fn implicit_var_mut(&mut self, name: &str) -> Option<&mut ArrayD<T>> {
        self.implicit.vars.iter_mut().find(|(n, _)| n == name).map(|(_, a)| a)
    }

    /// All arrays of the state, and their structure.
    ///
    /// # Errors
    /// If the device cannot return the state.
    pub fn tree_flatten(&self) -> Result<(Vec<ArrayD<T>>, TreeDef)> {
        let StateDict { arrays, stamp } = self.state_dict()?;
        let structure =
            TreeDef { arrays: arrays.iter().map(|(n, a)| (n.clone(), a.shape().to_vec())).collect(), stamp };
        Ok((arrays.into_iter().map(|(_, a)| a).collect(), structure))
    }

    /// Replaces the state by flattened arrays. Brainpy creates a new object; this method changes
    /// the loop itself.
    ///
    /// # Errors
    /// If their number, names or shapes differ from those of the loop. Nothing has changed then.
    pub fn tree_unflatten(&mut self, structure: &TreeDef, arrays: Vec<ArrayD<T>>) -> Result<()> {
        if arrays.len() != structure.arrays.len() {
            let (expected, given) = (structure.arrays.len(), arrays.len());
            return Err(Error::Shape { argument: "tree_unflatten".into(), axis: "of arrays".into(), expected, given });
        }
        let named = structure.arrays.iter().map(|(n, _)| n.clone()).zip(arrays).collect();
        self.load_state_dict(&StateDict { arrays: named, stamp: structure.stamp.clone() }, true)?;
        Ok(())
    }

    /// Checks that these names are new.
    fn check_new(&self, mut new: Vec<String>) -> Result<()> {
        let there: Vec<String> = self.any().arrays()?.into_iter().map(|(_, n, _)| n).collect();
        if let Some(bad) = new.iter().find(|n| n.is_empty() || there.contains(n)) {
            return Err(Error::value("name", format!("`{bad}`"), "is empty, or is used already"));
        }
        new.sort_unstable();
        match new.windows(2).find(|w| w[0] == w[1]) {
            Some(pair) => Err(Error::value("name", format!("`{}`", pair[0]), "is given twice")),
            None => Ok(()),
        }
    }

    /// All nodes, level by level: the loop; the target and the registered nodes; their parts.
    fn places(&self) -> Vec<NodePlace<'_, T>> {
        let loop_ = Node { name: &self.name, kind: "LoopOverTime", system: None };
        let mut places = vec![NodePlace { node: loop_, path: String::new(), prefix: None, level: 0 }];
        let mut names = self.names.iter();
        let mut add = |path: String, prefix: String, level, system| {
            let name = names.next().map_or("", String::as_str);
            let node = Node { name, kind: System::kind(system), system: Some(system) };
            places.push(NodePlace { node, path, prefix: Some(prefix), level });
        };
        for (path, depth, part) in parts::<T>(&self.system) {
            let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
            let path = if path.is_empty() { "target".to_owned() } else { format!("target.{path}") };
            add(path, prefix, depth + 1, part);
        }
        for (root, node) in &self.implicit.nodes {
            for (path, depth, part) in parts(&**node) {
                let path = if path.is_empty() { root.clone() } else { format!("{root}.{path}") };
                add(path.clone(), format!("{path}."), depth + 1, part);
            }
        }
        places.sort_by_key(|p| p.level);
        places
    }
}

fn wanted<T>(place: &NodePlace<'_, T>, level: Option<usize>, include_self: bool) -> bool {
    level.is_none_or(|level| place.level <= level) && (include_self || place.level > 0)
}

/// The origin of an array of a loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum VarKind {
    State,
    Weight,
    NodeWeight,
    Implicit,
}
