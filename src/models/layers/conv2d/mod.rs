//! A convolution over two axes.

mod geometry;
mod program;

pub use geometry::Padding;
use geometry::{Geometry, Side};

use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::cells::frame::{load, store};
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, WeightInfo};
use crate::models::weights;
use crate::models::weights::Array;
use crate::numeric::gemm::{Packed, Rows, product};
use crate::numeric::scalar::Scalar;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::torch;
use crate::system::torch::Module;
use crate::system::{Inputs, Schema, Shared, System, Tick, Weight, WeightMut};
use ndarray::{ArrayD, Axis};
use std::sync::OnceLock;

/// A convolution over height and width (a correlation, as usual in networks): `brainpy.dnn.Conv2d`.
///
/// ```text
/// y[p, q, o] = b[o] + Σ_{k, l, c} x[p·stride₀ + k·dilation₀ − before₀, q·stride₁ + l·dilation₁ − before₁, c]·w[k, l, c, o]
/// ```
///
/// Here x is 0 outside of the input. With `groups`, c runs over the input channels of o's group.
///
/// | | shape | default |
/// |---|---|---|
/// | input `x` | `[height, width, in]` | |
/// | output | `[height', width', out]`, see [`Padding`] | |
/// | weight `w` | `[kernel₀, kernel₁, in/groups, out]` | [`Init::XavierNormal`] |
/// | weight `b`, optional | `[1, 1, out]` | zeros |
/// | stride, dilation | | 1 |
/// | padding | | [`Padding::Same`] |
/// | groups | | 1 |
///
/// It has no state, and no activation. Names, layouts (NHWC, HWIO) and defaults are brainpy's,
/// except for the normal distribution of the initialiser, which brainpy truncates at two standard
/// deviations. The size of the input is an argument here; brainpy takes it from the input. There is
/// no dilation of the input (brainpy's `lhs_dilation`) and no mask.
#[derive(Clone)]
pub struct Conv2d<T: Scalar> {
    channels: [usize; 2],
    geometry: Geometry,
    groups: usize,
    w: Array<T>,
    b: Array<T>,
    bias: bool,
    w_init: Init,
    seed: u64,
    /// The packed weights of each group.
    packed: OnceLock<Vec<Packed<T::Acc>>>,
}

impl<T: Scalar> std::fmt::Debug for Conv2d<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Conv2d({}, {}, {:?})", self.channels[0], self.channels[1], self.geometry)
    }
}

impl<T: Scalar> Conv2d<T> {
    /// A convolution from `in_channels` to `out_channels` with a window of `kernel` (height, width)
    /// over an input of this height and width.
    #[must_use]
    pub fn new(in_channels: usize, out_channels: usize, kernel: (usize, usize), input: (usize, usize)) -> Self {
        let mut conv = Self {
            channels: [in_channels, out_channels],
            geometry: Geometry { sides: [Side::new(kernel.0, input.0), Side::new(kernel.1, input.1)] },
            groups: 1,
            w: Array::new("w", &[], Init::Zeros),
            b: Array::new("b", &[1, 1, out_channels], Init::Zeros),
            bias: true,
            w_init: Init::XavierNormal,
            seed: 0,
            packed: OnceLock::new(),
        };
        conv.make_w();
        conv
    }

    fn make_w(&mut self) {
        self.packed.take();
        let [rows, columns] = self.geometry.sides.map(|s| s.kernel);
        let shape = [rows, columns, self.channels[0] / self.groups.max(1), self.channels[1]];
        self.w = Array::new("w", &shape, self.w_init.clone());
        self.w.set_seed(self.seed);
    }

    fn arrays(&self) -> impl Iterator<Item = &Array<T>> {
        [&self.w].into_iter().chain(self.bias.then_some(&self.b))
    }

    fn arrays_mut(&mut self) -> impl Iterator<Item = &mut Array<T>> {
        self.packed.take();
        [&mut self.w].into_iter().chain(self.bias.then_some(&mut self.b))
    }

