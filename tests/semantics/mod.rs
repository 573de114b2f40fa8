//! The meaning of the loop, compared with brainpy.LoopOverTime. Each test names the word of brainpy
//! that it covers.

mod hh;
mod inputs;
mod recordings;
mod time;

use crate::common::unprepared;
use ndarray::array;
use overtime::models::{Activation, Hh};
use overtime::{Device, Error, InputSpec, Inputs, LoopOverTime, Schema, Sequential, Shared, State, System, Tick};

/// Two coupled variables, two named inputs, and a shared value: s₁' = s₁ + a + gain·s₂, s₂' = s₂ +
/// b + s₁. The output is (t, i, s₁).
#[derive(Clone)]
struct Pair;

impl System<f64> for Pair {
    fn schema(&self) -> Schema {
        let port =
            |name: &'static str| InputSpec { name: name.into(), shape: vec![1], optional: true, broadcasts: true };
        let mut schema = Schema::row([1], [3]).vars::<&str>([]);
        schema.inputs = vec![port("a"), port("b")];
        schema.reads_clock = true;
        schema.var(overtime::VarSpec::new("s1", [1])).var(overtime::VarSpec::new("s2", [1]))
    }

    fn init(&self, _: &Shared, state: &mut State<'_, f64>) {
        let [s1, s2] = state.vars();
        s1.fill(1.0);
        s2.fill(2.0);
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, f64>, state: &mut State<'_, f64>, y: &mut [f64]) {
        let gain = at.shared.get("gain").unwrap_or(0.0);
        let [s1, s2] = state.vars();
        for r in 0..s1.len() {
            let (old1, old2) = (s1[r], s2[r]);
            s1[r] = old1 + x.port(0)[r] + gain * old2;
            s2[r] = old2 + x.port(1)[r] + old1;
            y[3 * r..3 * r + 3].copy_from_slice(&[at.t, at.i as f64, s1[r]]);
        }
    }
}

fn hh(units: usize) -> Hh<f64> {
    Hh::new(units)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12
}

fn message<V>(result: Result<V, Error>) -> String {
    match result {
        Ok(_) => panic!("the call must fail"),
        Err(error) => error.to_string(),
    }
}

/// brainpy `shared_arg`: a shared value reaches every node, including layers of a `Sequential`.
#[test]
fn shared_values_reach_every_node() {
    let system = Sequential::new().layer("pair", Pair).layer("id", Activation::Identity.layer([3]));
    let mut over_time = LoopOverTime::builder(system).shared_arg("gain", 10.0).out_vars("pair.s1").build().unwrap();
    assert_eq!(over_time.run_steps(1).unwrap()["pair.s1"], array![[21.0]].into_dyn());
    over_time.share("gain", 0.0);
    assert_eq!(over_time.run_steps(1).unwrap()["pair.s1"], array![[21.0]].into_dyn());
}

/// brainpy `to(device)`, `cpu()`, `cuda()`, `tpu()`.
#[test]
fn devices_go_by_brainpys_words() {
    unprepared(module_path!(), "devices_go_by_brainpys_words", || {
        let mut over_time = LoopOverTime::<f64, _>::builder(hh(2)).device(Device::auto()).build().unwrap();
        over_time.cpu().unwrap();
        over_time.to(Device::Cpu).unwrap();
        assert_eq!(over_time.device(), Device::Cpu);
        assert!(message(over_time.tpu()).contains("tpu is not available"));
        match over_time.cuda() {
            Ok(()) => assert_eq!(over_time.device(), Device::Cuda(0)),
            Err(error) => {
                assert!(matches!(error, Error::DeviceUnavailable { .. }));
                assert_eq!(over_time.device(), Device::Cpu);
            }
        }
    });
}

/// brainpy `name`: names are unique unless the user gives one.
#[test]
fn names_are_unique_unless_given() {
    let build = || LoopOverTime::<f64, _>::new(hh(1)).unwrap();
    let (a, b) = (build(), build());
    assert!(a.name().starts_with("LoopOverTime") && b.name().starts_with("LoopOverTime") && a.name() != b.name());
    assert_eq!(LoopOverTime::<f64, _>::builder(hh(1)).name("mine").build().unwrap().name(), "mine");
}
