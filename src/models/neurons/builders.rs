//! The builder methods that groups of neurons have in common, and what sets the same by name.

/// The builder methods of these names, in an `impl` of a group of neurons.
macro_rules! builders {
    ($($name:ident)*) => { $(crate::models::neurons::builders::builder!($name);)* };
}

macro_rules! builder {
    (method) => {
        /// Sets the integration method. The default is [`Method::ExpAuto`].
        #[must_use]
        pub fn method(mut self, method: Method) -> Self {
            self.method = method;
            self
        }
    };
    (param) => {
        /// Sets the parameter of this name: one value, or one for each neuron.
        ///
        /// # Errors
        /// If there is no such parameter.
        pub fn param(mut self, name: &str, value: impl Into<Param<R>>) -> Result<Self> {
            self.set_param(name, value.into())?;
            Ok(self)
        }
    };
    (init) => {
        /// Sets the initial value of the variable of this name.
        ///
        /// # Errors
        /// If there is no such variable, or if it has no initial value that can be set.
        pub fn init(mut self, name: &str, init: Init) -> Result<Self> {
            self.set_init(name, init)?;
            Ok(self)
        }
    };
    (reset) => {
        /// Sets the rule for the potential after a spike. The default is [`Reset::Hard`].
        #[must_use]
        pub fn reset(mut self, reset: Reset) -> Self {
            self.reset = reset;
            self
        }
    };
    (conductance) => {
        /// Adds the input `g`, a conductance towards 0, for synapses that have one.
        #[must_use]
        pub fn conductance(mut self) -> Self {
            self.conductance = true;
            self
        }
    };
}

/// The methods of [`NeuronGroup`](crate::models::NeuronGroup) that set a field.
macro_rules! setters {
    ($($name:ident)*) => { $(crate::models::neurons::builders::setter!($name);)* };
}

macro_rules! setter {
    (set_method) => {
        fn set_method(&mut self, method: Method) -> Result<()> {
            self.method = method;
            Ok(())
        }
    };
    (set_reset) => {
        fn set_reset(&mut self, reset: Reset) -> Result<()> {
            self.reset = reset;
            Ok(())
        }
    };
    (add_conductance) => {
        fn add_conductance(&mut self) -> Result<()> {
            self.conductance = true;
            Ok(())
        }
    };
}

pub(super) use {builder, builders, setter, setters};
