//! Errors. Other files test devices (`devices.rs`), kills during a save (`kills.rs`) and the command
//! (`cli/tests`).

mod arguments;
mod not_finite;
mod saves;
mod state_files;

use overtime::models::Hh;
use overtime::{Error, LoopOverTime};
use std::path::PathBuf;

type Neurons = LoopOverTime<f64, Hh<f64>>;

fn neurons() -> Neurons {
    LoopOverTime::builder(Hh::new(3)).batch(2).dt(0.1).out_vars("V").build().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("overtime-faults-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a call that must fail, and asserts that it does not change the state and the clock.
#[track_caller]
fn unchanged(over_time: &mut Neurons, fails: impl FnOnce(&mut Neurons) -> overtime::Result<()>) -> Error {
    let before = over_time.state_dict().unwrap();
    let error = fails(over_time).expect_err("the call must fail");
    assert_eq!(over_time.state_dict().unwrap(), before, "{error}");
    error
}

fn saved(name: &str) -> (PathBuf, Vec<u8>) {
    let path = folder(name).join("s.safetensors");
    let mut over_time = neurons();
    over_time.run_steps(5).unwrap();
    over_time.save_states(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}
