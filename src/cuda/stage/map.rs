//! A function of rows, without state: one launch for all rows of a chunk.

use super::{Body, Call};
use crate::cuda::compile::Request;
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
}

impl Rows {
    pub(super) fn prepare(map: Map, node: &Node, shop: &mut Workshop<'_>) -> Result<Self> {
        let weights = shop.weights(node, &map.weights);
        let kernel = shop.kernel(Some(node), Request::map(shop.dtype, &map), 0)?;
        Ok(Self { map, kernel, weights })
    }
}

impl Body for Rows {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        strategy::ONCE
    }

    fn run(&mut self, call: &Call<'_>, desk: &mut Desk<'_>) -> Result<()> {
        let Some(mut job) = call.of_function(self.map.threads) else { return Ok(()) };
        job.weights = call.weights(&self.weights);
        let shape = Shape::of(u64::from(job.steps) * job.rows * job.units, 256);
        self.kernel.run(shape, desk.stream, &job, &self.map.source.params)
    }
}
