//! Neurons that are defined by their equations, compared with runs of brainpy, with analysis, and
//! with their documentation.

mod analysis;
mod brainpy;
mod parameters;
mod spikes;

use overtime::models::Param;
use overtime::{Init, Real};

const UNITS: usize = 3;

fn at(v: f64) -> Init {
    Init::Constant(v)
}

fn each<R: Real>(values: [f64; UNITS]) -> Param<R> {
    Param::Each(values.map(R::of).to_vec())
}
