//! Builds stages: compiles and loads their kernels, and assigns offsets to constants and weights.

use super::plan::Node;
use super::strategy::CellLoop;
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::{ALIGN, aligned};
use crate::cuda::driver::module::{Kernel, Module};
use crate::cuda::driver::signature::Signature;
use crate::device::{Products, Strategy};
use crate::error::Result;
use crate::numeric::scalar::{DType, Scalar};
use crate::system::Weight;
use std::sync::Arc;

pub(crate) struct StageBuilder<'w> {
    pub(crate) context: &'w Arc<Context>,
    pub(crate) dtype: DType,
    /// Batch rows.
    pub(crate) rows: usize,
    /// The strategy that the user has set for the loop.
    pub(crate) strategy: Strategy,
    pub(crate) products: Products,
    /// The system's weights, as bytes.
    pub(crate) given: &'w [Weight<'w, u8>],
    pub(crate) made: StagedConstants,
}

/// The constants, weights and warnings of all stages that were built.
#[derive(Default)]
pub(crate) struct StagedConstants {
    /// The constants of all stages, each at an aligned offset.
    pub(crate) constants: Vec<u8>,
    /// Bytes of all weights, and for each its name and offset.
    pub(crate) weights: usize,
    pub(crate) names: Vec<(String, usize)>,
    pub(crate) warnings: Vec<String>,
}

impl StageBuilder<'_> {
    /// Compiles and loads the kernel of a request. `node` gives the name in error messages;
    /// `shared` is the dynamic shared memory in bytes.
    pub(crate) fn kernel<S: Signature>(
        &mut self,
        node: Option<&Node>,
        request: Request,
        shared: usize,
    ) -> Result<Kernel<S>> {
        let entry = request.entry();
        self.module(node, request)?.kernel(entry, shared)
    }

    /// Compiles and loads a loop over steps: all steps in one launch if `whole`, otherwise one step
    /// a launch.
    pub(crate) fn steps(&mut self, node: &Node, request: Request, shared: usize, whole: bool) -> Result<CellLoop> {
        Ok(if whole {
            CellLoop::Whole(self.kernel(Some(node), request, shared)?)
        } else {
            CellLoop::Step(self.kernel(Some(node), request, shared)?)
        })
    }

    /// Compiles and loads the module of a request.
    pub(crate) fn module(&mut self, node: Option<&Node>, mut request: Request) -> Result<Arc<Module>> {
        if let Some(name) = node.map(Node::name).filter(|name| !name.is_empty()) {
            request.name = format!("{} (`{name}`)", request.name);
        }
        let (module, warnings) = Module::make(self.context, &request)?;
        self.made.warnings.extend(warnings);
        Ok(module)
    }

    /// Appends bytes to the constants. Returns their offset.
    pub(crate) fn constant(&mut self, bytes: &[u8]) -> usize {
        let constants = &mut self.made.constants;
        let at = constants.len().next_multiple_of(ALIGN);
        constants.resize(at, 0);
        constants.extend_from_slice(bytes);
        at
    }

    /// Returns the byte offsets of the node's weights with these names, or `None` for names that
    /// the system does not have.
    pub(crate) fn weights(&mut self, node: &Node, names: &[&'static str]) -> Vec<Option<usize>> {
        names.iter().map(|name| self.weight(&format!("{}{name}", node.prefix))).collect()
    }

    fn weight(&mut self, path: &str) -> Option<usize> {
        if let Some((_, at)) = self.made.names.iter().find(|(name, _)| name == path) {
            return Some(*at);
        }
        let weight = self.given.iter().find(|w| w.name == path)?;
        let at = self.made.weights;
        self.made.weights = aligned(at.saturating_add(weight.values.len()));
        self.made.names.push((path.to_owned(), at));
        Some(at)
    }
}

/// Converts weights of any element type to bytes.
pub(crate) fn in_bytes<'w, T: Scalar>(weights: &[Weight<'w, T>]) -> Vec<Weight<'w, u8>> {
    let bytes = |w: &Weight<'w, T>| Weight {
        name: w.name.clone(),
        shape: w.shape.clone(),
        values: bytemuck::cast_slice(w.values),
    };
    weights.iter().map(bytes).collect()
}
