//! A system's step as CUDA C. A GPU runs it in place of [`System::step`](crate::System::step).

pub(crate) mod network;

use super::param::Param;
use super::scan::ScanDirection;
use bytemuck::NoUninit;
use std::borrow::Cow;
use std::ops::Range;

/// A system's step as CUDA C, with its parameters. [`Program::pointwise`] creates a program from
/// CUDA text of your own.
///
/// The kernels are compiled when the loop is built, and only for a GPU. On the CPU the program is
/// ignored.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) body: ProgramBody,
}

/// The kind of launch that a program needs.
#[derive(Clone, Debug)]
pub(crate) enum ProgramBody {
    /// A model with state whose units are independent.
    Pointwise(CudaSource),
    /// A stateless function of rows: one launch computes all rows of a chunk.
    RowFunction(RowFunction),
    /// A recurrent cell: first the products with the input for the whole chunk, then the steps.
    Cell(Box<CellProgram>),
    /// Layers, one after another.
    Sequence(Vec<LayerProgram>),
    /// Groups of neurons and their synapses.
    Network(network::NetworkProgram),
}

/// The CUDA text of a model, and its parameters.
#[derive(Clone, Debug)]
pub(crate) struct CudaSource {
    /// The file name that appears in compiler messages.
    /// The CUDA C text.
    pub(crate) file: Cow<'static, str>,
    pub(crate) text: Cow<'static, str>,
    /// The bytes of `struct Params`.
    pub(crate) params: Vec<u8>,
    /// The fields of `Params` that differ between units: the number of the field, and its values as
    /// bytes.
    pub(crate) each: Vec<(u32, Vec<u8>)>,
    /// Macros and their values.
    pub(crate) defines: Vec<(&'static str, String)>,
    /// The bytes at `Tick::table`; empty if the step uses no table.
    pub(crate) table: Vec<u8>,
}

/// A stateless function of rows.
#[derive(Clone, Debug)]
pub(crate) struct RowFunction {
    pub(crate) source: CudaSource,
    /// The names of the weights within the system, in the order of `Job::weights`. The address is
    /// null if the system has no weight of that name.
    pub(crate) weights: Vec<&'static str>,
    /// The number of threads for one row. Each thread calls the model's `map` once.
    pub(crate) threads: usize,
    /// The matrix product that this function computes, if it is one. Faster kernels then exist.
    pub(crate) product: Option<Box<DenseProduct>>,
}

/// The product of rows with a matrix, plus a bias: `[rows, inputs]`·`[inputs, outputs]`. The matrix
/// is the first weight of the function and the bias is the second.
#[derive(Clone, Debug)]
pub(crate) struct DenseProduct {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// The windows of a convolution, if they are the rows of this product.
    pub(crate) windows: Option<ConvWindows>,
}

/// The windows of a convolution. Each group of channels has its own product.
#[derive(Clone, Debug)]
pub(crate) struct ConvWindows {
    /// The number of output positions of an image: height times width.
    pub(crate) places: usize,
    /// The number of channels of an image.
    pub(crate) channels: usize,
    /// The number of groups of channels.
    pub(crate) groups: usize,
    /// The geometry, by the names in `operand.cuh`.
    pub(crate) geometry: Vec<(&'static str, usize)>,
}

/// A recurrent cell.
#[derive(Clone, Debug)]
pub(crate) struct CellProgram {
    /// Computes b + x·Wi into `Job::work`, `[T·B, G·H]` in the type of arithmetic.
    pub(crate) input: RowFunction,
    /// The CUDA text of the cell, and its parameters.
    pub(crate) source: CudaSource,
    /// The names of the weights, as in [`RowFunction::weights`].
    pub(crate) weights: Vec<&'static str>,
    /// The number of hidden units, H.
    pub(crate) hidden: usize,
    /// The number of rows of H values, in the type of arithmetic, that the plain loops keep in
    /// registers or shared memory.
    pub(crate) shared_rows: usize,
    /// The order of the steps and the place of the output. A cell whose output does not start at
    /// column 0 shares the output row, and the input, with the layer before it.
    pub(crate) way: ScanDirection,
    /// The number of gates in each product with the state, one product after another.
    pub(crate) phases: &'static [usize],
    /// The number of state values of a unit.
    pub(crate) states: usize,
}

/// One layer of a sequence.
#[derive(Clone, Debug)]
/// The name of the layer.
pub(crate) struct LayerProgram {
    pub(crate) name: String,
    /// The index of the layer. It selects the random stream.
    pub(crate) index: usize,
    /// The layer's variables, as a range of the whole system's variables.
    pub(crate) vars: Range<usize>,
    pub(crate) schema: super::Schema,
    pub(crate) program: Program,
}

impl CellProgram {
    /// The maximum number of threads in a block. A thread then has 80 registers, which suffice for
    /// all cells, in all element types and on all architectures. With 1024 threads a thread would
    /// have 64 registers, and some cells would spill.
    pub(crate) const THREADS: usize = 768;
}

impl Program {
    /// The step of a pointwise system. `file` is the file name for compiler messages. `text` is
    /// CUDA C that includes `"system.cuh"` and defines three names:
    ///
    /// ```cuda
    /// #include "system.cuh"
    /// struct Params { acc_t tau; };     // the bytes of Program::params; trivially copyable
    /// struct State { acc_t v; };        // one acc_t for each variable of the schema, in its order
    /// __device__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {
    ///     s.v += (x - s.v) * acc_t(at.dt) / p.tau;
    ///     return s.v;                   // the output
    /// }
    /// ```
    ///
    /// `at` holds the index, time and length of the step, and the place of the unit. Programs do
    /// not receive the values of [`Builder::shared_arg`](crate::Builder::shared_arg). A system
    /// whose step reads such values can have a program only if the program does not need them.
    ///
    /// `acc_t` is the type of arithmetic: `double` if the loop's elements are `f64`, and `float`
    /// otherwise. With one input, `Input` is an `acc_t`. With several inputs, they are `x.port[0]`,
    /// `x.port[1]`, …
    ///
    /// The compiler never fuses a product and a sum. `fma(a, b, c)` fuses them, as `mul_add` does
    /// in Rust. The same operations therefore give the same bits on both devices. The compiler
    /// rejects `Params` and `State` whose sizes differ from the parameters and the schema in Rust.
    #[must_use]
    pub fn pointwise(file: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { body: ProgramBody::Pointwise(CudaSource::new(file, text)) }
    }

