//! Neurons assembled of ion channels.

mod conduct;
mod program;
mod step;
mod text;

use super::builders::builders;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::channels::Channel;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable, variables};
use crate::models::{Method, NeuronGroup};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick, VarSpec};
use step::{Block, step};
use text::Whole;

/// The most gates that the channels of a neuron may have together.
pub(crate) const MAX_GATES: usize = 16;

/// The parameters that a device lets differ between units.
const MAX_EACH: usize = 32;

/// Conductance-based neurons, assembled of ion [channels](Channel): `brainpy.dyn.CondNeuGroupLTC`.
///
/// ```text
/// C dV/dt = Σ g_c (E_c − V) + 10⁻³ (x − g V)/A           over the channels c
/// ```
///
/// What g_c is, and how its gates move, stands with [`ChannelKind`](crate::models::ChannelKind). The
/// current of a channel of one's own is a text: [`Equations`](crate::Equations) with a line `current`.
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV |
/// | `NAME.p`, `NAME.q` | gates of the channel that was given as `NAME`; a text names its own variables |
/// | `spike` | 1 if V crossed `V_th` from below in this step, else 0; also the output. There is no reset |
/// | `below` | 1 if V was below `V_th` at the start and at the end of this step, else 0 |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `C` | 1 | µF/cm² |
/// | `A` | 0.001 | cm², the membrane's area: by default 1 nA of `x` is 1 µA/cm² |
/// | `V_th` | 0 | mV |
///
/// Every upward crossing of `V_th` is a spike. If a network's synapse lifts V over the threshold
/// between two steps, the neuron spikes in the second (`below` tells that it has not yet).
///
/// Time is in ms. V starts uniform in [−70, −60), the gates where they are steady at that V. Input
/// `x`: `[N]`, current in nA; a run may do without. With [`conductance`](Self::conductance) there
/// is an input `g` too, `[N]`, in µS, which adds −g V to the current and enters ∂V'/∂V: a synapse
/// of conductance s and reversal potential E adds s to g and s·E to x.
///
/// ```
/// use overtime::models::{Channel, ChannelKind, CondNeuGroup};
/// use overtime::{Input, LoopOverTime};
/// let neurons = CondNeuGroup::<f64>::new(4)
///     .channel("INa", Channel::new(ChannelKind::INaHh1952))
///     .channel("IK", Channel::new(ChannelKind::IKHh1952).param("g_max", 36.0)?)
///     .channel("IL", Channel::new(ChannelKind::IL).param("E", -54.4)?);
/// let mut over_time = LoopOverTime::builder(neurons).out_vars(["V", "INa.p"]).build()?;
/// let run = over_time.run(Input::steps(1000).constant(10.0))?;
/// # assert_eq!(run["INa.p"].shape(), [1000, 4]);
/// # Ok::<(), overtime::Error>(())
/// ```
///
/// A text is a channel like the others. V and the variables of all channels are then one system of
/// equations, from which the library makes the program for the CPU, the CUDA text, and ∂V'/∂V with the
/// derivative of each current by V:
///
/// ```
/// use overtime::models::{Channel, ChannelKind, CondNeuGroup};
/// use overtime::{Equations, Input, LoopOverTime};
/// let m = "
///     param g_max = 0.07 mS/cm^2
///     param E = -90 mV
///     input V : mV
///     p_inf = 1/(1 + exp(-(V/1 mV + 35)/10))
///     tau = 1000/(3.3*exp((V/1 mV + 35)/20) + exp(-(V/1 mV + 35)/20)) : ms
///     p' = (p_inf - p)/tau
///     state p = p_inf
///     current g_max*p*(E - V)
/// ";
/// let neurons = CondNeuGroup::<f64>::new(4)
///     .channel("INa", Channel::new(ChannelKind::INaTm1991))
///     .channel("IK", Channel::new(ChannelKind::IKTm1991))
///     .channel("IL", Channel::new(ChannelKind::IL))
///     .channel("IM", Equations::new(m)?.param("g_max", vec![0.0, 0.05, 0.1, 0.2])?);
/// let mut over_time = LoopOverTime::builder(neurons).out_vars(["V", "IM.p"]).build()?;
/// let run = over_time.run(Input::steps(1000).constant(5.0))?;
/// # assert_eq!(run["IM.p"].shape(), [1000, 4]);
/// # Ok::<(), overtime::Error>(())
/// ```
///
/// The default method, `exp_auto`, is brainpy's: the potential under conductances as the gates
/// were, each gate under the potential as it was. The Runge-Kutta methods integrate all variables
/// as one system, with the method's order; brainpy makes a step of each variable with the others
/// held, which has order 1 whatever the method. Brainpy's `CondNeuGroup` takes the current of its
/// synapses at the potential before the step; here, as in its `CondNeuGroupLTC`, their conductance
/// is one like the channels'. In both, `A` scales what is given as `x` and not what synapses bring;
/// here it scales both.
#[doc(alias("CondNeuGroupLTC"))]
#[derive(Clone, Debug)]
pub struct CondNeuGroup<R> {
    size: usize,
    channels: Vec<(String, Channel<R>)>,
    params: Parameters<Param<R>>,
    method: Method,
    v: Init,
    conductance: bool,
    whole: Whole,
}

