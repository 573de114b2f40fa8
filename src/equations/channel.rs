//! A neuron of ion channels as one model: the membrane equation, and the gates of all channels.

use super::graph::{Binary, Graph, Id, Leaf};
use super::model::{InputSpec, Model, ParamSpec, Spike, StateSpec};
use super::system::Equations;
use super::traced::{IS_DOUBLE, Record};
use crate::error::{Error, Result};
use crate::init::Init;
use crate::integrator::Method;
use crate::numeric::scalar::{DType, Real};
use crate::system::param::Param;

/// The most variables, and the most parameters, of all channels of a neuron.
const MOST: usize = 1000;

/// The parameters of a neuron beside those of its channels: C, A and V_th.
const OWN: [(&str, f64, &str); 3] = [("C", 1.0, "uF/cm^2"), ("A", 1e-3, "cm^2"), ("V_th", 0.0, "mV")];

/// The parameters of an element type in `f64`.
pub(crate) fn wide<R: Real>(param: &Param<R>) -> Param<f64> {
    match param {
        Param::All(value) => Param::All(value.to_f64()),
        Param::Each(values) => Param::Each(values.iter().map(|value| value.to_f64()).collect()),
    }
}

/// A neuron to which channels are added.
///
/// ```text
/// C dV/dt = Σ I_c + 10⁻³ (x − g V)/A           over the channels c
/// ```
pub(crate) struct Membrane {
    model: Model,
    params: Vec<Param<f64>>,
    initial: Vec<Option<Init>>,
    /// The sum of the currents of the channels.
    current: Id,
}

impl Membrane {
    /// A neuron without channels, with its initial potential and these values of C, A and V_th.
    pub(crate) fn new(v: Init, own: [Param<f64>; 3]) -> Self {
        let mut model = Model::default();
        let zero = model.graph.constant(0.0);
        model.states.push(state("V", "mV", zero, zero));
        model.order.push(0);
        model.params.extend(OWN.map(|(name, default, unit)| param(name, default, unit)));
        let threshold = model.graph.leaf(Leaf::Param(2));
        model.spike = Some(Spike::Crosses { state: 0, threshold });
        Self { model, params: own.to_vec(), initial: vec![Some(v)], current: zero }
    }

    fn add(&mut self, current: Id) {
        self.current = self.model.graph.binary(Binary::Add, self.current, current);
    }

    /// Adds a channel that is a text. Its variables and parameters are `NAME.variable`, or `variable` if the
    /// name is empty.
    pub(crate) fn add_text(&mut self, name: &str, channel: &Equations) {
        let of = &*channel.model;
        let Some(current) = of.current else { return };
        let own = |variable: &str| if name.is_empty() { variable.to_owned() } else { format!("{name}.{variable}") };
        let (first_state, first_param) = (self.model.states.len(), self.model.params.len());
        let (normals, uniforms) = (self.model.normals, self.model.uniforms);
        let place = |graph: &mut Graph, leaf: Leaf| {
            graph.leaf(match leaf {
                Leaf::Input(_) => Leaf::State(0),
                Leaf::State(k) => Leaf::State(k.wrapping_add(first_state as u16)),
                Leaf::Param(k) => Leaf::Param(k.wrapping_add(first_param as u16)),
                Leaf::Normal(k) => Leaf::Normal(k.wrapping_add(normals)),
                Leaf::Uniform(k) => Leaf::Uniform(k.wrapping_add(uniforms)),
                Leaf::Time | Leaf::Dt => leaf,
            })
        };
        let slopes = of.states.iter().filter_map(|state| state.slope);
        let initial = of.states.iter().map(|state| state.initial);
        let assigned = of.each_step.iter().map(|(_, id)| *id);
        let roots: Vec<Id> = [current].into_iter().chain(initial).chain(slopes).chain(assigned).collect();
        let mut new = self.model.graph.import(&of.graph, &roots, place).into_iter();
        if let Some(current) = new.next() {
            self.add(current);
        }
        for (spec, initial) in of.states.iter().zip(new.by_ref().take(of.states.len()).collect::<Vec<_>>()) {
            self.model.states.push(StateSpec { name: own(&spec.name), initial, slope: None, ..spec.clone() });
        }
        for (k, _) in of.states.iter().enumerate().filter(|(_, spec)| spec.slope.is_some()) {
            self.model.states[first_state + k].slope = new.next();
        }
        let assigned = of.each_step.iter().zip(new).map(|((state, _), id)| (first_state + state, id));
        self.model.each_step.extend(assigned);
        self.model.order.extend(of.order.iter().map(|k| first_state + k));
        let params = of.params.iter().map(|spec| ParamSpec { name: own(&spec.name), ..spec.clone() });
        self.model.params.extend(params);
        self.model.noises.extend(of.noises.iter().map(|k| k.wrapping_add(normals)));
        self.model.normals = normals.saturating_add(of.normals);
        self.model.uniforms = uniforms.saturating_add(of.uniforms);
        self.params.extend(channel.params.iter().cloned());
        self.initial.extend(channel.initial.iter().cloned());
    }

