//! A run is split, saved, loaded by another process and resumed. It ends with the bits of the run
//! that is not split.

use overtime::models::Hh;
use overtime::{Input, LoopOverTime, Result};

/// Noisy neurons. The noise continues where it stopped.
fn build(seed: u64) -> Result<LoopOverTime<f32, Hh<f32>>> {
    LoopOverTime::builder(Hh::new(1000).noise(1.5)).seed(seed).out_vars("V").build()
}

fn main() -> Result<()> {
    let input = |steps| Input::steps(steps).constant(6.0);
    let file = std::env::temp_dir().join(format!("overtime-resume-{}.safetensors", std::process::id()));

    let whole = build(42)?.run(input(1000))?;

    let mut first = build(42)?;
    first.run(input(600))?;
    first.save_states(&file)?;
    drop(first);

    // A new process would do this. The seed comes from the file.
    let mut second = build(0)?;
    second.load_states(&file)?;
    println!("resumed at step {}, t = {} ms", second.i(), second.t());
    let rest = second.run(input(400))?;

    let cut = whole["V"].slice(ndarray::s![600.., ..]);
    let same = cut.iter().zip(&rest["V"]).all(|(a, b)| a.to_bits() == b.to_bits());
    println!(
        "{} potentials of {} neurons: {}",
        cut.len(),
        cut.ncols(),
        if same { "the same to the bit" } else { "NOT THE SAME" }
    );
    let _ = std::fs::remove_file(file);
    Ok(())
}
