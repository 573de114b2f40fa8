//! A Sequential and its layers.

use super::{Layer, LayerKind, Padding};
use crate::arrays::Arrays;
use crate::error::spec;
use crate::neurons::build::size;
use crate::{Loaded, Result, Value};
use overtime::models::{self, Activation, Conv2d, LayerOptions};
use overtime::{Init, Scalar, Sequential, System};

pub(crate) fn sequential<T: Scalar>(layers: &[Layer], arrays: &Arrays, seed: u64) -> Result<Loaded<T>> {
    let mut all = Sequential::<T>::new();
    // The features of the layers so far, which a function keeps.
    let mut shape: Option<Vec<usize>> = None;
    for (k, layer) in layers.iter().enumerate() {
        // Layers of one shape and one seed would have the same weights.
        let seed = seed ^ (k as u64 + 1).rotate_left(40);
        let system = build(layer, shape.as_deref(), arrays, seed)?;
        shape = Some(system.schema().output);
        all = all.layer(&layer.name, system);
    }
    Ok(Box::new(all))
}

fn build<T: Scalar>(layer: &Layer, shape: Option<&[usize]>, arrays: &Arrays, seed: u64) -> Result<Loaded<T>> {
    let name = &layer.name;
    match &layer.kind {
        LayerKind::Function { activation, num_in } => {
            let activation: Activation = activation.parse()?;
            let given = num_in.map(|n| size(n, "num_in")).transpose()?.map(|n| vec![n]);
            let Some(shape) = given.or_else(|| shape.map(<[usize]>::to_vec)) else {
                return Err(spec(format!("layer `{name}` is a function and the first: it needs `num_in`")));
            };
            Ok(Box::new(activation.layer(shape)))
        }
        LayerKind::Cell { kind, num_in, num_out, activation, bias, inits } => {
            let mut cell =
                models::layer::<T>(&super::kind(kind)?.name, size(*num_in, "num_in")?, size(*num_out, "num_out")?)?;
            let inits = Inits { name, inits, arrays };
            set(&mut *cell, activation.as_deref(), *bias, seed, &inits)?;
            Ok(cell)
        }
        LayerKind::Recurrent { kind, num_in, hidden, num_layers, bidirectional, activation, bias, inits } => {
            let (num_in, hidden) = (size(*num_in, "num_in")?, size(*hidden, "hidden")?);
            let mut layers = models::layer::<T>(&super::kind(kind)?.name, num_in, hidden)?;
            layers.set_num_layers(size(*num_layers, "num_layers")?)?;
            layers.set_bidirectional(*bidirectional)?;
            let inits = Inits { name, inits, arrays };
            set(&mut *layers, activation.as_deref(), *bias, seed, &inits)?;
            Ok(layers)
        }
        LayerKind::Conv2d { channels, kernel, input, stride, padding, dilation, groups, bias, inits } => {
            let inits = Inits { name, inits, arrays };
            let pair = |[a, b]: [u64; 2], what: &str| Result::Ok((size(a, what)?, size(b, what)?));
            let (from, to) = pair(*channels, "channels")?;
            let ((down, across), (rate_down, rate_across)) = (pair(*stride, "stride")?, pair(*dilation, "dilation")?);
            let padding = match padding {
                Padding::Same => models::Padding::Same,
                Padding::Valid => models::Padding::Valid,
                Padding::Explicit([rows, columns]) => {
                    models::Padding::Explicit([pair(*rows, "padding")?, pair(*columns, "padding")?])
                }
            };
            let mut conv = Conv2d::<T>::new(from, to, pair(*kernel, "kernel_size")?, pair(*input, "input_size")?)
                .stride(down, across)
                .dilation(rate_down, rate_across)
                .padding(padding)
                .groups(size(*groups, "groups")?)
                .bias(*bias)
                .seed(seed);
            if let Some(init) = inits.get("w")? {
                conv = conv.w_init(init);
            }
            if let Some(init) = inits.get("b")? {
                conv = conv.b_init(init);
            }
            Ok(Box::new(conv))
        }
    }
}

/// Sets the options of all cells and layers.
fn set<T: Scalar>(
    layer: &mut dyn LayerOptions<T>,
    activation: Option<&str>,
    bias: bool,
    seed: u64,
    inits: &Inits<'_>,
) -> Result<()> {
    layer.set_bias(bias)?;
    layer.set_seed(seed);
    if let Some(activation) = activation {
        layer.set_activation(activation.parse::<Activation>()?)?;
    }
    for (name, _) in inits.inits {
        if let Some(init) = inits.get(name)? {
            layer.set_init(name, init)?;
        }
    }
    Ok(())
}

/// The initialisers of a layer.
struct Inits<'a> {
    name: &'a str,
    inits: &'a [(String, Value)],
    arrays: &'a Arrays,
}

impl Inits<'_> {
    fn get(&self, weight: &str) -> Result<Option<Init>> {
        let found = self.inits.iter().find(|(n, _)| n == weight);
        found.map(|(n, value)| self.arrays.init(&format!("{}.{n}", self.name), value)).transpose()
    }
}