    /// The strides of the window (down, across), 1 by default.
    #[must_use]
    pub fn stride(mut self, down: usize, across: usize) -> Self {
        [self.geometry.sides[0].stride, self.geometry.sides[1].stride] = [down, across];
        self
    }

    /// The distances of the window's elements (down, across), 1 by default. This is brainpy's
    /// `rhs_dilation`.
    #[must_use]
    pub fn dilation(mut self, down: usize, across: usize) -> Self {
        [self.geometry.sides[0].dilation, self.geometry.sides[1].dilation] = [down, across];
        self
    }

    /// The zeros around the input, [`Padding::Same`] by default.
    #[must_use]
    pub fn padding(mut self, padding: Padding) -> Self {
        self.geometry.pad(padding);
        self
    }

    /// Divides the channels into this many groups, each with a convolution of its own. The shape of
    /// the weights changes, so that weights that were set before are dropped.
    #[must_use]
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self.make_w();
        self
    }

    /// Whether there is a bias. The default is `true`.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// The initialiser of the weights `w`.
    #[must_use]
    pub fn w_init(mut self, init: Init) -> Self {
        self.w_init = init;
        self.make_w();
        self
    }

    /// The initialiser of the bias.
    #[must_use]
    pub fn b_init(mut self, init: Init) -> Self {
        self.b.set_init(init);
        self
    }

    /// The seed of the random weights, 0 by default. Layers of the same shape and seed have the
    /// same weights.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self.arrays_mut().for_each(|a| a.set_seed(seed));
        self
    }

    /// The facts of the model: names, variables, parameters and settings.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Layer, "Conv2d", "2-D convolution, NHWC, kernel HWIO");
        all.inputs = vec![Port::new("x", "", "features, [height, width, in_channels]")];
        let weights =
            [("w", "[kernel height, kernel width, in_channels/groups, out_channels]"), ("b", "[1, 1, out_channels]")];
        all.weights =
            weights.map(|(name, shape)| WeightInfo { name: name.to_owned(), shape: shape.to_owned() }).to_vec();
        all.options = info::required(&["in_channels", "out_channels", "kernel_size", "input_size"]);
        all.options.extend(info::optional(&["stride", "padding", "dilation", "groups", "bias", "W_init", "b_init"]));
        all
    }

    /// Sets the values of a weight, row-major.
    ///
    /// # Errors
    /// If there is no weight of this name, or the number of values differs from its size.
    pub fn weight<S: Scalar>(mut self, name: &str, values: &[S]) -> Result<Self> {
        weights::give(self.arrays_mut(), name, values)?;
        Ok(self)
    }

    /// Sets the weights from the `state_dict` of a `torch.nn.Conv2d`. Its names are `weight`,
    /// `[out, in/groups, kernel₀, kernel₁]`, and `bias`, `[out]`, with or without a path before
    /// them. torch's default padding is [`Padding::Valid`]. torch's inputs are
    /// `[in, height, width]`, and inputs here are `[height, width, in]`.
    ///
    /// # Errors
    /// If names are missing or unexpected, or an array has another shape.
    pub fn torch_weights<N: AsRef<str>, S: Scalar>(mut self, weights: &[(N, ArrayD<S>)]) -> Result<Self> {
        for (name, array) in torch::weights::<T>(&self, &torch::collected(weights)?)? {
            self = self.weight(&name, &array.iter().copied().collect::<Vec<f64>>())?;
        }
        Ok(self)
    }

    fn packed(&self) -> &[Packed<T::Acc>] {
        self.packed.get_or_init(|| {
            let out = self.channels[1];
            let each = out / self.groups.max(1);
            let pack = |g: usize| Packed::new(self.w.values(), out, std::slice::from_ref(&(g * each..(g + 1) * each)));
            (0..self.groups).map(pack).collect()
        })
    }
}

