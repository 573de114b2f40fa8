//! A user's own systems in CUDA text, and the compiler's messages about them.

use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use overtime::{Error, Inputs, LoopOverTime, Program, Real, Schema, Shared, State, System, Tick};

const TEXT: &str = r#"#include "system.cuh"
struct Params { acc_t tau, gain; };
struct State { acc_t v, age; };
__device__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {
    acc_t by = acc_t(at.dt) / p.tau;
    s.v = fma(fma(p.gain, x, -s.v), by, s.v);
    s.age = s.age + acc_t(at.i % 3) + acc_t(at.t);
    return s.v * s.age;
}
"#;

/// A leaky unit with a counter, as a user writes it: once in Rust and once in CUDA.
struct Leaky<R> {
    units: usize,
    params: [R; 2],
    text: String,
    each: bool,
}

fn leaky<R: Real>(units: usize, text: &str) -> Leaky<R> {
    Leaky { units, params: [R::of(7.5), R::of(1.25)], text: text.into(), each: false }
}

impl<R: Real> System<R> for Leaky<R> {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.units).drive("x").vars(["v", "age"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let [v, age] = state.vars();
        v.iter_mut().enumerate().for_each(|(k, v)| *v = R::of(k as f64 % 5.0));
        age.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let units: Vec<usize> = (0..y.len()).map(|k| state.unit(k)).collect();
        let [v, age] = state.vars();
        for (k, (((v, age), x), y)) in v.iter_mut().zip(age).zip(x.port(0)).zip(y).enumerate() {
            let tau = if self.each { self.tau(units[k]) } else { self.params[0] };
            let by = R::of(at.dt) / tau;
            *v = (self.params[1].mul_add(*x, -*v)).mul_add(by, *v);
            *age = *age + R::of((at.i % 3) as f64) + R::of(at.t);
            *y = *v * *age;
        }
    }

    fn program(&self, _: f64) -> Option<Program> {
        let program = Program::pointwise("mine/leaky.cu", self.text.clone()).params(&self.params);
        let each: Vec<R> = (0..self.units).map(|k| self.tau(k)).collect();
        Some(if self.each { program.each(0, &each) } else { program })
    }
}

impl<R: Real> Leaky<R> {
    fn tau(&self, unit: usize) -> R {
        R::of(3.0 + 0.25 * unit as f64)
    }
}

fn check<R: Real>(units: usize, each: bool) {
    let Some(device) = device() else { return };
    let build = || {
        let builder = LoopOverTime::<R, _>::builder(Leaky { each, ..leaky(units, TEXT) });
        builder.batch(2).dt(0.1).t0(0.5).out_vars(["v", "age"])
    };
    let x = ndarray::Array3::from_shape_fn((19, 2, units), |(t, b, k)| R::of((t * 5 + b + k) as f64 * 0.37 - 2.0));
    let mut on_cpu = build().build().unwrap();
    let expected = on_cpu.run(&x).unwrap();
    for strategy in STRATEGIES {
        let mut over_time = build().device(device).strategy(strategy).build().unwrap();
        bits::same_runs(&format!("{units} units, {strategy}"), &over_time.run(&x).unwrap(), &expected);
        bits::same_states(&format!("{units} units, {strategy}"), &over_time, &on_cpu);
    }
}

#[test]
fn a_users_system_is_what_it_is_on_the_cpu() {
    for (units, each) in [(1, false), (33, false), (33, true), (1025, true)] {
        check::<f32>(units, each);
        check::<f64>(units, each);
    }
}

/// The error of building a loop with this text.
fn refused(text: &str) -> Option<String> {
    let device = device()?;
    match LoopOverTime::<f32, _>::builder(leaky(3, text)).device(device).build() {
        Ok(_) => panic!("the compiler accepted:\n{text}"),
        Err(e) => Some(e.to_string()),
    }
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let Some(said) = refused(text) else { return };
    for part in parts {
        assert!(said.contains(part), "`{part}` is missing in:\n{said}");
    }
}

#[test]
fn a_mistake_is_shown_where_it_is() {
    // The error is in the fifth line of the user's own file.
    says(&TEXT.replace("acc_t by = acc_t(at.dt)", "acc_t by = frob(at.dt)"), &["leaky.cu(5)", "frob", "undefined"]);
    says(&TEXT.replace("#include \"system.cuh\"", "#include \"nope.cuh\""), &["nope.cuh", "leaky.cu"]);
    says("", &[]);
}

#[test]
fn drift_between_rust_and_cuda_is_an_error_of_the_compiler() {
    says(&TEXT.replace("acc_t v, age; };", "acc_t v, age, more; };"), &["State", "schema"]);
    says(
        &TEXT
            .replace("struct Params { acc_t tau, gain; };", "struct Params { acc_t tau; static const int gain = 1; };"),
        &["Params", "parameters"],
    );
}

/// The text is compiled for a GPU only.
#[test]
fn the_cpu_does_not_look_at_the_text() {
    assert!(LoopOverTime::<f32, _>::builder(leaky(3, "this is not CUDA")).build().unwrap().run_steps(3).is_ok());
}

/// A system without a text runs on CPUs only, and the error says so.
#[test]
fn without_a_text_there_is_no_gpu() {
    struct Silent;
    impl System<f32> for Silent {
        fn schema(&self) -> Schema {
            Schema::pointwise(2).drive("x").vars(["v"])
        }
        fn init(&self, _: &Shared, _: &mut State<'_, f32>) {}
        fn step(&self, _: Tick<'_>, _: &Inputs<'_, f32>, _: &mut State<'_, f32>, y: &mut [f32]) {
            y.fill(1.0);
        }
        fn kind(&self) -> &str {
            "Silent"
        }
    }
    let Some(device) = device() else { return };
    match LoopOverTime::builder(Silent).device(device).build() {
        Err(e @ (Error::Unsupported(_) | Error::DeviceUnavailable { .. })) => {
            assert!(e.to_string().contains("Silent"), "{e}")
        }
        other => panic!("{other:?}"),
    }
}