crate::parameters! {
    /// The parameters of a [`CondNeuGroup`] beside those of its channels.
    struct Parameters {
        c: "C" = 1.0, "µF/cm²", Positive, "membrane capacitance";
        area: "A" = 1e-3, "cm²", Positive, "the membrane's area, for currents in nA";
        v_th: "V_th" = 0.0, "mV", Finite, "threshold that counts as a spike";
    }
}

impl<R: Real> CondNeuGroup<R> {
    /// `size` neurons without channels yet, with the default parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let params = Parameters::TABLE.map(|parameter| parameter.default.into()).into();
        Self {
            size,
            channels: Vec::new(),
            params,
            method: Method::ExpAuto,
            v: Init::uniform(-70.0, -60.0),
            conductance: false,
            whole: Whole::default(),
        }
    }

    /// Adds a channel under a name: a [`Channel`], or [`Equations`](crate::Equations) with a line
    /// `current`. Currents are summed in the order in which channels are added.
    #[must_use]
    pub fn channel(mut self, name: impl Into<String>, channel: impl Into<Channel<R>>) -> Self {
        self.channels.push((name.into(), channel.into()));
        self.changed()
    }

    /// Sets the integration method. The default is [`Method::ExpAuto`].
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self.changed()
    }

    builders!(param init);

    /// Adds the input `g`, a conductance towards 0, for synapses that have one.
    #[must_use]
    pub fn conductance(mut self) -> Self {
        self.conductance = true;
        self.changed()
    }

    /// Initial potential, mV.
    #[must_use]
    pub fn v(mut self, init: Init) -> Self {
        self.v = init;
        self.changed()
    }

    /// What there is to know of the model by name. Each channel adds its gates, `NAME.p` and
    /// `NAME.q`, to the variables.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(
            Family::Neuron,
            "CondNeuGroup",
            "a neuron assembled of ion channels: [[channel]] in a model file",
        );
        all.aliases = &["CondNeuGroupLTC"];
        all.inputs = vec![Port::new("x", "nA", "current"), Port::new("g", "µS", "conductance, on request")];
        all.variables = vec![Variable::new("V", "mV", "membrane potential"), variables::CROSSED, variables::BELOW];
        all.parameters = Parameters::TABLE.to_vec();
        all.options = info::optional(&["method", "channel", "conductance"]);
        all
    }

    fn gates(&self) -> usize {
        self.channels.iter().map(|(_, channel)| channel.gates().len()).sum()
    }

    fn changed(mut self) -> Self {
        self.whole = Whole::default();
        self
    }
}

