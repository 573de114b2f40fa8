//! The accuracy of the elementary functions and of the neuron HH.

mod activations;
mod double_double;
mod functions;
mod hh;

/// Uniform random numbers in [0, 1), from a fixed seed.
fn uniforms(seed: u64) -> impl Iterator<Item = f64> {
    let stream = overtime::rng::Stream::new(seed, 0);
    (0..).map(move |k| stream.uniform(k, 0))
}