    /// Sets the parameters: an array or a `#[repr(C)]` struct that is [`NoUninit`], with the layout
    /// of `struct Params`. Without parameters, `struct Params` is empty.
    #[must_use]
    pub fn params<P: NoUninit>(mut self, params: &P) -> Self {
        if let Some(source) = self.source_mut() {
            source.params = bytemuck::bytes_of(params).to_vec();
        }
        self
    }

    /// Sets parameters that all have the type of arithmetic.
    pub(crate) fn values<R: crate::numeric::scalar::Real>(mut self, values: &[R]) -> Self {
        if let Some(source) = self.source_mut() {
            source.params = bytemuck::cast_slice(values).to_vec();
        }
        self
    }

    /// Sets the fields from field 0 on, as [`Program::values`] does. Each parameter in `params` may
    /// differ between units. The values of `others` follow.
    pub(crate) fn constants<'a, R: crate::numeric::scalar::Real>(
        mut self,
        params: impl IntoIterator<Item = &'a Param<R>>,
        others: &[R],
    ) -> Self {
        let mut values = Vec::new();
        for param in params {
            if let Param::Each(each) = param {
                self = self.each(u32::try_from(values.len()).unwrap_or(u32::MAX), each);
            }
            values.push(param.at(0));
        }
        values.extend_from_slice(others);
        self.values(&values)
    }

    /// Gives one field of `struct Params` a value for each unit. `field` counts the fields from 0.
    /// All fields before it must be `acc_t`.
    #[must_use]
    pub fn each<R: crate::numeric::scalar::Real>(mut self, field: u32, values: &[R]) -> Self {
        if let Some(source) = self.source_mut() {
            source.each.push((field, bytemuck::cast_slice(values).to_vec()));
        }
        self
    }

    /// Sets the bytes that the step of a pointwise model finds at `Tick::table`, aligned to 16
    /// bytes.
    pub(crate) fn table(mut self, bytes: &[u8]) -> Self {
        if let Some(source) = self.source_mut() {
            source.table = bytes.to_vec();
        }
        self
    }

    /// Defines a macro for the CUDA compiler.
    #[must_use]
    pub fn define(mut self, name: &'static str, value: impl ToString) -> Self {
        if let Some(source) = self.source_mut() {
            source.defines.push((name, value.to_string()));
        }
        self
    }

    fn source_mut(&mut self) -> Option<&mut CudaSource> {
        match &mut self.body {
            ProgramBody::Pointwise(source) => Some(source),
            ProgramBody::RowFunction(map) => Some(&mut map.source),
            ProgramBody::Cell(cell) => Some(&mut cell.source),
            ProgramBody::Sequence(_) | ProgramBody::Network(_) => None,
        }
    }

    /// A stateless function of rows with these weights and this number of threads for each row.
    pub(crate) fn map(source: CudaSource, weights: &[&'static str], threads: usize) -> Self {
        Self {
            body: ProgramBody::RowFunction(RowFunction { source, weights: weights.to_vec(), threads, product: None }),
        }
    }
}

impl CudaSource {
    pub(crate) fn new(file: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        // An empty struct has one byte in C++.
        Self {
            file: file.into(),
            text: text.into(),
            params: vec![0],
            each: Vec::new(),
            defines: Vec::new(),
            table: Vec::new(),
        }
    }
}
