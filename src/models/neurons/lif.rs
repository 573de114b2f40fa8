//! The leaky integrate-and-fire neuron with a refractory period.

use super::refractory::{check_steps, no_reset, steps_in};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable, variables};
use crate::models::integrator::{GROWTH, STAGES, Tableau};
use crate::models::{Method, NeuronGroup, Reset};
use crate::numeric::math::{decay, divisible};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};

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
/// After a spike V stays for as many steps as fit into `tau_ref`; the neuron does not spike, and
/// what a network's synapses would add to V is dropped (Brian2's `unless refractory`, NEST's rule).
/// NEST counts these steps so, too; Brian2 counts the step of the spike as one of them. The steps
/// are counted, so that a spike's time does not change how long that is; brainpy compares times,
/// and for `tau_ref` a multiple of `dt` their rounding makes it a step more or less. Brainpy's
/// neuron also spikes within the period, if V is at the threshold. Where brainpy has `t_last_spike`
/// and, on request, `refractory` as a boolean, `refractory` here is not 0 where that one is true.
#[doc(alias("LIF", "LifRef", "LeakyIntegrateAndFire", "iaf_psc_delta"))]
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

    /// The integration method; [`Method::ExpAuto`] by default.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sets the parameter of this name (`V_rest V_reset V_th R tau tau_ref`), one value or one for
    /// each neuron.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn param(mut self, name: &str, value: impl Into<Param<R>>) -> Result<Self> {
        self.set_param(name, value.into())?;
        Ok(self)
    }

    /// The initial value of the variable of this name (`V`).
    ///
    /// # Errors
    /// If there is no such variable.
    pub fn init(mut self, name: &str, init: Init) -> Result<Self> {
        self.set_init(name, init)?;
        Ok(self)
    }

    /// Initial potential, mV.
    #[must_use]
    pub fn v(mut self, init: Init) -> Self {
        self.v = init;
        self
    }

    /// What a spike does to the potential; [`Reset::Hard`] by default.
    #[must_use]
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = reset;
        self
    }

    /// Adds the input `g`, a conductance towards 0 mV, for synapses that have one.
    #[must_use]
    pub fn conductance(mut self) -> Self {
        self.conductance = true;
        self
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
        let stream = Stream::named(shared.seed ^ u64::from(state.node()).rotate_left(40), "V");
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
        let derived = |from: &Param<R>, of: fn(&Tile<R>) -> &[R; TILE]| {
            let tile = |first| Tile::new(self, first, self.size, R::of(dt), tableau.as_ref());
            match from {
                Param::All(_) => Param::All(of(&tile(0))[0]),
                Param::Each(_) => {
                    let mut values: Vec<R> = (0..self.size).step_by(TILE).flat_map(|first| *of(&tile(first))).collect();
                    values.truncate(self.size);
                    Param::Each(values)
                }
            }
        };
        let (share, pace, hold) =
            (derived(tau, |tile| &tile.share), derived(tau, |tile| &tile.pace), derived(tau_ref, |tile| &tile.hold));
        let mut program = Program::pointwise("lif.cu", include_str!("../../../kernels/models/lif.cu"));
        if self.reset == Reset::Soft {
            program = program.define("SOFT", 1);
        }
        if !self.conductance {
            return Some(program.constants([v_rest, v_reset, v_th, r, &share, &hold], &[]));
        }
        let series = tableau.as_ref().map(Tableau::relaxation::<R>);
        if series.is_some() {
            program = program.define("SERIES", 1);
        }
        Some(program.constants([v_rest, v_reset, v_th, r, &pace, &hold], series.as_ref().map_or(&[], |c| c)))
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

    fn set_method(&mut self, method: Method) -> Result<()> {
        self.method = method;
        Ok(())
    }

    fn set_reset(&mut self, reset: Reset) -> Result<()> {
        self.reset = reset;
        Ok(())
    }

    fn add_conductance(&mut self) -> Result<()> {
        self.conductance = true;
        Ok(())
    }
}

struct Vars<'a, R> {
    v: &'a mut [R],
    spike: &'a mut [R],
    refractory: &'a mut [R],
    x: &'a [R],
    /// The conductance, or none.
    g: &'a [R],
    y: &'a mut [R],
}

struct Step<'a, R> {
    model: &'a Lif<R>,
    dt: R,
    /// None: exponential Euler.
    tableau: Option<Tableau>,
    first: usize,
    units: usize,
    vars: Vars<'a, R>,
}

/// Neurons that are stepped together.
const TILE: usize = 64;

/// What a step needs to know of each neuron of a tile.
struct Tile<R> {
    v_rest: [R; TILE],
    v_reset: [R; TILE],
    v_th: [R; TILE],
    r: [R; TILE],
    /// How much of the way to V_rest + R I a step makes. The equation is linear, so that this is
    /// all that a method decides.
    share: [R; TILE],
    /// dt/τ, where a conductance makes the share differ from step to step.
    pace: [R; TILE],
    /// What `refractory` is after a spike.
    hold: [R; TILE],
}

