//! The neurons that one step advances together.

use crate::models::Method;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use bytemuck::{cast_slice, cast_slice_mut};
use std::any::Any;

/// One step of a block whose first neuron is number `first`, counted over a batch of rows of
/// `units`. A neuron has `N` differential variables and `P` parameters.
#[doc(hidden)]
#[derive(Debug)]
pub struct Block<'a, R, const N: usize, const P: usize> {
    pub(super) params: &'a [Param<R>; P],
    pub(super) method: Method,
    /// Whether the reset is soft.
    pub(super) soft: bool,
    pub(super) first: usize,
    pub(super) units: usize,
    pub(super) dt: R,
    pub(super) x: [&'a mut [R]; N],
    pub(super) spike: &'a mut [R],
    /// The variable in which a neuron remembers its last spike, or its last position beside the
    /// threshold: `refractory` or `below`.
    pub(super) memory: &'a mut [R],
    /// The current.
    pub(super) i: &'a [R],
    /// The conductance; empty if the neurons have none.
    pub(super) g: &'a [R],
    pub(super) y: &'a mut [R],
}

impl<'a, R: Real, const N: usize, const P: usize> Block<'a, R, N, P> {
    /// The block itself, if `S` is `R`. Loops can then be compiled for `f64` and `f32` in this
    /// crate, and not in every crate that has neurons of such a type.
    pub(super) fn of_type<S: Real>(self) -> Option<Block<'a, S, N, P>> {
        Some(Block {
            params: (self.params as &dyn Any).downcast_ref()?,
            method: self.method,
            soft: self.soft,
            first: self.first,
            units: self.units,
            dt: *(&self.dt as &dyn Any).downcast_ref()?,
            x: self.x.map(|x| cast_slice_mut(x)),
            spike: cast_slice_mut(self.spike),
            memory: cast_slice_mut(self.memory),
            i: cast_slice(self.i),
            g: cast_slice(self.g),
            y: cast_slice_mut(self.y),
        })
    }

    /// Whether all neurons have the same parameters.
    #[inline(always)]
    pub(super) fn same(&self) -> bool {
        self.params.iter().all(|p| matches!(p, Param::All(_)))
    }

    /// The parameters of the `W` neurons from the `k`-th of the block on.
    #[inline(always)]
    pub(super) fn spread<const W: usize>(&self, k: usize) -> [[R; W]; P] {
        // There are no closures here: one that is not inlined would be compiled for the narrowest
        // vectors.
        let mut all = [[R::of(0.0); W]; P];
        for (values, param) in all.iter_mut().zip(self.params) {
            *values = param.spread(self.first + k, self.units);
        }
        all
    }
}

/// Element `k` of each array.
#[inline(always)]
pub(super) fn column<R: Real, const M: usize, const W: usize>(all: &[[R; W]; M], k: usize) -> [R; M] {
    let mut here = [R::of(0.0); M];
    for (value, values) in here.iter_mut().zip(all) {
        *value = values[k];
    }
    here
}
