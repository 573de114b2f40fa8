//! A recurrent cell between two functions, over a batch of sequences: `brainpy.Sequential` in
//! `brainpy.LoopOverTime`.

use ndarray::Array3;
use overtime::models::{Activation, Dense, brainpy};
use overtime::{LoopOverTime, Result, Sequential};

fn main() -> Result<()> {
    let (steps, batch, num_in, hidden, num_out) = (30, 128, 100, 20, 10);
    let model = Sequential::new()
        .layer("l1", brainpy::RnnCell::<f32>::new(num_in, hidden).activation(Activation::Tanh).seed(1))
        .layer("l2", Dense::new(hidden, num_out).seed(2))
        .layer("l3", Activation::Softmax.layer([num_out]));
    let mut over_time = LoopOverTime::builder(model).batch(batch).out_vars("l1.state").build()?;

    let x = Array3::from_shape_fn((steps, batch, num_in), |(t, b, k)| ((t * 7 + b * 3 + k) as f32 * 0.1).sin());
    let run = over_time.run(&x)?;

    println!("output   {:?}", run.output.shape());
    println!("l1.state {:?}", run["l1.state"].shape());
    for (name, array) in over_time.state_dict()?.iter() {
        println!("{name:9}{:?}", array.shape());
    }
    println!("probabilities of the first sequence's classes at the last step");
    for class in 0..num_out {
        let p = run.output[[steps - 1, 0, class]];
        println!("{class:2} {p:.3} {}", "#".repeat((p * 100.0) as usize));
    }
    Ok(())
}