impl<R: Real> SimdLoop for Step<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let Vars { v, spike, refractory, x, g, y } = self.vars;
        let series = self.tableau.as_ref().map(Tableau::relaxation::<R>);
        let soft = self.model.reset == Reset::Soft;
        let same = self.model.constants.all().iter().all(|p| matches!(p, Param::All(_)));
        let mut tile = Tile::new(self.model, self.first, self.units, self.dt, self.tableau.as_ref());
        let chunks = (v.chunks_mut(TILE).zip(spike.chunks_mut(TILE))).zip(refractory.chunks_mut(TILE));
        for (t, (((v, spike), refractory), (x, y))) in chunks.zip(x.chunks(TILE).zip(y.chunks_mut(TILE))).enumerate() {
            if !same && t > 0 {
                tile = Tile::new(self.model, self.first + t * TILE, self.units, self.dt, self.tableau.as_ref());
            }
            let len = v.len().min(spike.len()).min(refractory.len()).min(x.len()).min(y.len()).min(TILE);
            let (v, spike, refractory, x, y) =
                (&mut v[..len], &mut spike[..len], &mut refractory[..len], &x[..len], &mut y[..len]);
            let mut moved = [zero; TILE];
            match g.get(t * TILE..t * TILE + len) {
                Some(g) if len > 0 => tile.pulled(v, x, g, series.as_ref(), &mut moved),
                _ => {
                    for k in 0..len {
                        let goal = tile.r[k].mul_add(x[k], tile.v_rest[k]);
                        moved[k] = (goal - v[k]).mul_add(tile.share[k], v[k]);
                    }
                }
            }
            for k in 0..len {
                let (v0, left) = (v[k], refractory[k]);
                let held = left > one;
                let after = if held { v0 } else { moved[k] };
                let rest = if held { left - one } else { zero };
                // Where a soft reset, or a reset above the threshold, leaves V there, the
                // refractory period comes first.
                let fired = !held & (after >= tile.v_th[k]);
                let spiked = if fired { one } else { zero };
                let reset = if soft { after - (tile.v_th[k] - tile.v_reset[k]) } else { tile.v_reset[k] };
                v[k] = if fired { reset } else { after };
                refractory[k] = if fired { tile.hold[k] } else { rest };
                spike[k] = spiked;
                y[k] = spiked;
            }
        }
    }
}

impl<R: Real> Tile<R> {
    /// The potentials after a step under a conductance: the goal is nearer to 0, and the way there
    /// faster.
    #[inline(always)]
    fn pulled(&self, v: &[R], x: &[R], g: &[R], series: Option<&[R; STAGES]>, moved: &mut [R; TILE]) {
        let one = R::of(1.0);
        let (mut goal, mut share) = ([one; TILE], [one; TILE]);
        for k in 0..g.len() {
            // At 0 the limit comes out: the smaller the share, the farther the goal.
            let pull = divisible(self.r[k].mul_add(g[k], one), R::of(-GROWTH) / self.pace[k]);
            goal[k] = self.r[k].mul_add(x[k], self.v_rest[k]) / pull;
            share[k] = self.pace[k] * pull;
        }
        match series {
            None => {
                for share in &mut share {
                    *share = decay(*share);
                }
            }
            Some([c1, c2, c3, c4]) => {
                for share in &mut share {
                    let z = *share;
                    *share = z.mul_add(z.mul_add(z.mul_add(*c4, *c3), *c2), *c1) * z;
                }
            }
        }
        for k in 0..g.len() {
            moved[k] = (goal[k] - v[k]).mul_add(share[k], v[k]);
        }
    }

    /// Of the neurons from number `first` on, counted over the batch.
    #[inline(always)]
    fn new(model: &Lif<R>, first: usize, units: usize, dt: R, tableau: Option<&Tableau>) -> Self {
        let of = |param: &Param<R>| param.spread::<TILE>(first, units);
        let Parameters { v_rest, v_reset, v_th, r, tau, tau_ref } = &model.constants;
        let tau = of(tau);
        let mut pace = tau;
        pace.iter_mut().for_each(|p| *p = dt / *p);
        let mut share = [R::of(0.0); TILE];
        match tableau {
            None => share.iter_mut().zip(&tau).for_each(|(s, tau)| *s = decay(dt / *tau)),
            // From 0 towards 1.
            Some(tableau) => [share] = tableau.stepper(dt).tile([share], |k, [x]| [(R::of(1.0) - x) / tau[k]]),
        }
        let mut hold = of(tau_ref);
        hold.iter_mut().for_each(|h| *h = R::of(1.0) + steps_in(*h, dt));
        Self { v_rest: of(v_rest), v_reset: of(v_reset), v_th: of(v_th), r: of(r), share, pace, hold }
    }
}
