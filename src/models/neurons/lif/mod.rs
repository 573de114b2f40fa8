//! The leaky integrate-and-fire neuron with a refractory period.

mod step;

use super::builders::{builders, setters};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::integrator::Tableau;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable, variables};
use crate::models::{Method, NeuronGroup, Reset};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::numeric::simd::vectorize;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::refractory::{check_steps, no_reset};
use crate::system::state::State;
use crate::system::{Inputs, LinearMembrane, Schema, Shared, System, Tick};
use step::{Step, Tile, Vars};

crate::parameters! {
    /// The parameters of [`Lif`].
    struct Parameters {
        v_rest: "V_rest" = 0.0, "mV", Finite, "resting potential";
        v_reset: "V_reset" = -5.0, "mV", Finite, "potential after a spike";
        v_th: "V_th" = 20.0, "mV", Finite, "threshold";
        r: "R" = 1.0, "MΩ", Finite, "membrane resistance";
        tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
        tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
    }
}

/// The leaky integrate-and-fire neuron with a refractory period (Lapicque 1907; Abbott, Brain Res.
/// Bull. 50, 1999, 303-304): `brainpy.dyn.LifRef`.
///
/// ```text
/// τ dV/dt = −(V − V_rest) + R I        unless refractory; then V stays
/// if V ≥ V_th:  spike,  V ← V_reset,  refractory for τ_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | how many steps of the refractory period are left, the one just made included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_rest`, `V_reset`, `V_th` | 0, −5, 20 | mV |
/// | `R` | 1 | MΩ, with I in nA |
/// | `tau` | 10 | ms |
/// | `tau_ref` | 0 | ms |
///
/// V starts at 0. Input `x`: `[N]`, the current, nA; a run may do without. With
/// [`conductance`](Self::conductance) there is an input `g` too, `[N]`, in µS, which adds −g V to
/// the current. With the default method, `exp_auto`, a step is exact for inputs that are constant
/// over it.
///
/// With [`Method::Exact`] a network solves V together with the decaying currents of the group's
/// receptors (Rotter & Diesmann, Biol. Cybern. 81, 1999, 381-402). The neuron is then NEST's
/// `iaf_psc_exp`, `iaf_psc_alpha` or `iaf_psc_delta`, with NEST's order within a step: V advances
/// with the currents of the step before; the currents decay, and arriving spikes are added; V is
/// compared with the threshold. NEST's C_m is τ/R. The peak of its alpha current is the weight, as
/// that of [`Receptor::dual_exponential`](crate::network::Receptor::dual_exponential) with two equal
/// time constants.
///
/// After a spike V stays for as many steps as fit into `tau_ref`; the neuron does not spike, and
/// what a network's synapses would add to V is dropped (Brian2's `unless refractory`, NEST's rule).
/// NEST counts these steps so, too; Brian2 counts the step of the spike as one of them. The steps
/// are counted, so that a spike's time does not change how long that is; brainpy compares times,
/// and for `tau_ref` a multiple of `dt` their rounding makes it a step more or less. Brainpy's
/// neuron also spikes within the period, if V is at the threshold. Where brainpy has `t_last_spike`
/// and, on request, `refractory` as a boolean, `refractory` here is not 0 where that one is true.
#[doc(alias("LIF", "LifRef", "LeakyIntegrateAndFire", "iaf_psc_exp", "iaf_psc_alpha", "iaf_psc_delta"))]
#[derive(Clone, Debug)]
pub struct Lif<R> {
    size: usize,
    constants: Parameters<Param<R>>,
    method: Method,
    v: Init,
    reset: Reset,
    conductance: bool,
}

impl<R: Real> Lif<R> {
    /// `size` neurons with the default parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self {
            size,
            constants: Parameters::TABLE.map(|parameter| parameter.default.into()).into(),
            method: Method::ExpAuto,
            v: Init::Zeros,
            reset: Reset::Hard,
            conductance: false,
        }
    }

    builders!(method param init reset conductance);

    /// Initial potential, mV.
    #[must_use]
    pub fn v(mut self, init: Init) -> Self {
        self.v = init;
        self
    }

    /// Whether all neurons have the same constants.
    fn all_alike(&self) -> bool {
        self.constants.all().iter().all(|constant| matches!(constant, Param::All(_)))
    }

    /// What there is to know of the model by name.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all =
            ModelInfo::new(Family::Neuron, "LIF", "the leaky integrate-and-fire neuron with a refractory period");
        all.aliases = &["LifRef", "LeakyIntegrateAndFire"];
        all.source = Some("Lapicque, 1907; Abbott, Brain Res. Bull. 50, 1999, 303-304");
        all.inputs = vec![Port::new("x", "nA", "current"), Port::new("g", "µS", "conductance, on request")];
        all.variables = vec![
            Variable::new("V", "mV", "membrane potential, after the reset"),
            variables::REACHED,
            variables::REFRACTORY,
        ];
        all.parameters = Parameters::TABLE.to_vec();
        all.options = info::optional(&["method", "reset", "conductance"]);
        all
    }
}

