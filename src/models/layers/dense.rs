//! A dense layer.

use crate::error::Result;
use crate::init::Init;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, WeightInfo};
use crate::models::layer_options::{LayerOptions, unknown_init};
use crate::models::weights;
use crate::models::weights::Array;
use crate::numeric::gemm::{Packed, Rows, product};
use crate::numeric::scalar::Scalar;
use crate::system::program::{CudaSource, DenseProduct, Program, ProgramBody, RowFunction};
use crate::system::state::State;
use crate::system::torch;
use crate::system::torch::Module;
use crate::system::{Inputs, Schema, Shared, System, Tick, Weight, WeightMut};
use ndarray::ArrayD;
use std::sync::OnceLock;

/// A dense layer: `brainpy.dnn.Dense`.
///
/// ```text
/// y = b + x·W
/// ```
///
/// | | shape | default |
/// |---|---|---|
/// | input `x` | `[in]` | |
/// | output | `[out]` | |
/// | weight `W` | `[in, out]` | [`Init::XavierNormal`] |
/// | weight `b`, optional | `[out]` | zeros |
///
/// It has no state, and no activation: put an
/// [`Activation::layer`](crate::models::Activation::layer) after it. Names, layouts and defaults
/// are brainpy's, except for the normal distribution of the initialiser, which brainpy truncates at
/// two standard deviations.
#[doc(alias("Linear"))]
#[derive(Clone)]
pub struct Dense<T: Scalar> {
    w: Array<T>,
    b: Array<T>,
    bias: bool,
    num_in: usize,
    num_out: usize,
    packed: OnceLock<Packed<T::Acc>>,
}

impl<T: Scalar> std::fmt::Debug for Dense<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dense({}, {})", self.num_in, self.num_out)
    }
}

impl<T: Scalar> Dense<T> {
    /// A layer from `num_in` to `num_out` features.
    #[must_use]
    pub fn new(num_in: usize, num_out: usize) -> Self {
        let w = Array::new("W", &[num_in, num_out], Init::XavierNormal);
        let b = Array::new("b", &[num_out], Init::Zeros);
        Self { w, b, bias: true, num_in, num_out, packed: OnceLock::new() }
    }

    fn arrays(&self) -> impl Iterator<Item = &Array<T>> {
        [&self.w].into_iter().chain(self.bias.then_some(&self.b))
    }

    fn arrays_mut(&mut self) -> impl Iterator<Item = &mut Array<T>> {
        self.packed.take();
        [&mut self.w].into_iter().chain(self.bias.then_some(&mut self.b))
    }

    /// Whether there is a bias. The default is `true`.
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// The initialiser of the weights `W`.
    #[must_use]
    pub fn w_init(mut self, init: Init) -> Self {
        self.packed.take();
        self.w.set_init(init);
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
        self.packed.take();
        self.w.set_seed(seed);
        self.b.set_seed(seed);
        self
    }

    /// The facts of the model: names, variables, parameters and settings.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Layer, "Dense", "y = x W + b");
        all.aliases = &["Linear"];
        all.inputs = vec![Port::new("x", "", "features")];
        let weights = [("W", "[num_in, num_out]"), ("b", "[num_out]")];
        all.weights =
            weights.map(|(name, shape)| WeightInfo { name: name.to_owned(), shape: shape.to_owned() }).to_vec();
        all.options = info::required(&["num_in", "num_out"]);
        all.options.extend(info::optional(&["bias", "W_init", "b_init"]));
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

    /// Sets the weights from the `state_dict` of a `torch.nn.Linear`. Its names are `weight`,
    /// `[out, in]`, and `bias`, `[out]`, with or without a path before them.
    ///
    /// # Errors
    /// If names are missing or unexpected, or an array has another shape.
    pub fn torch_weights<N: AsRef<str>, S: Scalar>(mut self, weights: &[(N, ArrayD<S>)]) -> Result<Self> {
        for (name, array) in torch::weights::<T>(&self, &torch::collected(weights)?)? {
            self = self.weight(&name, &array.iter().copied().collect::<Vec<f64>>())?;
        }
        Ok(self)
    }
}

/// The program of b + x·W in CUDA C. `weights` are the names of W and b.
pub(crate) fn map(num_in: usize, num_out: usize, weights: [&'static str; 2]) -> RowFunction {
    let mut source = CudaSource::new("dense.cu", include_str!("../../../kernels/models/dense.cu"));
    source.params = bytemuck::bytes_of(&(num_in as u64)).to_vec();
    let product = Some(Box::new(DenseProduct { inputs: num_in, outputs: num_out, windows: None }));
    RowFunction { source, weights: weights.to_vec(), threads: num_out, product }
}

/// The number of rows that are multiplied at once. They share each weight that is loaded, and stay
/// in L2.
const ROWS: usize = 64;

impl<T: Scalar> System<T> for Dense<T> {
    fn schema(&self) -> Schema {
        Schema::row([self.num_in], [self.num_out])
    }

    fn init(&self, _: &Shared, _: &mut State<'_, T>) {}

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, T>, _: &mut State<'_, T>, y: &mut [T]) {
        let w = self
            .packed
            .get_or_init(|| Packed::new(self.w.values(), self.num_out, std::slice::from_ref(&(0..self.num_out))));
        let rows = (y.len() / self.num_out.max(1)).min(ROWS);
        let mut from = Rows::new(rows, self.num_in);
        let mut to = Rows::new(rows, w.width());
        let mut start = to.clone();
        if self.bias {
            start.rows_mut(0).for_each(|row| row.iter_mut().zip(self.b.values()).for_each(|(to, b)| *to = b.to_acc()));
        }
        let stride = to.stride();
        for (x, y) in
            x.port(0).chunks(rows.max(1) * self.num_in.max(1)).zip(y.chunks_mut(rows.max(1) * self.num_out.max(1)))
        {
            let rows = y.len() / self.num_out.max(1);
            from.rows_mut(0)
                .zip(x.chunks_exact(self.num_in.max(1)))
                .for_each(|(to, x)| crate::models::cells::frame::load(x, to));
            to.all_mut().copy_from_slice(start.all_mut());
            product(&from, rows, w, to.all_mut(), stride);
            y.chunks_exact_mut(self.num_out.max(1))
                .enumerate()
                .for_each(|(r, y)| crate::models::cells::frame::store(to.row(r), y));
        }
    }

    fn takes_lengths(&self) -> bool {
        true
    }

    fn program(&self, _: f64) -> Option<Program> {
        Some(Program { body: ProgramBody::RowFunction(map(self.num_in, self.num_out, ["W", "b"])) })
    }

    fn kind(&self) -> &str {
        "Dense"
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
            let mut own = vec![("W".to_owned(), given.get("weight", &[self.num_out, self.num_in])?.t().to_owned())];
            if self.bias {
                own.push(("b".to_owned(), given.get("bias", &[self.num_out])?.clone()));
            }
            Ok(own)
        })]
    }

    fn check(&self) -> Result<()> {
        self.arrays().try_for_each(Array::check)
    }
}

impl<T: Scalar> LayerOptions<T> for Dense<T> {
    fn set_bias(&mut self, bias: bool) -> Result<()> {
        self.bias = bias;
        Ok(())
    }

    fn set_seed(&mut self, seed: u64) {
        *self = self.clone().seed(seed);
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        let dense = self.clone();
        *self = match name {
            "W" => dense.w_init(init),
            "b" => dense.b_init(init),
            _ => return Err(unknown_init(name, &["W", "b"])),
        };
        Ok(())
    }
}
