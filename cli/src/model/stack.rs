//! A Sequential and its layers.

use super::build::{Build, Loaded, size};
use super::values::Arrays;
use super::{Layer, LayerKind, Padding, Value};
use crate::exit::usage;
use overtime::models::{self, Activation, Conv2d, Dense, Gru, GruBrainpy, GruCell, GruCellTorch, Lstm, LstmBrainpy, LstmCell};
use overtime::models::{LstmCellTorch, Rnn, RnnCell};
use overtime::{Init, Sequential, System};

/// What cells and layers of them take alike.
macro_rules! with_options {
    ($cell:expr, $activation:ident, $bias:ident, $seed:ident, $inits:ident) => {{
        let mut cell = $cell.bias(*$bias).seed($seed);
        if let Some(activation) = $activation {
            cell = cell.activation(activation);
        }
        if let Some(init) = $inits.get("Wi")? {
            cell = cell.wi_init(init);
        }
        if let Some(init) = $inits.get("Wh")? {
            cell = cell.wh_init(init);
        }
        if let Some(init) = $inits.get("b")? {
            cell = cell.b_init(init);
        }
        if let Some(init) = $inits.get("state")? {
            cell = cell.state_init(init);
        }
        cell
    }};
}

pub(super) fn sequential<T: Build>(layers: &[Layer], arrays: &Arrays, seed: u64) -> anyhow::Result<Loaded<T>> {
    let mut all = Sequential::<T>::new();
    // What the layers so far give, which a function takes over as it is.
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

fn build<T: Build>(layer: &Layer, shape: Option<&[usize]>, arrays: &Arrays, seed: u64) -> anyhow::Result<Loaded<T>> {
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
        LayerKind::Cell { kind, num_in, num_out, activation, bias, inits } => {
            let (num_in, num_out) = (size(*num_in, "num_in")?, size(*num_out, "num_out")?);
            let activation: Option<Activation> = activation.as_deref().map(str::parse).transpose()?;
            let inits = Inits { name, inits, arrays };
            macro_rules! cell {
                ($cell:ident) => {
                    Ok(Box::new(with_options!($cell::<T>::new(num_in, num_out), activation, bias, seed, inits)))
                };
            }
            match kind.as_str() {
                "RNNCell" => cell!(RnnCell),
                "GRUCell" => cell!(GruCell),
                "LSTMCell" => cell!(LstmCell),
                "GRUCellTorch" => cell!(GruCellTorch),
                "LSTMCellTorch" => cell!(LstmCellTorch),
                "Dense" => {
                    let mut dense = Dense::<T>::new(num_in, num_out).bias(*bias).seed(seed);
                    if let Some(init) = inits.get("W")? {
                        dense = dense.w_init(init);
                    }
                    if let Some(init) = inits.get("b")? {
                        dense = dense.b_init(init);
                    }
                    Ok(Box::new(dense))
                }
                other => Err(usage(format!("layer `{name}`: no kind of layer named `{other}`"))),
            }
        }
        LayerKind::Recurrent { kind, num_in, hidden, num_layers, bidirectional, activation, bias, inits } => {
            let (num_in, hidden, layers) = (size(*num_in, "num_in")?, size(*hidden, "hidden")?, size(*num_layers, "num_layers")?);
            let activation: Option<Activation> = activation.as_deref().map(str::parse).transpose()?;
            let inits = Inits { name, inits, arrays };
            macro_rules! layers {
                ($layers:ident) => {{
                    let all = $layers::<T>::new(num_in, hidden).num_layers(layers).bidirectional(*bidirectional);
                    Ok(Box::new(with_options!(all, activation, bias, seed, inits)))
                }};
            }
            match kind.as_str() {
                "RNN" => layers!(Rnn),
                "GRU" => layers!(Gru),
                "LSTM" => layers!(Lstm),
                "GRUBrainpy" => layers!(GruBrainpy),
                "LSTMBrainpy" => layers!(LstmBrainpy),
                other => Err(usage(format!("layer `{name}`: no kind of layer named `{other}`"))),
            }
        }
        LayerKind::Conv2d { channels, kernel, input, stride, padding, dilation, groups, bias, inits } => {
            let inits = Inits { name, inits, arrays };
            let pair = |[a, b]: [u64; 2], what: &str| anyhow::Ok((size(a, what)?, size(b, what)?));
            let (from, to) = pair(*channels, "channels")?;
            let ((down, across), (rate_down, rate_across)) = (pair(*stride, "stride")?, pair(*dilation, "dilation")?);
            let padding = match padding {
                Padding::Same => models::Padding::Same,
                Padding::Valid => models::Padding::Valid,
                Padding::Explicit([rows, columns]) => models::Padding::Explicit([pair(*rows, "padding")?, pair(*columns, "padding")?]),
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

/// The initialisers that a layer was given.
struct Inits<'a> {
    name: &'a str,
    inits: &'a [(String, Value)],
    arrays: &'a Arrays,
}

impl Inits<'_> {
    fn get(&self, weight: &str) -> anyhow::Result<Option<Init>> {
        let found = self.inits.iter().find(|(n, _)| n == weight);
        found.map(|(n, value)| self.arrays.init(&format!("{}.{n}", self.name), value)).transpose()
    }
}
