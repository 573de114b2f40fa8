//! A Sequential and its layers.

use super::build::{Build, Loaded, size};
use super::values::Arrays;
use super::{Layer, LayerKind};
use crate::exit::usage;
use overtime::models::Activation;
use overtime::{Sequential, System};

pub(super) fn sequential<T: Build>(layers: &[Layer], arrays: &Arrays) -> anyhow::Result<Loaded<T>> {
    let mut all = Sequential::<T>::new();
    // What the layers so far give, which a function takes over as it is.
    let mut shape: Option<Vec<usize>> = None;
    for layer in layers {
        let system = build(layer, shape.as_deref(), arrays)?;
        shape = Some(system.schema().output);
        all = all.layer(&layer.name, system);
    }
    Ok(Box::new(all))
}

fn build<T: Build>(layer: &Layer, shape: Option<&[usize]>, _arrays: &Arrays) -> anyhow::Result<Loaded<T>> {
    let name = &layer.name;
    match &layer.kind {
        LayerKind::Function { activation, num_in } => {
            let activation: Activation = activation.parse()?;
            let given = num_in.map(|n| size(n, "num_in")).transpose()?.map(|n| vec![n]);
            let Some(shape) = given.or_else(|| shape.map(<[usize]>::to_vec)) else {
                return Err(usage(format!("layer `{name}` is a function and the first: it needs `num_in`")));
            };
            Ok(Box::new(activation.layer(shape)))
        }
        _ => Err(usage("not yet")),
    }
}