impl<R: Real> System<R> for CondNeuGroup<R> {
    fn schema(&self) -> Schema {
        if let Some(whole) = self.whole() {
            return System::<R>::schema(whole);
        }
        let schema = Schema::pointwise(self.size).drive("x");
        let schema = if self.conductance { schema.drive("g") } else { schema };
        let gates = self
            .channels
            .iter()
            .flat_map(|(name, channel)| channel.gates().iter().map(move |gate| format!("{name}.{gate}")));
        let gates = gates.map(|name| VarSpec::new(name, [self.size]));
        gates.fold(schema.vars(["V"]), Schema::var).vars(["spike", "below"])
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        if let Some(whole) = self.whole() {
            return whole.init(shared, state);
        }
        let stream = Stream::of_node(shared.seed, state.node(), "V");
        let (first, units) = (state.first(), state.units());
        let mut vars = state.all().iter_mut().map(|var| &mut **var);
        let v = vars.next().unwrap_or_default();
        self.v.fill_checked(v, &[self.size], stream);
        for (_, channel) in &self.channels {
            let gates: Vec<&mut [R]> = vars.by_ref().take(channel.gates().len()).collect();
            conduct::steady(channel, v, gates, first, units);
        }
        vars.for_each(|var| var.fill(R::of(0.0)));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        if let Some(whole) = self.whole() {
            return whole.step(at, x, state, y);
        }
        let (first, units) = (state.first(), state.units());
        let g = if self.conductance { x.port(1) } else { &[] };
        step(self, Block { first, units, dt: R::of(at.dt), x: x.port(0), g, y }, state.all());
    }

    fn program(&self, dt: f64) -> Option<Program> {
        match self.whole() {
            Some(whole) => System::<R>::program(whole, dt),
            None => Some(program::program(self, dt)),
        }
    }

    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        if let Some(whole) = self.whole() {
            return System::<R>::prepare(whole, dt, device);
        }
        let params =
            self.params.all().into_iter().chain(self.channels.iter().flat_map(|(_, channel)| channel.params()));
        match params.enumerate().find(|(field, param)| *field >= MAX_EACH && matches!(param, Param::Each(_))) {
            Some(_) if device != Device::Cpu => Err(Error::Unsupported(format!(
                "neurons with parameters of their own beyond the first {MAX_EACH}, counted in the order of channels, on {device}"
            ))),
            _ => Ok(()),
        }
    }

    fn kind(&self) -> &str {
        "CondNeuGroup"
    }

    fn check(&self) -> Result<()> {
        self.method.check_nonlinear(self.kind())?;
        info::check_all(&Parameters::TABLE, self.params.all(), self.size)?;
        for (k, (name, channel)) in self.channels.iter().enumerate() {
            if name.is_empty() || name.contains('.') || self.channels[..k].iter().any(|(other, _)| other == name) {
                return Err(Error::value(
                    "channel name",
                    format!("`{name}`"),
                    "is empty, has a dot, or is there twice",
                ));
            }
            channel.check(name, self.size)?;
        }
        if let Some(whole) = self.whole() {
            whole.check_sizes()?;
            return System::<R>::check(whole);
        }
        if self.gates() > MAX_GATES {
            return Err(Error::value("gates of all channels", self.gates(), format!("are more than {MAX_GATES}")));
        }
        self.v.check("V", &[self.size])
    }
}

impl<R: Real> NeuronGroup<R> for CondNeuGroup<R> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        *info::named(&Parameters::TABLE, self.params.all_mut(), name)? = value;
        self.whole = Whole::default();
        Ok(())
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        match name {
            "V" => self.v = init,
            _ => return Err(Error::unknown("variable with an initial value", name, ["V"])),
        }
        self.whole = Whole::default();
        Ok(())
    }

    fn set_method(&mut self, method: Method) -> Result<()> {
        self.method = method;
        self.whole = Whole::default();
        Ok(())
    }

    fn add_conductance(&mut self) -> Result<()> {
        self.conductance = true;
        self.whole = Whole::default();
        Ok(())
    }

    fn add_channel(&mut self, name: &str, channel: Channel<R>) -> Result<()> {
        self.channels.push((name.to_owned(), channel));
        self.whole = Whole::default();
        Ok(())
    }
}