    /// Adds a channel that is a record of Rust code: a and s of each gate, whose slope is a − s·x, and then
    /// the current. The parameters have names, units and values.
    pub(crate) fn add_record<R: Real>(
        &mut self,
        name: &str,
        Record { graph, results }: &Record,
        gates: &[&str],
        params: impl Iterator<Item = (String, String, Param<f64>)>,
    ) {
        let (first_state, first_param) = (self.model.states.len(), self.model.params.len());
        let double = if R::DTYPE == DType::F64 { 1.0 } else { 0.0 };
        let new = self.model.graph.import(graph, results, |graph, leaf| match leaf {
            IS_DOUBLE => graph.constant(double),
            Leaf::State(k) => graph.leaf(Leaf::State(k.wrapping_add(first_state as u16))),
            Leaf::Param(k) => graph.leaf(Leaf::Param(k.wrapping_add(first_param as u16))),
            _ => graph.leaf(Leaf::State(0)),
        });
        let Some((current, rates)) = new.split_last() else { return };
        self.add(*current);
        for (k, (gate, rates)) in gates.iter().zip(rates.chunks(2)).enumerate() {
            let [a, s] = *rates else { continue };
            let graph = &mut self.model.graph;
            let x = graph.leaf(Leaf::State((first_state + k) as u16));
            let closing = graph.binary(Binary::Mul, s, x);
            let slope = graph.binary(Binary::Sub, a, closing);
            let steady = graph.binary(Binary::Div, a, s);
            self.model.order.push(self.model.states.len());
            self.model.states.push(state(&format!("{name}.{gate}"), "1", steady, slope));
            self.initial.push(None);
        }
        for (own, unit, value) in params {
            self.model.params.push(param(&format!("{name}.{own}"), value.at(0), &unit));
            self.params.push(value);
        }
    }

    /// The group of neurons. With `conductance` it has the input `g`.
    pub(crate) fn neurons(mut self, units: usize, method: Method, conductance: bool) -> Equations {
        let input = |name: &str, unit: &str| InputSpec { name: name.to_owned(), unit: unit.to_owned() };
        self.model.inputs.push(input("x", "nA"));
        let graph = &mut self.model.graph;
        let (c, area) = (graph.leaf(Leaf::Param(0)), graph.leaf(Leaf::Param(1)));
        let mut given = graph.leaf(Leaf::Input(0));
        if conductance {
            self.model.inputs.push(input("g", "uS"));
            let (g, v) = (graph.leaf(Leaf::Input(1)), graph.leaf(Leaf::State(0)));
            let lost = graph.binary(Binary::Mul, g, v);
            given = graph.binary(Binary::Sub, given, lost);
        }
        // nA in µA
        let milli = graph.constant(1e-3);
        let per_area = graph.binary(Binary::Div, milli, area);
        let given = graph.binary(Binary::Mul, given, per_area);
        let sum = graph.binary(Binary::Add, self.current, given);
        let slope = graph.binary(Binary::Div, sum, c);
        if let Some(v) = self.model.states.first_mut() {
            v.slope = Some(slope);
        }
        Equations::of_model("CondNeuGroup", self.model, (self.params, self.initial), units).method(method)
    }
}

fn state(name: &str, unit: &str, initial: Id, slope: Id) -> StateSpec {
    StateSpec { name: name.to_owned(), unit: unit.to_owned(), initial, slope: Some(slope), held: false }
}

fn param(name: &str, default: f64, unit: &str) -> ParamSpec {
    ParamSpec { name: name.to_owned(), default, unit: unit.to_owned() }
}

impl Equations {
    /// Whether the text has `current`, and so describes an ion channel:
    /// [`CondNeuGroup::channel`](crate::models::CondNeuGroup::channel) takes it.
    #[must_use]
    pub fn describes_channel(&self) -> bool {
        self.model.current.is_some()
    }

    /// The neuron whose only channel is this text. Its names are those of the text.
    pub(super) fn neuron_of_channel(&self) -> Self {
        let own = OWN.map(|(_, default, _)| Param::All(default));
        let mut neuron = Membrane::new(Init::Constant(-65.0), own);
        neuron.add_text("", self);
        neuron.neurons(self.units, self.method, false).name(self.kind_name())
    }

    /// Checks that the text can be the channel of this name of a neuron.
    pub(crate) fn check_channel(&self, name: &str) -> Result<()> {
        if !self.describes_channel() {
            return Err(Error::Unsupported(format!(
                "the channel `{name}` is a text without `current`, which describes no ion channel"
            )));
        }
        if self.method != Method::ExpAuto {
            return Err(Error::Unsupported(format!(
                "the channel `{name}` has the method of its neurons: `CondNeuGroup::method` sets it"
            )));
        }
        Ok(())
    }

    /// Checks that the channels of a neuron have not too many variables and parameters.
    pub(crate) fn check_sizes(&self) -> Result<()> {
        let model = &self.model;
        let random = usize::from(model.normals.max(model.uniforms));
        for (what, count) in
            [("variables", model.states.len()), ("parameters", model.params.len()), ("random numbers", random)]
        {
            if count > MOST {
                return Err(Error::value(format!("{what} of a neuron"), count, format!("are more than {MOST}")));
            }
        }
        Ok(())
    }
}
