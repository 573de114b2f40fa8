//! Replaces the CUDA engine if the feature `cuda` is off: the types have no values.

use crate::device::Products;
use crate::engine::boundary::{ChunkResult, EngineConfig, RunRequest};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::system::System;
use crate::system::clock::Clock;
use std::convert::Infallible;
use std::sync::Arc;

pub(crate) struct Context(Infallible);

impl Context {
    pub(crate) fn of<V>(
        ordinal: usize,
        _: impl FnOnce() -> std::result::Result<V, crate::error::Reason>,
    ) -> Result<Arc<Self>> {
        Err(Error::DeviceUnavailable { device: format!("cuda:{ordinal}"), reason: crate::error::Reason::NotBuilt })
    }
}

#[derive(Debug)]
pub(crate) struct Buffer(Infallible);

impl Buffer {
    pub(crate) fn device(&self) -> crate::device::Device {
        match self.0 {}
    }

    pub(crate) fn address(&self, _: usize) -> u64 {
        match self.0 {}
    }

    pub(crate) fn fetch<E>(&self, _: &mut [E]) -> Result<()> {
        match self.0 {}
    }
}

pub(crate) struct Engine(Infallible);

impl Engine {
    pub(crate) fn new<T: Scalar>(
        context: Arc<Context>,
        _: &dyn System<T>,
        _: EngineConfig<'_>,
        _: &[T],
    ) -> Result<Self> {
        match context.0 {}
    }

    pub(crate) fn run(
        &mut self,
        _: RunRequest<'_>,
        _: &mut Clock,
        _: &mut dyn FnMut(&Self, &ChunkResult) -> Result<()>,
    ) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn set_state<T: Scalar>(&self, _: &[T]) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn state<T: Scalar>(&self) -> Result<Vec<T>> {
        match self.0 {}
    }

    pub(crate) fn state_before<T: Scalar>(&self, _: usize) -> Result<Vec<T>> {
        match self.0 {}
    }

    pub(crate) fn set_weights<T: Scalar>(&self, _: &dyn System<T>) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn strategy(&self) -> String {
        match self.0 {}
    }

    pub(crate) fn warnings(&self) -> &[String] {
        match self.0 {}
    }

    pub(crate) fn upload(&self, _: &[u8]) -> Result<Arc<Buffer>> {
        match self.0 {}
    }

    pub(crate) fn owns(&self, _: &Buffer) -> bool {
        match self.0 {}
    }

    pub(crate) fn room(&self, _: u64, _: u64) -> Result<Vec<Arc<Buffer>>> {
        match self.0 {}
    }

    pub(crate) fn takes_whole(&self) -> bool {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(crate) struct Gemm(Infallible);

impl Gemm {
    pub(crate) fn new(
        context: Arc<Context>,
        _: crate::numeric::scalar::DType,
        _: &crate::engine::gemm_shape::Shape,
        _: Products,
    ) -> Result<Self> {
        match context.0 {}
    }

    pub(crate) fn run<T>(&mut self, _: &[T], _: &[T], _: Option<&[T]>, _: &mut [T]) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn run_on_device(
        &mut self,
        _: &Buffer,
        _: &Buffer,
        _: Option<&Buffer>,
        _: usize,
    ) -> Result<Arc<Buffer>> {
        match self.0 {}
    }

    pub(crate) fn upload<T>(&self, _: &[T]) -> Result<Arc<Buffer>> {
        match self.0 {}
    }

    pub(crate) fn kernel(&self) -> String {
        match self.0 {}
    }
}
