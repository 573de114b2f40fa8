//! The facts of each model, by name. The command prints them, pictures have their units as labels,
//! and model files are checked against them. Parameters and variables come from the tables that the
//! models themselves use.

mod list;
mod parameter;

pub use list::{all, find, find_in, layer, neurons};
pub use parameter::{Bound, Parameter};
pub(crate) use parameter::{check_all, named};

use std::borrow::Cow;
use std::fmt;
use std::fmt::Display;

/// The kind of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// A group of neurons with differential equations.
    Neuron,
    /// A group of units whose spikes do not follow from equations.
    Source,
    /// An ion channel of a [`CondNeuGroup`](super::CondNeuGroup).
    Channel,
    /// A recurrent cell.
    Cell,
    /// A layer with weights, which a [`Sequential`](crate::Sequential) may contain.
    Layer,
    /// An activation function: a function of each feature, or softmax.
    Activation,
}

impl Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Neuron => "neuron",
            Self::Source => "source",
            Self::Channel => "channel",
            Self::Cell => "cell",
            Self::Layer => "layer",
            Self::Activation => "activation",
        })
    }
}

/// The facts of a model: its name, inputs, variables, parameters, weights and settings.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModelInfo {
    /// The name, which [`System::kind`](crate::System::kind) of the model returns too.
    pub name: Cow<'static, str>,
    /// Other names that [`find`] accepts: customary names, and names of other simulators.
    pub aliases: &'static [&'static str],
    /// A description in one line.
    pub about: Cow<'static, str>,
    /// The kind of the model.
    pub family: Family,
    /// The inputs. An input without a name belongs to the first one.
    pub inputs: Vec<Port>,
    /// The variables, in the order of the state.
    pub variables: Vec<Variable>,
    /// The parameters.
    pub parameters: Vec<Parameter>,
    /// The weights, of a cell or a layer.
    pub weights: Vec<WeightInfo>,
    /// Further settings.
    pub options: Vec<Setting>,
    /// The publication of the model, if there is one.
    pub source: Option<&'static str>,
}

/// An input of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Port {
    /// The name.
    pub name: Cow<'static, str>,
    /// The unit; empty if it has none.
    pub unit: Cow<'static, str>,
    /// The meaning, in a few words.
    pub about: Cow<'static, str>,
}

/// A variable of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// The name.
    pub name: Cow<'static, str>,
    /// The unit; empty if it has none.
    pub unit: Cow<'static, str>,
    /// The meaning, in a few words.
    pub about: Cow<'static, str>,
    /// Whether its initial value can be set.
    pub initial: bool,
    /// The shape, in terms of the model's sizes: `[2·num_out]`. Empty for one value for each unit.
    pub shape: String,
}

/// A weight of a cell or a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeightInfo {
    /// The name.
    pub name: String,
    /// The shape, in terms of the model's sizes: `[num_in, 3·num_out]`.
    pub shape: String,
}

/// A setting of a model that is neither a parameter nor an initial value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The name of the setting, of the builder's method, and of the key in a model file.
    pub name: &'static str,
    /// Whether the setting is required.
    pub required: bool,
}

impl Port {
    /// An input with this name and unit.
    pub(crate) fn of(name: &str, unit: Cow<'static, str>) -> Self {
        Self { name: Cow::Owned(name.to_owned()), unit, about: Cow::Borrowed("") }
    }

    pub(crate) const fn new(name: &'static str, unit: &'static str, about: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), unit: Cow::Borrowed(unit), about: Cow::Borrowed(about) }
    }
}

impl Variable {
    /// A variable with one value for each unit, whose initial value can be set.
    #[must_use]
    pub const fn new(name: &'static str, unit: &'static str, about: &'static str) -> Self {
        let [name, unit, about] = [Cow::Borrowed(name), Cow::Borrowed(unit), Cow::Borrowed(about)];
        Self { name, unit, about, initial: true, shape: String::new() }
    }

    /// A variable whose initial value cannot be set.
    pub(crate) const fn fixed(name: &'static str, unit: &'static str, about: &'static str) -> Self {
        let mut variable = Self::new(name, unit, about);
        variable.initial = false;
        variable
    }
}

/// Optional settings with these names.
pub(crate) fn optional(names: &[&'static str]) -> Vec<Setting> {
    names.iter().map(|name| Setting { name, required: false }).collect()
}

/// Required settings with these names.
pub(crate) fn required(names: &[&'static str]) -> Vec<Setting> {
    names.iter().map(|name| Setting { name, required: true }).collect()
}

impl ModelInfo {
    /// A model without inputs, variables, parameters or settings yet.
    pub(crate) fn new(family: Family, name: &'static str, about: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            aliases: &[],
            about: Cow::Borrowed(about),
            family,
            inputs: Vec::new(),
            variables: Vec::new(),
            parameters: Vec::new(),
            weights: Vec::new(),
            options: Vec::new(),
            source: None,
        }
    }

    /// The variable of this name.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The input of this name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// Whether the model has this setting.
    #[must_use]
    pub fn takes(&self, setting: &str) -> bool {
        self.options.iter().any(|option| option.name == setting)
    }

    /// The names of the variables whose initial value can be set.
    pub fn initial(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().filter(|variable| variable.initial).map(|variable| &*variable.name)
    }
}

/// Variables that have the same meaning in many models.
pub(crate) mod variables {
    use super::Variable;

    pub(crate) const REACHED: Variable = Variable::fixed("spike", "", "1 where V reached V_th; also the output");
    pub(crate) const CROSSED: Variable =
        Variable::fixed("spike", "", "1 where V crossed V_th from below; also the output");
    pub(crate) const FIRED: Variable = Variable::fixed("spike", "", "1 where the unit spikes; also the output");
    pub(crate) const REFRACTORY: Variable =
        Variable::fixed("refractory", "", "steps of the refractory period that are left");
    pub(crate) const BELOW: Variable =
        Variable::fixed("below", "", "1 where V was below V_th at the start and at the end of the step");
}