/// The number of output positions that are multiplied at once. Their windows stay in L2.
const PLACES: usize = 64;

impl<T: Scalar> System<T> for Conv2d<T> {
    fn schema(&self) -> Schema {
        let [[height, width], [to_height, to_width]] = [self.geometry.sides.map(|s| s.input), self.geometry.output()];
        Schema::row([height, width, self.channels[0]], [to_height, to_width, self.channels[1]])
    }

    fn init(&self, _: &Shared, _: &mut State<'_, T>) {}

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, T>, _: &mut State<'_, T>, y: &mut [T]) {
        let ([channels, out], groups, packed) = (self.channels, self.groups.max(1), self.packed());
        let (from, each) = (channels / groups, out / groups);
        let [height, width] = self.geometry.sides.map(|s| s.input);
        let [to_height, to_width] = self.geometry.output();
        let (places, plan) = (to_height * to_width, self.geometry.plan());
        let Some(widest) = packed.first().map(Packed::width) else { return };
        let mut windows = Rows::new(PLACES.min(places), self.geometry.window() * from);
        let mut sums = Rows::new(PLACES.min(places), widest);
        let stride = sums.stride();
        let images =
            x.port(0).chunks_exact((height * width * channels).max(1)).zip(y.chunks_exact_mut((places * out).max(1)));
        for (image, y) in images {
            for (g, w) in packed.iter().enumerate() {
                for start in (0..places).step_by(PLACES) {
                    let some = start..places.min(start + PLACES);
                    for (place, window) in some.clone().zip(windows.rows_mut(0)) {
                        let at = (place / to_width, place % to_width);
                        plan.gather(at, channels, g * from..(g + 1) * from, |from, to| match from {
                            Some(from) => load(&image[from], &mut window[to]),
                            None => window[to].fill(T::Acc::default()),
                        });
                    }
                    for sums in sums.rows_mut(0).take(some.len()) {
                        sums.fill(T::Acc::default());
                        if self.bias {
                            load(&self.b.values()[g * each..(g + 1) * each], sums);
                        }
                    }
                    product(&windows, some.len(), w, sums.all_mut(), stride);
                    for (r, place) in some.enumerate() {
                        store(sums.row(r), &mut y[place * out + g * each..][..each]);
                    }
                }
            }
        }
    }

    fn takes_lengths(&self) -> bool {
        true
    }

    fn program(&self, _: f64) -> Option<Program> {
        Some(program::program(&self.geometry, self.channels, self.groups))
    }

    fn kind(&self) -> &str {
        "Conv2d"
    }

    fn weights(&self) -> Vec<Weight<'_, T>> {
        self.arrays().map(Array::weight).collect()
    }

    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        self.arrays_mut().map(Array::weight_mut).collect()
    }

    fn torch(&self) -> Vec<Module<'_>> {
        let names = ["weight", "bias"].into_iter().take(1 + usize::from(self.bias));
        vec![Module::new(names, |given| {
            let ([channels, out], [rows, columns]) = (self.channels, self.geometry.sides.map(|s| s.kernel));
            let w = given.get("weight", &[out, channels / self.groups.max(1), rows, columns])?;
            let mut own =
                vec![("w".to_owned(), w.view().permuted_axes(vec![2, 3, 1, 0]).as_standard_layout().into_owned())];
            if self.bias {
                let b = given.get("bias", &[out])?;
                own.push(("b".to_owned(), b.view().insert_axis(Axis(0)).insert_axis(Axis(0)).to_owned()));
            }
            Ok(own)
        })]
    }

    fn check(&self) -> Result<()> {
        let [channels, out] = self.channels;
        if self.groups == 0 || !channels.is_multiple_of(self.groups) || !out.is_multiple_of(self.groups) {
            return Err(Error::value("groups", self.groups, format!("does not divide {channels} and {out} channels")));
        }
        self.geometry.check(channels.max(out))?;
        self.arrays().try_for_each(Array::check)
    }
}
