//! What stages are made in: the compiler at hand, and places for constants and weights.

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
    /// Rows of the batch.
    pub(crate) rows: usize,
    /// What the loop asks for.
    pub(crate) strategy: Strategy,
    pub(crate) products: Products,
    /// The system's weights, as bytes.
    pub(crate) given: &'w [Weight<'w, u8>],
    pub(crate) made: StagedConstants,
}

/// What a workshop leaves behind it.
#[derive(Default)]
pub(crate) struct StagedConstants {
    /// Each part begins where any type may lie.
    pub(crate) constants: Vec<u8>,
    /// Bytes of all weights, each one's name, and where it lies.
    pub(crate) weights: usize,
    pub(crate) names: Vec<(String, usize)>,
    pub(crate) warnings: Vec<String>,
}

impl StageBuilder<'_> {
    /// The kernel of what is asked for, for this node, which may use so many bytes of dynamic
    /// shared memory.
    pub(crate) fn kernel<S: Signature>(&mut self, node: Option<&Node>, request: Request, shared: usize) -> Result<Kernel<S>> {
        let entry = request.entry();
        self.module(node, request)?.kernel(entry, shared)
    }

    /// The loop that is asked for: of all steps, if `whole`, or of one.
    pub(crate) fn steps(&mut self, node: &Node, request: Request, shared: usize, whole: bool) -> Result<CellLoop> {
        Ok(if whole {
            CellLoop::Whole(self.kernel(Some(node), request, shared)?)
        } else {
            CellLoop::Step(self.kernel(Some(node), request, shared)?)
        })
    }

    /// What is asked for, for this node, loaded.
    pub(crate) fn module(&mut self, node: Option<&Node>, mut request: Request) -> Result<Arc<Module>> {
        if let Some(name) = node.map(Node::name).filter(|name| !name.is_empty()) {
            request.name = format!("{} (`{name}`)", request.name);
        }
        let (module, warnings) = Module::make(self.context, &request)?;
        self.made.warnings.extend(warnings);
        Ok(module)
    }

    /// Puts bytes among the constants. Returns where.
    pub(crate) fn constant(&mut self, bytes: &[u8]) -> usize {
        let constants = &mut self.made.constants;
        let at = constants.len().next_multiple_of(ALIGN);
        constants.resize(at, 0);
        constants.extend_from_slice(bytes);
        at
    }

    /// Where the node's weights of these names lie among the weights, in bytes; nothing for those
    /// that it does not have.
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

/// Weights of any type as bytes.
pub(crate) fn in_bytes<'w, T: Scalar>(weights: &[Weight<'w, T>]) -> Vec<Weight<'w, u8>> {
    let bytes = |w: &Weight<'w, T>| Weight { name: w.name.clone(), shape: w.shape.clone(), values: bytemuck::cast_slice(w.values) };
    weights.iter().map(bytes).collect()
}
