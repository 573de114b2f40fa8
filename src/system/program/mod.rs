//! A system's step as CUDA C: what a GPU runs where the CPU calls [`System::step`](crate::System::step).

pub(crate) mod network;

use super::param::Param;
use super::scan::ScanDirection;
use bytemuck::NoUninit;
use std::borrow::Cow;
use std::ops::Range;

/// A system's step as CUDA C, and what it is given. [`Program::pointwise`] makes one of a file of your own.
///
/// Kernels are compiled when the loop is built, and only for a GPU: on the CPU a program is not looked at.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) body: ProgramBody,
}

/// What kind of launch a program needs.
#[derive(Clone, Debug)]
pub(crate) enum ProgramBody {
    /// A model with state, each unit on its own.
    Pointwise(CudaSource),
    /// A function of rows, without state: one launch for all rows of a chunk.
    RowFunction(RowFunction),
    /// A recurrent cell: products with the input for the whole chunk, then step after step.
    Cell(Box<CellProgram>),
    /// One after another.
    Sequence(Vec<LayerProgram>),
    /// Groups of neurons and their synapses.
    Network(network::NetworkProgram),
}

/// The text of a model and its parameters.
#[derive(Clone, Debug)]
pub(crate) struct CudaSource {
    /// The file's name, for the compiler's messages.
    pub(crate) file: Cow<'static, str>,
    pub(crate) text: Cow<'static, str>,
    /// `struct Params` as bytes.
    pub(crate) params: Vec<u8>,
    /// Fields of `Params` that differ between units: the field's number, and its values as bytes.
    pub(crate) each: Vec<(u32, Vec<u8>)>,
    pub(crate) defines: Vec<(&'static str, String)>,
    /// What the step finds at `Tick::table`, if anything.
    pub(crate) table: Vec<u8>,
}

/// A function of rows.
#[derive(Clone, Debug)]
pub(crate) struct RowFunction {
    pub(crate) source: CudaSource,
    /// Weights by their names within the system, in the order of `LaunchArgs::weights`; null where the system has none of that name.
    pub(crate) weights: Vec<&'static str>,
    /// Threads that one row takes; each is one call of the model's `map`.
    pub(crate) threads: usize,
    /// If it is a product with a matrix, that product, for faster kernels.
    pub(crate) product: Option<Box<DenseProduct>>,
}

/// A product of rows with a matrix, the first weight, from a bias, the second: `[rows, inputs]`·`[inputs, outputs]`.
#[derive(Clone, Debug)]
pub(crate) struct DenseProduct {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// If its rows are what the windows of a convolution see, those.
    pub(crate) windows: Option<ConvWindows>,
}

/// The windows of a convolution. Each group of channels has a product of its own.
#[derive(Clone, Debug)]
pub(crate) struct ConvWindows {
    /// Outputs of an image, down times across.
    pub(crate) places: usize,
    /// Channels of an image, and groups of them.
    pub(crate) channels: usize,
    pub(crate) groups: usize,
    /// The geometry, by the names that `operand.cuh` has for it.
    pub(crate) geometry: Vec<(&'static str, usize)>,
}

/// A recurrent cell.
#[derive(Clone, Debug)]
pub(crate) struct CellProgram {
    /// b + x·Wi into `LaunchArgs::work`, `[T·B, G·H]` in the type of arithmetic.
    pub(crate) input: RowFunction,
    pub(crate) source: CudaSource,
    /// As [`Map::weights`].
    pub(crate) weights: Vec<&'static str>,
    /// H.
    pub(crate) hidden: usize,
    /// Rows of H values, in the type of arithmetic, that the reference loops keep in shared memory.
    pub(crate) shared_rows: usize,
    /// The order of its steps and the place of its output. One whose place is not the first of a row shares the row with the layer before
    /// it, and has the same input.
    pub(crate) way: ScanDirection,
    /// Gates of each product with the state, one product after another.
    pub(crate) phases: &'static [usize],
    /// Values of state of a unit.
    pub(crate) states: usize,
}

/// One layer of a sequence.
#[derive(Clone, Debug)]
pub(crate) struct LayerProgram {
    pub(crate) name: String,
    /// Which it is, for its random stream.
    pub(crate) index: usize,
    /// Which of the whole's variables are its own.
    pub(crate) vars: Range<usize>,
    pub(crate) schema: super::Schema,
    pub(crate) program: Program,
}

impl CellProgram {
    /// Most threads of a block. A thread then has 80 registers, which all cells do with, in all types and on all architectures; of
    /// 64, which 1024 threads would leave, some spill.
    pub(crate) const THREADS: usize = 768;
}

impl Program {
    /// A pointwise system's step. `file` is the name for the compiler's messages, `text` is CUDA C that includes `"system.cuh"` and
    /// defines three names:
    ///
    /// ```cuda
    /// #include "system.cuh"
    /// struct Params { acc_t tau; };     // what Program::params gives, trivially copyable
    /// struct State { acc_t v; };        // one acc_t for each variable of the schema, in its order
    /// __device__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {
    ///     s.v += (x - s.v) * acc_t(at.dt) / p.tau;
    ///     return s.v;                   // the output
    /// }
    /// ```
    ///
    /// `at` has the step's index, time and length, and the unit's place; values of [`Builder::shared_arg`](crate::Builder::shared_arg) are
    /// not handed to programs: a system whose step reads them gives a program only if it can do without.
    ///
    /// `acc_t` is the type of arithmetic: `double` where the loop's elements are `f64`, else `float`. With one input, `Input` is an
    /// `acc_t`; with several, they are `x.port[0]`, `x.port[1]`, … A product and a sum are never fused by the compiler: `fma(a, b, c)`
    /// fuses, as `mul_add` does in Rust, so that the same operations give the same bits on both devices. `Params` and `State` of
    /// another size than the parameters and the schema in Rust are an error of the compiler.
    #[must_use]
    pub fn pointwise(file: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        Self { body: ProgramBody::Pointwise(CudaSource::new(file, text)) }
    }

