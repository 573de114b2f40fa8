//! White noise in the current of any model of neurons.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::numeric::white_noise;
use crate::system::program::{Program, ProgramBody};
use crate::system::state::{State, child};
use crate::system::{Coupling, Inputs, LinearMembrane, Schema, Shared, Start, System, Tick, Weight, WeightMut};

/// Units that are stepped together: their current stays in L1.
const TILE: usize = 512;

/// Neurons of any model, with white noise in their current.
///
/// The noise of intensity σ, in the model's unit of current times √ms, adds σ·ξ/√dt to the input
/// `x` of each step, with an independent standard normal ξ for each neuron and step. ξ is a
/// function of the loop's seed, the neuron and the step. Inputs, variables and output are the
/// model's.
///
/// ```
/// use overtime::models::{Lif, WhiteNoise};
/// use overtime::{Input, LoopOverTime};
///
/// # fn main() -> overtime::Result<()> {
/// let neurons = WhiteNoise::new(Lif::<f64>::new(100), 5.0);
/// let mut over_time = LoopOverTime::builder(neurons).seed(1).out_vars("V").build()?;
/// let run = over_time.run(Input::duration(100.0).constant(18.0))?;
/// assert_eq!(run["V"].shape(), [1000, 100]);
/// # Ok(()) }
/// ```
///
/// The noise has the bits of [`Group::noise`](crate::network::Group::noise) in a network with these
/// neurons as its first group. [`Hh`](crate::models::Hh) has noise of its own
/// ([`Hh::noise`](crate::models::Hh::noise)), with other random numbers, and records the current in
/// its variable `input`.
///
/// The model is any system whose units are independent ([`Coupling::Pointwise`]) and whose first
/// input is a current. On a GPU it needs a program whose `Params` has only members of type `acc_t`,
/// and NVRTC: the feature `embed-cubin` does not contain this kernel.
#[derive(Clone, Debug)]
pub struct WhiteNoise<M> {
    model: M,
    sigma: f64,
}

impl<M> WhiteNoise<M> {
    /// These neurons, with noise of intensity `sigma`, at least 0.
    #[must_use]
    pub fn new(model: M, sigma: f64) -> Self {
        Self { model, sigma }
    }
}

/// The text before the model's: the includes that do not depend on the model. All further includes
/// of the model are in its namespace.
const BEFORE: &str = "#include \"crossing.cuh\"\n#include \"math.cuh\"\n#include \"philox.cuh\"\n\
                      #include \"system.cuh\"\nnamespace noiseless {\n";

impl<R: Real, M: System<R>> System<R> for WhiteNoise<M> {
    fn schema(&self) -> Schema {
        Schema { reads_clock: true, ..self.model.schema() }
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        self.model.init(shared, state);
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, units, node) = (state.first(), state.units(), state.node());
        let noise = white_noise::WhiteNoise::new(at.shared.seed, child(node, 0), self.sigma, at.dt);
        for (tile, y) in y.chunks_mut(TILE).enumerate() {
            let all = tile * TILE..tile * TILE + y.len();
            let mut current = [R::of(0.0); TILE];
            let current = &mut current[..y.len()];
            if let Some(x) = x.port(0).get(all.clone()) {
                current.copy_from_slice(x);
            }
            noise.add((first + all.start) as u64, at.i, current);
            let mut inputs = *x;
            inputs.ports = x.ports.map(|port| port.get(all.clone()).unwrap_or_default());
            (inputs.ports[0], inputs.given[0]) = (current, true);
            let vars = state.all().iter_mut().map(|var| &mut var[all.clone()]).collect();
            let mut state = State::of_node(vars, first + all.start, units, node);
            self.model.step(at, &inputs, &mut state, y);
        }
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let mut program = self.model.program(dt)?;
        let ProgramBody::Pointwise(source) = &mut program.body else { return None };
        let (file, text) = (&source.file, &source.text);
        let file = file.replace(|c: char| c.is_control() || "\\\"".contains(c), "?");
        source.text = format!("{BEFORE}#line 1 \"{file}\"\n{text}\n}}\n#include \"white_noise.cuh\"\n").into();
        source.params.extend_from_slice(bytemuck::bytes_of(&white_noise::scale::<R>(self.sigma, dt)));
        let (hash, _) = Stream::named(0, white_noise::PURPOSE).parts();
        Some(program.define("NOISE_HASH", format!("{hash}ull")))
    }

    fn linear_membrane(&self) -> Option<LinearMembrane> {
        self.model.linear_membrane()
    }

    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        self.model.prepare(dt, device)
    }

    fn check_start(&self, start: &Start) -> Result<()> {
        self.model.check_start(start)
    }

    fn explain(&self, error: Error) -> Error {
        self.model.explain(error)
    }

    fn kind(&self) -> &str {
        self.model.kind()
    }

    fn weights(&self) -> Vec<Weight<'_, R>> {
        self.model.weights()
    }

    fn weights_mut(&mut self) -> Vec<WeightMut<'_, R>> {
        self.model.weights_mut()
    }

    fn check(&self) -> Result<()> {
        let (schema, kind) = (self.model.schema(), self.model.kind());
        if schema.coupling != Coupling::Pointwise || !schema.takes_current() {
            return Err(Error::Unsupported(format!(
                "noise in {kind}: its units are not independent neurons with an input for a current"
            )));
        }
        if !(self.sigma.is_finite() && self.sigma >= 0.0) {
            return Err(Error::value("noise", self.sigma, "is not a non-negative number"));
        }
        self.model.check()
    }
}
