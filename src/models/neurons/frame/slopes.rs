//! Compares the slopes that equations return with the derivatives of their right-hand sides.

use super::NeuronEquations;
use crate::equations::evaluate::Evaluator;
use crate::equations::graph::{Binary, Graph, Id, Leaf, Unary};
use crate::equations::traced::{Traced, record};
use crate::models::neurons;
use crate::numeric::rng::Stream;

/// The states and sets of parameters that a test draws.
const DRAWS: u64 = 200;

/// The derivative of a right-hand side by its own variable, for the slope that the equations return.
type OwnDerivative = fn(&mut Graph, &[Id], usize) -> Id;

fn by_own_variable(graph: &mut Graph, f: &[Id], k: usize) -> Id {
    graph.derivative(f[k], Leaf::State(k as u16))
}

/// The slope of V under constant gates: dV/dt is linear in V and depends on V − E of each current. The
/// slope is therefore the negative sum of the derivatives by the reversal potentials.
fn under_constant_gates(graph: &mut Graph, f: &[Id], k: usize) -> Id {
    if k > 0 {
        return by_own_variable(graph, f, k);
    }
    let [e_na, e_k, e_l] = [1, 3, 5].map(|p| graph.derivative(f[0], Leaf::Param(p)));
    let sum = graph.binary(Binary::Add, e_na, e_k);
    let sum = graph.binary(Binary::Add, sum, e_l);
    graph.unary(Unary::Neg, sum)
}

fn check<E: NeuronEquations<N, P>, const N: usize, const P: usize>(derivative: OwnDerivative) {
    let mut record = record(|| {
        let p = Traced::params().into();
        let (f, s) = E::derivatives(Traced::states(), Traced::leaf(Leaf::Input(0)), &p);
        f.into_iter().chain(s).chain([E::input_gain(&p)]).collect()
    });
    let (f, returned) = record.results.split_at(N);
    let graph = &mut record.graph;
    let mut expected: Vec<Id> = (0..N).map(|k| derivative(graph, f, k)).collect();
    expected.push(graph.derivative(f[0], Leaf::Input(0)));
    let mut evaluator = Evaluator::new(graph, &[returned, &expected].concat());
    let stream = Stream::named(7, "slopes");
    for draw in 0..DRAWS {
        let uniform = |k: u16| stream.uniform(draw, u64::from(k));
        evaluator.run(|leaf| match leaf {
            Leaf::State(0) => -90.0 + 120.0 * uniform(0),
            Leaf::State(k) => uniform(k),
            Leaf::Param(k) => E::PARAMETERS[usize::from(k)].default * (0.8 + 0.4 * uniform(10 + k)),
            _ => 10.0 * uniform(9),
        });
        for (k, (returned, expected)) in returned.iter().zip(&expected).enumerate() {
            let (returned, expected) = (evaluator.value(*returned), evaluator.value(*expected));
            let is_near = (returned - expected).abs() <= 1e-10 * (1.0 + expected.abs());
            assert!(is_near, "{}, {k}: the slope is {returned}, and the derivative {expected}", E::NAME);
        }
    }
}

macro_rules! slopes {
    ($($module:ident $equations:ident $derivative:ident;)*) => {$(
        #[test]
        fn $module() {
            check::<neurons::$module::$equations, _, _>($derivative);
        }
    )*};
}

slopes! {
    ad_qua_if AdQuaIfEquations by_own_variable;
    adex_if AdExIfEquations by_own_variable;
    exp_if ExpIfEquations by_own_variable;
    fitzhugh_nagumo FitzHughNagumoEquations by_own_variable;
    hindmarsh_rose HindmarshRoseEquations by_own_variable;
    izhikevich IzhikevichEquations by_own_variable;
    morris_lecar MorrisLecarEquations by_own_variable;
    qua_if QuaIfEquations by_own_variable;
    wang_buzsaki WangBuzsakiEquations under_constant_gates;
}
