//! Equations as text as a group of neurons.

use crate::equations::Equations;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::integrator::Method;
use crate::models::NeuronGroup;
use crate::models::info::{self, Bound, Family, ModelInfo, Parameter, Port, Variable, variables};
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use std::borrow::Cow;

impl Equations {
    /// The facts of the model: its variables, parameters, inputs and units are those of the text.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        let of = |unit: &str| Cow::Owned(if unit == "1" { String::new() } else { unit.to_owned() });
        let mut info = ModelInfo::new(Family::Neuron, "Equations", "equations as text");
        info.name = Cow::Owned(self.kind_name().to_owned());
        info.inputs = self.inputs().into_iter().map(|(name, unit)| Port::of(name, of(unit))).collect();
        let own = self.variables().len() - self.added_variables().len();
        info.variables = (self.variables().into_iter().take(own))
            .map(|(name, unit)| Variable {
                name: Cow::Owned(name.to_owned()),
                unit: of(unit),
                ..Variable::new("", "", "")
            })
            .collect();
        info.variables.extend(self.added_variables().iter().map(|added| match *added {
            "refractory" => variables::REFRACTORY,
            "below" => variables::BELOW,
            _ => variables::FIRED,
        }));
        info.parameters = (self.parameters().into_iter())
            .map(|(name, unit, value)| Parameter {
                name: Cow::Owned(name.to_owned()),
                unit: of(unit),
                default: value.at(0),
                ..Parameter::new("", 0.0, "", Bound::Finite, "")
            })
            .collect();
        info.options = info::optional(&["method"]);
        info
    }
}

impl<R: Real> NeuronGroup<R> for Equations {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        let value = match value {
            Param::All(value) => Param::All(value.to_f64()),
            Param::Each(values) => Param::Each(values.into_iter().map(R::to_f64).collect()),
        };
        self.put_param(name, value)
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        self.put_init(name, init)
    }

    fn set_method(&mut self, method: Method) -> Result<()> {
        self.put_method(method);
        Ok(())
    }

    /// A text has the input `g`, or takes no conductance.
    fn add_conductance(&mut self) -> Result<()> {
        if self.inputs().iter().any(|(name, _)| *name == "g") {
            return Ok(());
        }
        Err(Error::Unsupported(format!("a conductance of {}: the text has no line `input g`", self.kind_name())))
    }
}
