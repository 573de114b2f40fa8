//! Equations as text as a group of neurons.

use crate::equations::Equations;
use crate::error::Result;
use crate::init::Init;
use crate::integrator::Method;
use crate::models::NeuronGroup;
use crate::numeric::scalar::Real;
use crate::system::param::Param;

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
}
