//! A user-defined neuron: FitzHugh-Nagumo, v' = v − v³/3 − w + I, w' = (v + a − b w)/τ, with
//! Euler's method. `custom_neuron.cu` has the same step in CUDA C, for a GPU if there is one.
use overtime::{Device, Input, Inputs, LoopOverTime, Program, Result, Schema, Shared, State, System, Tick};

struct FitzHughNagumo(usize);
const PARAMS: [f32; 3] = [0.7, 0.8, 12.5];

impl System<f32> for FitzHughNagumo {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.0).drive("I").vars(["v", "w"])
    }
    fn init(&self, _: &Shared, state: &mut State<'_, f32>) {
        let [v, w] = state.vars();
        v.fill(-1.2);
        w.fill(-0.6);
    }
    fn step(&self, at: Tick<'_>, x: &Inputs<'_, f32>, state: &mut State<'_, f32>, y: &mut [f32]) {
        let (dt, current, [a, b, tau]) = (at.dt as f32, x.port(0), PARAMS);
        let [v, w] = state.vars();
        for k in 0..v.len() {
            let (v0, w0) = (v[k], w[k]);
            v[k] = v0 + dt * (v0 - v0 * v0 * v0 / 3.0 - w0 + current[k]);
            w[k] = w0 + dt * (v0 + a - b * w0) / tau;
            y[k] = v[k];
        }
    }
    fn program(&self, _: f64) -> Option<Program> {
        Some(Program::pointwise("custom_neuron.cu", include_str!("custom_neuron.cu")).params(&PARAMS))
    }
}

fn main() -> Result<()> {
    let mut over_time =
        LoopOverTime::builder(FitzHughNagumo(1000)).dt(0.05).out_vars("w").device(Device::auto()).build()?;
    let run = over_time.run(Input::duration(100.0).constant(0.5))?;
    println!("{} steps of {:?} on {}", run.steps, over_time.schema().output, over_time.device());
    println!("v ends at {:.3}, w at {:.3}", run.output[[1999, 0]], run["w"][[1999, 0]]);
    Ok(())
}
