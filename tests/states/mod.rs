//! State in memory and in files, as brainpy's `state_dict`, `load_state_dict`, `save_states` and
//! `load_states`.

mod dict;
mod files;
mod resume;

use overtime::models::{Hh, Method};
use overtime::{Inputs, LoopOverTime, Schema, Sequential, Shared, State, System, Tick, Weight, WeightMut};
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("overtime-states-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn noisy(seed: u64) -> LoopOverTime<f64, Hh<f64>> {
    let hh = Hh::new(5).noise(2.0).method(Method::ExpAuto);
    LoopOverTime::builder(hh)
        .batch(3)
        .dt(0.1)
        .t0(50.0)
        .i0(7)
        .seed(seed)
        .shared_arg("a", 0.1)
        .out_vars("V")
        .build()
        .unwrap()
}

/// A system with a weight, and with a state that depends on time, seed and shared values.
#[derive(Clone)]
struct Leaky {
    w: Vec<f32>,
}

impl System<f32> for Leaky {
    fn schema(&self) -> Schema {
        Schema::pointwise(3).drive("x").vars(["s"])
    }
    fn init(&self, _: &Shared, state: &mut State<'_, f32>) {
        state.var_mut(0).fill(0.0);
    }
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, f32>, state: &mut State<'_, f32>, y: &mut [f32]) {
        let first = state.first();
        let extra = at.shared.get("extra").unwrap_or(0.0) as f32;
        for (k, s) in state.var_mut(0).iter_mut().enumerate() {
            *s = 0.9 * *s + self.w[(first + k) % 3] * (x.port(0)[k] + extra) + at.t as f32;
            y[k] = *s;
        }
    }
    fn kind(&self) -> &str {
        "Leaky"
    }
    fn weights(&self) -> Vec<Weight<'_, f32>> {
        vec![Weight { name: "w".into(), shape: vec![3], values: &self.w }]
    }
    fn weights_mut(&mut self) -> Vec<WeightMut<'_, f32>> {
        vec![WeightMut { name: "w".into(), shape: vec![3], values: &mut self.w }]
    }
}

fn layers(w: f32) -> Sequential<f32> {
    Sequential::new().layer("l1", Leaky { w: vec![w; 3] }).layer("l2", Leaky { w: vec![-w; 3] })
}

fn stack(w: f32, batch: Option<usize>) -> LoopOverTime<f32, Sequential<f32>> {
    LoopOverTime::builder(layers(w)).batch(batch).shared_arg("extra", 0.3).build().unwrap()
}
