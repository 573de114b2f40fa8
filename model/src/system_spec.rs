//! A system as a value: a group of neurons, layers, or a network.

use crate::arrays::Arrays;
use crate::error::Result;
use crate::layers::{self, Layer};
use crate::loaded::{Loaded, of_reals};
use crate::network::{self, Network};
use crate::neurons::{self, Neurons};
use crate::out_vars::{self, OutVar, population};
use crate::value::Value;
use overtime::{Scalar, Schema};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A system, which can be built with any element type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SystemSpec {
    /// A group of neurons.
    Neurons(Neurons),
    /// Layers, one after the other.
    Sequential(Vec<Layer>),
    /// Groups of neurons and projections between them.
    Network(Network),
}

impl SystemSpec {
    /// Builds the system with this element type, for steps of `dt` ms. The seed determines weights
    /// and synapses. The function reads arrays from their files.
    ///
    /// # Errors
    /// If an array cannot be read, or the library refuses the system.
    pub fn build<T: Scalar>(&self, seed: u64, dt: f64) -> Result<Loaded<T>> {
        self.build_with(&self.arrays(None)?, seed, dt)
    }

    /// Builds the system with arrays from [`SystemSpec::arrays`].
    ///
    /// # Errors
    /// If an array is missing, or the library refuses the system.
    pub fn build_with<T: Scalar>(&self, arrays: &Arrays, seed: u64, dt: f64) -> Result<Loaded<T>> {
        match self {
            Self::Sequential(layers) => layers::build::sequential(layers, arrays, seed),
            Self::Neurons(group) => {
                let double = || neurons::build::neurons::<f64>(group, arrays, seed);
                of_reals(double, || neurons::build::neurons::<f32>(group, arrays, seed), &group.kind)
            }
            Self::Network(net) => {
                let double = || network::build::network::<f64>(net, arrays, seed, dt);
                of_reals(double, || network::build::network::<f32>(net, arrays, seed, dt), "a network")
            }
        }
    }

    /// Reads every array that the system refers to. `model` is the model file, for errors.
    ///
    /// # Errors
    /// If a file cannot be read, or does not have the array.
    pub fn arrays(&self, model: Option<&Path>) -> Result<Arrays> {
        Arrays::read(self.values(), model)
    }

    /// Every value of the system, with its name in errors and in [`Arrays`].
    #[must_use]
    pub fn values(&self) -> Vec<(String, &Value)> {
        match self {
            Self::Neurons(n) => n.values(),
            Self::Network(net) => net.values(),
            Self::Sequential(layers) => layers
                .iter()
                .flat_map(|l| l.kind.inits().iter().map(|(name, v)| (format!("{}.{name}", l.name), v)))
                .collect(),
        }
    }

    /// The numbers of the system that are not [values](Self::values), and add to a current or to a
    /// potential: noise, reversal potentials, and the weights of Poisson drives. Each has its name in
    /// errors, such as `P.noise`.
    #[must_use]
    pub fn numbers(&self) -> Vec<(String, f64)> {
        match self {
            Self::Neurons(n) => n.noise.iter().map(|sigma| ("noise".to_owned(), *sigma)).collect(),
            Self::Network(net) => net.groups.iter().flat_map(network::Group::numbers).collect(),
            Self::Sequential(_) => Vec::new(),
        }
    }

    /// The variables that a text names, as [`parse`](crate::out_vars::parse) reads them. A variable
    /// of a network's population, such as `E.V`, is a part of its group's.
    ///
    /// # Errors
    /// If the text has no meaning, or names an unknown group or population.
    pub fn out_vars(&self, text: Option<&str>) -> Result<Vec<OutVar>> {
        let all = text.map(out_vars::parse).transpose()?.unwrap_or_default();
        match self {
            Self::Network(net) => all.into_iter().map(|want| net.of_group(want)).collect(),
            _ => Ok(all),
        }
    }

    /// The same without histograms, which have values of the last step alone.
    ///
    /// # Errors
    /// The same as for [`SystemSpec::out_vars`].
    pub fn recorded(&self, text: Option<&str>) -> Result<Vec<OutVar>> {
        let mut all = self.out_vars(text)?;
        all.retain(|want| !want.histogram);
        Ok(all)
    }

    /// The names of all variables, and of those of a network's populations. `schema` is that of
    /// the built system.
    #[must_use]
    pub fn names(&self, schema: &Schema) -> Vec<String> {
        let of_groups = schema.state.iter().map(|v| v.name.to_string());
        let of_populations = match self {
            Self::Network(net) => net.named.iter().flat_map(|p| population(schema, &p.part.group, &p.name)).collect(),
            _ => Vec::new(),
        };
        of_groups.chain(of_populations).collect()
    }

    pub(crate) fn values_mut(&mut self) -> Vec<&mut Value> {
        match self {
            Self::Neurons(n) => n.values_mut().collect(),
            Self::Network(net) => net.values_mut(),
            Self::Sequential(layers) => layers.iter_mut().flat_map(|l| l.kind.inits_mut()).map(|(_, v)| v).collect(),
        }
    }
}