impl<R: Real> System<R> for Lif<R> {
    fn schema(&self) -> Schema {
        let schema = Schema::pointwise(self.size).drive("x");
        let schema = if self.conductance { schema.drive("g") } else { schema };
        schema.vars(["V", "spike", "refractory"]).held("V", "refractory")
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        let stream = Stream::of_node(shared.seed, state.node(), "V");
        let [v, spike, refractory] = state.vars();
        self.v.fill_checked(v, &[self.size], stream);
        spike.fill(R::of(0.0));
        refractory.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, units) = (state.first(), state.units().max(1));
        let [v, spike, refractory] = state.vars();
        let tableau = self.method.tableau();
        let dt = R::of(at.dt);
        let g = if self.conductance { x.port(1) } else { &[] };
        vectorize(Step {
            model: self,
            dt,
            tableau,
            first,
            units,
            vars: Vars { v, spike, refractory, x: x.port(0), g, y },
        });
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let Parameters { v_rest, v_reset, v_th, r, tau, tau_ref } = &self.constants;
        let tableau = self.method.tableau();
        // Of each neuron, if it is not the same for all, by the functions of the CPU's step.
        let derived = |from: &Param<R>, of: fn(&Tile<R, 1>) -> R| {
            let of = |neuron| of(&Tile::new(self, neuron, self.size, R::of(dt), tableau.as_ref()));
            match from {
                Param::All(_) => Param::All(of(0)),
                Param::Each(_) => Param::Each((0..self.size).map(of).collect()),
            }
        };
        let (relaxation, dt_over_tau, refractory_steps) = (
            derived(tau, |tile| tile.relaxation[0]),
            derived(tau, |tile| tile.dt_over_tau[0]),
            derived(tau_ref, |tile| tile.refractory_steps[0]),
        );
        let mut program = Program::pointwise("lif.cu", include_str!("../../../../kernels/models/lif.cu"));
        if self.reset == Reset::Soft {
            program = program.define("SOFT", 1);
        }
        if !self.conductance {
            return Some(program.constants([v_rest, v_reset, v_th, r, &relaxation, &refractory_steps], &[]));
        }
        let series = tableau.as_ref().map(Tableau::relaxation::<R>);
        if series.is_some() {
            program = program.define("SERIES", 1);
        }
        Some(
            program.constants(
                [v_rest, v_reset, v_th, r, &dt_over_tau, &refractory_steps],
                series.as_ref().map_or(&[], |c| c),
            ),
        )
    }

    fn linear_membrane(&self) -> Option<LinearMembrane> {
        let Parameters { r, tau, .. } = &self.constants;
        let wide = |param: &Param<R>| match param {
            Param::All(value) => Param::All(value.to_f64()),
            Param::Each(values) => Param::Each(values.iter().map(|value| value.to_f64()).collect()),
        };
        (self.method == Method::Exact).then(|| LinearMembrane { tau: wide(tau), r: wide(r) })
    }

    fn prepare(&self, dt: f64, _: Device) -> Result<()> {
        let Parameters { v_reset, v_th, tau_ref, .. } = &self.constants;
        check_steps(tau_ref, dt)?;
        let units = if self.reset == Reset::Soft { self.size } else { 0 };
        match (0..units).map(|unit| (v_th.at(unit), v_reset.at(unit))).find(|(from, to)| to >= from) {
            Some((from, to)) => Err(no_reset(self.kind(), from, to)),
            None => Ok(()),
        }
    }

    fn kind(&self) -> &str {
        "LIF"
    }

    fn check(&self) -> Result<()> {
        info::check_all(&Parameters::TABLE, self.constants.all(), self.size)?;
        if self.conductance && self.method == Method::Exact {
            let why = "the equation is not linear with a conductance, and `exact` integrates currents";
            return Err(Error::Unsupported(format!("method `exact` of LIF with the input `g`: {why}")));
        }
        self.v.check("V", &[self.size])
    }
}

impl<R: Real> NeuronGroup<R> for Lif<R> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        *info::named(&Parameters::TABLE, self.constants.all_mut(), name)? = value;
        Ok(())
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        match name {
            "V" => self.v = init,
            _ => return Err(Error::unknown("variable with an initial value", name, ["V"])),
        }
        Ok(())
    }

    setters!(set_method set_reset add_conductance);
}
