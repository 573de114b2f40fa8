//! A parameter sweep in one run: each row of the batch is the same neuron with another current. The
//! program draws the firing rate over the current.

use ndarray::Array3;
use overtime::models::Hh;
use overtime::{Init, LoopOverTime, Result, monitor};

fn main() -> Result<()> {
    let currents: Vec<f32> = (0..40).map(|k| k as f32 * 0.5).collect();
    let neuron = Hh::<f32>::new(1).param("gL", 0.3)?.v(Init::Constant(-65.0));
    let spikes = monitor("spike").events();
    let mut over_time =
        LoopOverTime::builder(neuron).batch(currents.len()).dt(0.05).record_output(false).out_vars(spikes).build()?;

    // The run lasts one second, and the count excludes the first fifth.
    let steps = over_time.steps_of(1000.0)?;
    let input = Array3::from_shape_fn((1, currents.len(), 1), |(_, row, _)| currents[row]);
    let input = input.broadcast((steps as usize, currents.len(), 1)).expect("one step is broadcast to all steps");
    let run = over_time.run(input)?;

    let mut counts = vec![0_u32; currents.len()];
    let events = run.events("spike")?;
    for (step, row) in events.step.iter().zip(&events.row) {
        counts[*row] += u32::from(*step >= steps / 5);
    }
    println!("µA/cm²   spikes/s");
    for (current, count) in currents.iter().zip(counts) {
        let rate = f64::from(count) / 0.8;
        println!("{current:6.1} {rate:10.1}   {}", "#".repeat((rate / 2.0) as usize));
    }
    Ok(())
}