    /// The parameters, as `struct Params` has them: an array, or a `#[repr(C)]` struct of yours that is [`NoUninit`]. Without any,
    /// `struct Params` is empty.
    #[must_use]
    pub fn params<P: NoUninit>(mut self, params: &P) -> Self {
        if let Some(source) = self.source_mut() {
            source.params = bytemuck::bytes_of(params).to_vec();
        }
        self
    }

    /// The parameters, all of the type of arithmetic.
    pub(crate) fn values<R: crate::numeric::scalar::Real>(mut self, values: &[R]) -> Self {
        if let Some(source) = self.source_mut() {
            source.params = bytemuck::cast_slice(values).to_vec();
        }
        self
    }

    /// As [`Program::values`] from field 0 on, of parameters that may differ between units.
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

    /// Gives one field of `struct Params` a value for each unit. All fields before it must be `acc_t`; `field` counts them from 0.
    #[must_use]
    pub fn each<R: crate::numeric::scalar::Real>(mut self, field: u32, values: &[R]) -> Self {
        if let Some(source) = self.source_mut() {
            source.each.push((field, bytemuck::cast_slice(values).to_vec()));
        }
        self
    }

    /// Bytes that a pointwise model's step finds at `Tick::table`, aligned to 16.
    pub(crate) fn table(mut self, bytes: &[u8]) -> Self {
        if let Some(source) = self.source_mut() {
            source.table = bytes.to_vec();
        }
        self
    }

    /// Defines a macro for the compiler.
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

    pub(crate) fn map(source: CudaSource, weights: &[&'static str], threads: usize) -> Self {
        Self { body: ProgramBody::RowFunction(RowFunction { source, weights: weights.to_vec(), threads, product: None }) }
    }
}

impl CudaSource {
    pub(crate) fn new(file: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Self {
        // An empty struct of C++ has one byte.
        Self { file: file.into(), text: text.into(), params: vec![0], each: Vec::new(), defines: Vec::new(), table: Vec::new() }
    }
}
