//! A Hodgkin-Huxley neuron with a rising current, from silence to firing, drawn in the terminal.

use overtime::models::Hh;
use overtime::{Init, LoopOverTime, Result};

fn main() -> Result<()> {
    let neuron = Hh::<f64>::new(1).v(Init::Constant(-65.0));
    let mut over_time = LoopOverTime::builder(neuron).dt(0.1).out_vars(["V", "spike"]).build()?;

    // 100 ms in steps of 0.1 ms, with one value of the current for each step.
    let current: Vec<f64> = (0..1000).map(|i| 12.0 * f64::from(i) / 1000.0).collect();
    let run = over_time.run(&current)?;

    println!("    t    I      V    -80 {} 40 mV", "·".repeat(48));
    for (k, v) in run["V"].iter().enumerate().skip(9).step_by(10) {
        let place = ((v + 80.0) / 120.0 * 56.0) as usize;
        println!("{:5.0} {:4.1} {v:6.1}   |{}*", run.ts[k], current[k], " ".repeat(place));
    }
    println!("{} spikes", run["spike"].sum());
    Ok(())
}
