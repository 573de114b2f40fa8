//! What stands for the CUDA engine where the feature `cuda` is off: a type that has no values.

use crate::clock::Clock;
use crate::device::{Products, Strategy};
use crate::error::{Error, Result};
use crate::recording::{Events, Handle};
use crate::scalar::Scalar;
use crate::state::Layout;
use crate::system::{Schema, Shared, System};
use ndarray::ArrayView3;
use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::Arc;

pub(crate) struct Context(Infallible);

impl Context {
    pub(crate) fn of(ordinal: usize) -> Result<Arc<Self>> {
        Err(Error::DeviceUnavailable { device: format!("cuda:{ordinal}"), reason: crate::Reason::NotBuilt })
    }
}

#[allow(dead_code, reason = "the same fields as the engine's own")]
pub(crate) struct Wanted<'w> {
    pub(crate) schema: &'w Schema,
    pub(crate) layout: &'w Layout,
    pub(crate) handles: &'w [Handle],
    pub(crate) output_every: Option<u64>,
    pub(crate) chunk: Option<u64>,
    pub(crate) products: Products,
}

#[allow(dead_code, reason = "the same fields as the engine's own")]
pub(crate) struct Host<'r, T> {
    pub(crate) views: &'r [Option<ArrayView3<'r, T>>],
    pub(crate) places: Vec<&'r mut [T]>,
    pub(crate) events: &'r mut [Events],
    pub(crate) handles: &'r [Handle],
}

#[allow(dead_code, reason = "the same fields as the engine's own")]
pub(crate) enum Feed<'r, T> {
    Host(Host<'r, T>),
    Device(Infallible),
}

#[derive(Debug)]
pub(crate) struct Buffer(Infallible);

impl Buffer {
    pub(crate) fn device(&self) -> crate::Device {
        match self.0 {}
    }

    pub(crate) fn address(&self, _: usize) -> u64 {
        match self.0 {}
    }

    pub(crate) fn fetch<E>(&self, _: &mut [E]) -> Result<()> {
        match self.0 {}
    }
}

#[allow(dead_code, reason = "the same fields as the engine's own")]
pub(crate) struct Run<'r, T> {
    pub(crate) feed: Feed<'r, T>,
    pub(crate) steps: u64,
    pub(crate) shared: &'r Shared,
    pub(crate) check: bool,
    pub(crate) told: bool,
}

pub(crate) struct Done {
    pub(crate) steps: u64,
    pub(crate) clock: Clock,
    pub(crate) len: u64,
    pub(crate) side: usize,
    pub(crate) found: Option<u64>,
}

pub(crate) struct Engine<T>(Infallible, PhantomData<T>);

impl<T: Scalar> Engine<T> {
    pub(crate) fn new(context: Arc<Context>, _: &dyn System<T>, _: Wanted<'_>, _: f64, _: Strategy, _: &[T]) -> Result<Self> {
        match context.0 {}
    }

    pub(crate) fn run(&mut self, _: Run<'_, T>, _: &mut Clock, _: impl FnMut(&Self, &Done) -> Result<()>) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn set_state(&self, _: &[T]) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn state(&self) -> Result<Vec<T>> {
        match self.0 {}
    }

    pub(crate) fn state_before(&self, _: usize) -> Result<Vec<T>> {
        match self.0 {}
    }

    pub(crate) fn set_weights(&self, _: &dyn System<T>) -> Result<()> {
        match self.0 {}
    }

    pub(crate) fn strategy(&self) -> String {
        match self.0 {}
    }

    pub(crate) fn warnings(&self) -> &[String] {
        match self.0 {}
    }

    pub(crate) fn upload(&self, _: &[T]) -> Result<Arc<Buffer>> {
        match self.0 {}
    }

    pub(crate) fn owns(&self, _: &Buffer) -> bool {
        match self.0 {}
    }

    pub(crate) fn on_device(&self, _: &[Option<(u64, [usize; 3])>], _: u64, _: u64) -> Result<(Infallible, Vec<Arc<Buffer>>)> {
        match self.0 {}
    }

    pub(crate) fn takes_whole(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn output_at(&self, _: usize, _: usize) -> Result<T> {
        match self.0 {}
    }
}
