//! Projections from each of several parts of a network to each of several targets.

use super::matrix::Matrix;
use super::projection::{Projection, Subgroup, Target};
use crate::connectivity::Connect;
use crate::error::Result;
use crate::init::Init;
use std::collections::BTreeSet;

/// Projections from each of several sources to each of several targets, with matrices
/// `[targets, sources]` of their connectivity, weights and delays.
///
/// ```
/// # fn main() -> overtime::Result<()> {
/// use overtime::network::{Connect, Group, Matrix, Network, Projections, Receptor};
/// use overtime::{Distribution, Init, LoopOverTime, models::Lif};
///
/// let populations = ["E", "I"];
/// let p = [[0.1, 0.2], [0.1, 0.2]]; // to E, and to I
/// let all = Projections::new("C", populations, populations.map(|to| (to, "s")))
///     .connect(Matrix::of_pairs(p).map(Connect::FixedProb))
///     .weight(Matrix::of_sources([0.2, -0.8]).map(Init::from))
///     .delay(Distribution::Normal(1.5, 0.75).redrawn(0.1..))
///     .list()?;
/// assert_eq!(all.iter().map(|one| one.name()).collect::<Vec<_>>(), ["C_E_E", "C_I_E", "C_E_I", "C_I_I"]);
///
/// let group = |name: &str, size| Group::new(name, Lif::<f32>::new(size)).receptor(Receptor::exponential("s", 0.5));
/// let net = Network::builder(0.1).group(group("E", 80)).group(group("I", 20)).project_all(all).build()?;
/// # drop(LoopOverTime::builder(net).dt(0.1).build()?);
/// # Ok(()) }
/// ```
///
/// Settings that all of them share, such as [`Projection::multapses`], follow after the list is
/// made: `.list()?.into_iter().map(|one| one.multapses(true))`.
#[derive(Clone, Debug, PartialEq)]
pub struct Projections {
    name: String,
    from: Vec<Subgroup>,
    to: Vec<Target>,
    connect: Matrix<Connect>,
    weight: Matrix<Init>,
    delay: Matrix<Init>,
}

impl Projections {
    /// All pairs of neurons from each of these sources to each of these targets, with weight 1 and
    /// without delay.
    #[must_use]
    pub fn new<S: Into<Subgroup>, T: Into<Target>>(
        name: impl Into<String>,
        from: impl IntoIterator<Item = S>,
        to: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            name: name.into(),
            from: from.into_iter().map(Into::into).collect(),
            to: to.into_iter().map(Into::into).collect(),
            connect: Connect::AllToAll.into(),
            weight: Init::Constant(1.0).into(),
            delay: Init::Constant(0.0).into(),
        }
    }

    /// Sets the connectivity rules; all pairs by default. A rule without synapses
    /// ([`Connect::is_empty`]) makes no projection.
    #[must_use]
    pub fn connect(mut self, connect: impl Into<Matrix<Connect>>) -> Self {
        self.connect = connect.into();
        self
    }

    /// Sets the weights, as of [`Projection::weight`].
    #[must_use]
    pub fn weight(mut self, weight: impl Into<Matrix<Init>>) -> Self {
        self.weight = weight.into();
        self
    }

    /// Sets the delays in ms, as of [`Projection::delay`].
    #[must_use]
    pub fn delay(mut self, delay: impl Into<Matrix<Init>>) -> Self {
        self.delay = delay.into();
        self
    }

    /// The projections, target by target. Each has the name `NAME_SOURCE_TARGET`; a part of a group
    /// is named `GROUP_FIRST_END`. If targets differ by their receptors alone, the name ends with
    /// the receptor: `NAME_SOURCE_TARGET_RECEPTOR`.
    ///
    /// # Errors
    /// If a matrix does not have the shape `[targets, sources]`, after broadcasting.
    pub fn list(self) -> Result<Vec<Projection>> {
        let (targets, sources) = (self.to.len(), self.from.len());
        let of = |what: &str| format!("{what} of projections `{}`", self.name);
        self.connect.check(&of("connect"), targets, sources)?;
        self.weight.check(&of("weight"), targets, sources)?;
        self.delay.check(&of("delay"), targets, sources)?;
        let mut parts = BTreeSet::new();
        let receptors = self.to.iter().any(|to| !parts.insert(to.part().label()));
        let mut all = Vec::with_capacity(targets * sources);
        for (t, to) in self.to.iter().enumerate() {
            for (s, from) in self.from.iter().enumerate() {
                let values = (self.connect.get(t, s), self.weight.get(t, s), self.delay.get(t, s));
                let (Some(connect), Some(weight), Some(delay)) = values else { continue };
                if connect.is_empty() {
                    continue;
                }
                let mut name = format!("{}_{}_{}", self.name, from.label(), to.part().label());
                if receptors {
                    name = format!("{name}_{}", to.receptor());
                }
                let one = Projection::new(name, from.clone(), to.clone());
                all.push(one.connect(connect.clone()).weight(weight.clone()).delay(delay.clone()));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Projections {
        Projections::new("C", [Subgroup::from("A"), ("B", 0..3).into()], [("A", "s"), ("B", "s")])
    }

    #[test]
    fn each_pair_has_its_values() {
        let connect = Matrix::of_pairs([[1, 2], [0, 4]]).map(Connect::FixedNumPre);
        let all = two().connect(connect).weight(Matrix::of_targets([1.0, 2.0]).map(Init::from)).delay(1.5).list();
        let right = |name: &str, from: Subgroup, to: &str, n: usize, weight: f64| {
            Projection::new(name, from, (to, "s")).connect(Connect::FixedNumPre(n)).weight(weight).delay(1.5)
        };
        let b = || Subgroup::from(("B", 0..3));
        // No synapse leads from the first source to the second target.
        let right = [
            right("C_A_A", "A".into(), "A", 1, 1.0),
            right("C_B_0_3_A", b(), "A", 2, 1.0),
            right("C_B_0_3_B", b(), "B", 4, 2.0),
        ];
        assert_eq!(all.unwrap(), right);
    }

    #[test]
    fn targets_that_differ_by_their_receptors_are_named_by_them() {
        let all = Projections::new("C", ["A"], [("A", "ampa"), ("A", "nmda")]).list().unwrap();
        assert_eq!(all.iter().map(Projection::name).collect::<Vec<_>>(), ["C_A_A_ampa", "C_A_A_nmda"]);
    }

    #[test]
    fn matrices_of_other_shapes_are_refused() {
        let shape = |weight: Vec<Vec<f64>>| two().weight(Matrix::of_pairs(weight).map(Init::from)).list();
        for wrong in [vec![], vec![vec![]], vec![vec![1.0; 3]], vec![vec![1.0; 2]; 3], vec![vec![1.0, 2.0], vec![]]] {
            let said = shape(wrong.clone()).unwrap_err().to_string();
            assert!(said.contains("weight of projections `C`"), "{wrong:?}: {said}");
        }
        for right in [vec![vec![1.0]], vec![vec![1.0; 2]], vec![vec![1.0]; 2], vec![vec![1.0; 2], vec![1.0]]] {
            assert_eq!(shape(right.clone()).unwrap().len(), 4, "{right:?}");
        }
    }
}
