//! Sequences of unequal length through two bidirectional LSTM layers, with weights in torch's
//! layout: `torch.nn.LSTM`.

use ndarray::{Array3, ArrayD, IxDyn, s};
use overtime::models::{Dense, Lstm};
use overtime::rng::Stream;
use overtime::{Input, LoopOverTime, Result, Sequential};

/// The contents of `lstm.state_dict()`, here with random values, for
/// `torch.nn.LSTM(num_in, hidden, num_layers=2, bidirectional=True)`.
fn state_dict(num_in: usize, hidden: usize) -> Vec<(String, ArrayD<f32>)> {
    let mut all = Vec::new();
    for (layer, from) in [(0, num_in), (1, 2 * hidden)] {
        for direction in ["", "_reverse"] {
            let shapes = [
                ("weight_ih", vec![4 * hidden, from]),
                ("weight_hh", vec![4 * hidden, hidden]),
                ("bias_ih", vec![4 * hidden]),
                ("bias_hh", vec![4 * hidden]),
            ];
            for (kind, shape) in shapes {
                let name = format!("{kind}_l{layer}{direction}");
                let (stream, mut k) = (Stream::named(1, &name), 0);
                let next = || {
                    k += 1;
                    0.5 * stream.uniform(k, 0) as f32 - 0.25
                };
                all.push((name, ArrayD::from_shape_simple_fn(IxDyn(&shape), next)));
            }
        }
    }
    all
}

fn main() -> Result<()> {
    let (steps, batch, num_in, hidden) = (12, 3, 10, 16);
    let lstm = Lstm::<f32>::new(num_in, hidden)
        .num_layers(2)
        .bidirectional(true)
        .torch_weights(&state_dict(num_in, hidden))?;
    let model = Sequential::new().layer("lstm", lstm).layer("out", Dense::new(2 * hidden, 1).seed(2));
    let mut over_time = LoopOverTime::builder(model).batch(batch).build()?;

    let x = Array3::from_shape_fn((steps, batch, num_in), |(t, b, k)| ((t * 7 + b * 3 + k) as f32 * 0.1).sin()); // [T, B, in]
    let lengths = [12, 5, 8];
    let run = over_time.run(Input::from(&x).lengths(&lengths))?;

    for (b, length) in lengths.into_iter().enumerate() {
        let row: Vec<String> = run.output.slice(s![.., b, 0]).iter().map(|y| format!("{y:6.3}")).collect();
        println!("sequence {b}, of {length:2} steps: {}", row.join(" "));
    }
    println!("the state of every layer and direction at its row's end, torch's h_n and c_n:");
    for (name, array) in over_time.state_dict()?.iter().filter(|(name, _)| name.ends_with("state")) {
        println!("{name:24}{:?}", array.shape());
    }
    Ok(())
}
