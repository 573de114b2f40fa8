//! The elementary functions of `math.cuh` have the bits of `overtime::math`, over all numbers.

use crate::cuda::child::apart;
use crate::cuda::{bits, device};
use overtime::math::{
    cos, decay, exp, exp_neg, expm1, exprel, exprel_slope, inv_exprel, inv_exprel_near, log, normal_cdf, relax,
    sigmoid, sin, tanh,
};
use overtime::{Inputs, LoopOverTime, Program, Real, Schema, Shared, State, Strategy, System, Tick};

const TEXT: &str = r#"#include "system.cuh"
#include "math.cuh"
struct Params { acc_t t; };
struct State {
    acc_t x, log, sin, cos, inv_exprel, exprel_slope, relax, exp, expm1, exp_neg, decay, exprel, inv_exprel_near, tanh, sigmoid,
        normal_cdf;
};
__device__ acc_t step(State& s, Input, const Params& p, const Tick&) {
    s.log = math::log(s.x);
    s.sin = math::sin(s.x);
    s.cos = math::cos(s.x);
    s.inv_exprel = math::inv_exprel(s.x);
    s.exprel_slope = math::exprel_slope(s.x);
    s.relax = math::relax(s.x, p.t);
    s.exp = math::exp(s.x);
    s.expm1 = math::expm1(s.x);
    s.exp_neg = math::exp_neg(s.x);
    s.decay = math::decay(s.x);
    s.exprel = math::exprel(s.x);
    s.inv_exprel_near = math::inv_exprel_near(s.x);
    s.tanh = math::tanh(s.x);
    s.sigmoid = math::sigmoid(s.x);
    s.normal_cdf = math::normal_cdf(s.x);
    return s.log;
}
"#;

const VARS: [&str; 16] = [
    "x",
    "log",
    "sin",
    "cos",
    "inv_exprel",
    "exprel_slope",
    "relax",
    "exp",
    "expm1",
    "exp_neg",
    "decay",
    "exprel",
    "inv_exprel_near",
    "tanh",
    "sigmoid",
    "normal_cdf",
];

/// Each variable but the first is a function of the first one.
struct Functions<R> {
    arguments: Vec<R>,
    t: R,
}

impl<R: Real> System<R> for Functions<R> {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.arguments.len()).vars(VARS)
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let vars: [&mut [R]; VARS.len()] = state.vars();
        for (k, var) in vars.into_iter().enumerate() {
            if k == 0 { var.copy_from_slice(&self.arguments) } else { var.fill(R::of(0.0)) }
        }
    }

    fn step(&self, _: Tick<'_>, _: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let vars: [&mut [R]; VARS.len()] = state.vars();
        for (k, y) in y.iter_mut().enumerate() {
            let x = vars[0][k];
            let values = [
                log(x),
                sin(x),
                cos(x),
                inv_exprel(x),
                exprel_slope(x),
                relax(x, self.t),
                exp(x),
                expm1(x),
                exp_neg(x),
                decay(x),
                exprel(x),
                inv_exprel_near(x),
                tanh(x),
                sigmoid(x),
                normal_cdf(x),
            ];
            for (value, var) in values.into_iter().zip(1..) {
                vars[var][k] = value;
            }
            *y = values[0];
        }
    }

    fn program(&self, _: f64) -> Option<Program> {
        Some(Program::pointwise("functions.cu", TEXT).params(&[self.t]))
    }
}

/// Numbers of all magnitudes, the usual ones more often, and the ends of the functions' branches
/// with their neighbours.
fn arguments<R: Real>(of_bits: impl Fn(u64) -> R, bits_of: impl Fn(R) -> u64) -> Vec<R> {
    let all = bits_of(R::of(f64::INFINITY));
    // An odd multiplier reaches all last bits.
    let spread = |k: u64, from: u64, to: u64| from + (k.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1) % (to - from);
    let (low, high) = (bits_of(R::of(1e-6)), bits_of(R::of(1e6)));
    let mut magnitudes: Vec<R> = (0..2000).map(|k| of_bits(spread(k, 0, all))).collect();
    magnitudes.extend((0..4000).map(|k| of_bits(spread(k, low, high))));
    let ends = [
        1e-30,
        0.5,
        1.25,
        1.0,
        2.0,
        std::f64::consts::SQRT_2,
        std::f64::consts::FRAC_PI_4,
        87.0,
        88.0,
        708.0,
        709.0,
        800.0,
    ];
    for end in ends.map(|end| bits_of(R::of(end))) {
        magnitudes.extend((end - 3..end + 4).map(&of_bits));
    }
    let normal = bits_of(R::of(if all > u64::from(u32::MAX) { f64::MIN_POSITIVE } else { f32::MIN_POSITIVE.into() }));
    magnitudes.extend([0, 1, 2, normal - 1, normal, all - 1, all, all + 1].map(&of_bits));
    magnitudes.iter().flat_map(|x| [*x, -*x]).collect()
}

fn check<R: Real>(arguments: &[R]) {
    let Some(device) = device() else { return };
    for t in [0.025, 3.0] {
        let build = || {
            let functions = Functions { arguments: arguments.to_vec(), t: R::of(t) };
            LoopOverTime::builder(functions).allow_non_finite()
        };
        let (mut on_cpu, mut on_gpu) =
            (build().build().unwrap(), build().device(device).strategy(Strategy::Persistent).build().unwrap());
        let (expected, run) = (on_cpu.run_steps(1).unwrap(), on_gpu.run_steps(1).unwrap());
        bits::same_states(&format!("{}, t = {t}", R::DTYPE), &on_gpu, &on_cpu);
        bits::same_runs(&format!("{}, t = {t}", R::DTYPE), &run, &expected);
    }
}

#[test]
fn functions_have_the_cpus_bits() {
    apart("functions::functions_have_the_cpus_bits", || {
        check(&arguments(|bits| f32::from_bits(bits as u32), |x| x.to_bits().into()));
        check(&arguments(f64::from_bits, f64::to_bits));
    });
}
