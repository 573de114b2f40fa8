//! A user's own equations run on a GPU without a kernel, with the bits of the CPU.

use crate::cuda::child::apart;
use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use overtime::math;
use overtime::models::{Method, Neuron, NeuronEquations, Parameter, Reset, Variable};
use overtime::rng::Stream;
use overtime::{Arithmetic, Init, LoopOverTime, Real};

overtime::parameters! {
    /// Parameters whose names are words of CUDA C, or no names there.
    pub(crate) struct Parameters {
        v_th: "V_th" = 30.0, "mV", Finite, "threshold";
        v_reset: "V_reset" = -30.0, "mV", Finite, "potential after a spike";
        tau_ref: "τ_ref" = 0.3, "ms", NonNegative, "refractory period";
        tau: "int" = 5.0, "ms", Positive, "membrane time constant";
        a: "2nd" = 0.7, "", Finite, "a factor";
        b: "β → \\" = 0.3, "", Finite, "an increment";
    }
}

/// Equations with every function and operation of the arithmetic.
#[derive(Clone, Copy, Debug)]
struct Everything;

impl NeuronEquations<3, { Parameters::COUNT }> for Everything {
    const NAME: &'static str = "2 \"every\n#thing";
    const VARIABLES: [Variable; 3] =
        [Variable::new("V", "mV", "potential"), Variable::new("x", "", "any"), Variable::new("y", "", "any")];
    const PARAMETERS: [Parameter; Parameters::COUNT] = Parameters::TABLE;
    const RESETS: bool = true;
    type Parameters<R: Arithmetic> = Parameters<R>;

    fn initial() -> [Option<Init>; 3] {
        [Some(Init::uniform(-30.0, 31.0)), None, None]
    }

    fn steady_state<R: Arithmetic>(v: R, p: &Parameters<R>) -> [R; 3] {
        [v, p.a * v / R::of(40.0), math::tanh(v)]
    }

    fn derivatives<R: Arithmetic>([v, x, y]: [R; 3], i: R, p: &Parameters<R>) -> ([R; 3], [R; 3]) {
        let z = x - (y - p.a);
        let mut sum = math::exp(-z) + math::expm1(z) / math::exp_neg(z * (x + y));
        sum += math::exprel(z) - math::exprel_slope(z) * (-math::inv_exprel(z));
        sum -= math::inv_exprel_near(R::of(0.5).min(z.abs()));
        sum *= math::log(z.abs() + R::of(1.0)) + math::sin(z) - math::cos(v);
        sum /= R::of(2.0) + math::sigmoid(v) + math::reciprocal(R::of(1.0) + x * x);
        let root = R::of(1e-3).max(sum).sqrt().min(R::of_precision(3.0, 2.5));
        let chosen = R::select_less(x, y, R::select_less_equal(z, R::of(f64::INFINITY), root, z), R::of(-0.0) - sum);
        let dv = v.mul_add(v / R::of(30.0), i + chosen) / p.tau;
        ([dv, (y - x) * p.a, (chosen - y) / (p.tau + R::of(1.0))], [(v + v) / R::of(30.0) / p.tau, -p.a, -p.tau])
    }

    fn input_gain<R: Arithmetic>(p: &Parameters<R>) -> R {
        R::of(1.0) / p.tau
    }

    fn reset<R: Arithmetic>([v, x, y]: [R; 3], p: &Parameters<R>) -> [R; 3] {
        [v, y + p.b, x]
    }
}

type Neurons<R> = Neuron<R, Everything, 3, { Parameters::COUNT }>;

fn compare<R: Real>(made: impl Fn(Neurons<R>) -> Neurons<R>) {
    let Some(device) = device() else { return };
    let (units, steps) = (37, 25);
    let build = || {
        let own: Vec<R> = (0..units).map(|k| R::of(4.0 + 0.125 * k as f64)).collect();
        let neurons = made(Neurons::new(units).param("int", own).unwrap());
        LoopOverTime::<R, _>::builder(neurons).batch(2).dt(0.05).seed(3).allow_non_finite().out_vars([
            "V",
            "x",
            "y",
            "spike",
            "refractory",
        ])
    };
    let stream = Stream::named(3, "own equations");
    let x = ndarray::Array3::from_shape_fn((steps, 2, units), |(t, b, k)| {
        R::of(40.0 * stream.uniform(((t * 2 + b) * units + k) as u64, 0))
    });
    let mut on_cpu = build().build().unwrap();
    let expected = on_cpu.run(&x).unwrap();
    assert!(expected["spike"].iter().filter(|spike| spike.to_f64() == 1.0).count() > 5);
    for strategy in STRATEGIES {
        let mut over_time = build().device(device).strategy(strategy).build().unwrap();
        bits::same_runs(&strategy.to_string(), &over_time.run(&x).unwrap(), &expected);
        bits::same_states(&strategy.to_string(), &over_time, &on_cpu);
    }
}

#[test]
fn own_equations_have_the_bits_of_the_cpu() {
    apart("own_equations::own_equations_have_the_bits_of_the_cpu", || {
        compare::<f64>(|neurons| neurons);
        compare::<f32>(|neurons| neurons.method(Method::Rk4));
        compare::<f32>(|neurons| neurons.reset(Reset::Soft));
    });
}
