//! A function of rows, without state: one launch for all rows of a chunk.

use super::{Body, Call, Part};
use crate::cuda::compile::Request;
use crate::cuda::job::Job;
use crate::cuda::launch::Shape;
use crate::cuda::module::Kernel;
use crate::cuda::plan::Node;
use crate::cuda::strategy::{self, Desk};
use crate::cuda::workshop::Workshop;
use crate::device::Strategy;
use crate::error::Result;
use crate::program::Map;
use std::borrow::Cow;

#[derive(Debug)]
pub(super) struct Rows {
    map: Map,
    kernel: Kernel,
    weights: Vec<Option<usize>>,
    part: Part,
}

impl Rows {
    pub(super) fn prepare(map: Map, node: &Node, shop: &mut Workshop<'_>) -> Result<Self> {
        let weights = shop.weights(node, &map.weights);
        let request = Request::map(shop.dtype, &map);
        let kernel = shop.kernel(Some(node), request.clone(), 0)?;
        let products = (node.from as u64).saturating_mul(node.to as u64);
        let part = Part { request, params: map.source.params.clone(), products, shared: 0 };
        Ok(Self { map, kernel, weights, part })
    }

    fn job(&self, call: &Call<'_>) -> Option<Job> {
        let job = call.of_function(self.map.threads)?;
        Some(Job { weights: call.weights(&self.weights), ..job })
    }
}

impl Body for Rows {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        strategy::ONCE
    }

    fn parts(&self) -> &[Part] {
        std::slice::from_ref(&self.part)
    }

    fn jobs(&self, call: &Call<'_>) -> Vec<Job> {
        vec![self.job(call).unwrap_or_default()]
    }

    fn run(&mut self, call: &Call<'_>, desk: &mut Desk<'_>) -> Result<()> {
        let Some(job) = self.job(call) else { return Ok(()) };
        let shape = Shape::of(u64::from(job.steps) * job.rows * job.units, 256);
        self.kernel.run(shape, desk.stream, &job, &self.map.source.params)
    }
}
