//! The release model of a text of synapses: its program for the sources of a projection.

use super::cuda;
use super::graph::{Id, Leaf};
use super::initial::check_init;
use super::model::Transmit;
use super::program::StepProgram;
use super::system::Equations;
use super::tape::{Tape, Units};
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::scalar::Real;
use crate::system::Tick;
use crate::system::param::Param;
use std::fmt::Write;

/// The variable of the amount that a source transmits, behind those of the text.
pub(crate) const TRANSMITTED: &str = "transmitted";

/// The program of a release model.
#[derive(Debug)]
pub(crate) struct Release<R> {
    equations: Equations,
    program: StepProgram,
    tape: Tape<R>,
}

/// A step of some sources.
pub(crate) struct Step<'a, 'v, R> {
    pub(crate) at: Tick<'a>,
    /// The potentials of the sources, if the text reads them.
    pub(crate) potential: &'a [R],
    /// 1 for each source whose spike arrives, and 0 for the others.
    pub(crate) spiked: &'a [R],
    /// The variables of the text.
    pub(crate) vars: &'a mut [&'v mut [R]],
    /// The amounts that the sources transmit, as the text says.
    pub(crate) amounts: &'a mut [R],
}

impl Equations {
    /// Whether the text has `on spike` or `transmit`, and so describes synapses:
    /// [`Projection::kinetics`](crate::network::Projection::kinetics) takes it. Otherwise it describes a
    /// neuron or a rate model.
    #[must_use]
    pub fn describes_synapses(&self) -> bool {
        self.model.release.is_some()
    }

    /// Whether a source transmits in each step, and not only at spikes.
    pub(crate) fn transmits_in_each_step(&self) -> bool {
        let release = self.model.release.as_ref();
        release.is_some_and(|release| matches!(release.transmit, Transmit::InEachStep(_)))
    }

    /// Whether the text of synapses has an input, which is the potential of the source.
    pub(crate) fn reads_potential(&self) -> bool {
        !self.model.inputs.is_empty()
    }

    /// The names of the variables of the text of synapses.
    pub(crate) fn release_variables(&self) -> Vec<&str> {
        self.model.states.iter().map(|state| state.name.as_str()).collect()
    }

    /// Checks that the text can be the kinetics of this projection. [`Self::to_release`] checks initial values.
    pub(crate) fn check_release(&self, projection: &str) -> Result<()> {
        if !self.describes_synapses() {
            return Err(Error::Unsupported(format!(
                "the kinetics of projection `{projection}` are a text without `on spike` and `transmit`, which describes \
                 a neuron"
            )));
        }
        for (spec, param) in self.model.params.iter().zip(&self.params) {
            if matches!(param, Param::Each(_)) {
                return Err(Error::Unsupported(format!(
                    "`{}` of projection `{projection}` has one value for each source, but kinetics have one for all",
                    spec.name
                )));
            }
        }
        self.check_parameters(1).map_err(|error| error.within(&format!("projection `{projection}`")))
    }

    /// The release model of a projection for `units` sources with these initial values, for steps of `dt`.
    pub(crate) fn to_release<R: Real>(
        &self,
        projection: &str,
        units: usize,
        given: &[(String, Init)],
        dt: f64,
    ) -> Result<Release<R>> {
        let mut equations = self.clone().units(units);
        for (variable, init) in given {
            check_init(init, &format!("initial {variable} of projection `{projection}`"), units)?;
            equations.put_init(variable, init.clone())?;
        }
        equations.check_values(units)?;
        let program = equations.step_program::<R>(dt)?;
        let tape = equations.tape(&program)?;
        Ok(Release { equations, program, tape })
    }

    /// The CUDA function `releaseN` of a step: it returns the amount that a source transmits.
    pub(super) fn release_text(&self, program: &StepProgram, number: usize) -> String {
        let states = program.after.len();
        let mut out = format!(
            "__device__ __forceinline__ acc_t release{number}(scalar_t* vars, u64 all, acc_t potential, acc_t spiked) {{\n"
        );
        let place = |k: usize| match k {
            0 => "vars".to_owned(),
            1 => "vars + all".to_owned(),
            k => format!("vars + {k} * all"),
        };
        for k in 0..states {
            // Writing to a String never fails.
            let _ = writeln!(out, "    acc_t s{k} = load({});", place(k));
        }
        let leaf = |leaf| match leaf {
            Leaf::State(k) => Some(format!("s{k}")),
            leaf if leaf == self.model.spiked() => Some("spiked".to_owned()),
            Leaf::Input(_) => Some("potential".to_owned()),
            _ => None,
        };
        let stored: Vec<(String, Id)> =
            program.after.iter().enumerate().map(|(k, id)| (format!("s{k}"), *id)).collect();
        out.push_str(&cuda::body(&program.graph, &stored, Some(program.output), &leaf));
        for k in 0..states {
            let _ = writeln!(out, "    store({}, s{k});", place(k));
        }
        out.push_str("    return y;\n}\n");
        out
    }
}

impl<R: Real> Release<R> {
    /// Sets the initial values of the variables. `stream` precedes the names of random streams.
    pub(crate) fn start(&self, seed: u64, node: u16, stream: &str, units: usize, vars: &mut [&mut [R]]) {
        self.equations.start(seed, node, stream, units, vars);
    }

    /// Makes a step.
    pub(crate) fn step(&self, step: Step<'_, '_, R>) {
        let Step { at, potential, spiked, vars, amounts } = step;
        let units = Units { first: 0, row: amounts.len(), node: 0 };
        let both = [potential, spiked];
        let inputs = if self.equations.reads_potential() { &both[..] } else { &both[1..] };
        self.tape.step_with_results(at, units, inputs, &[], vars, &mut [amounts]);
    }

    /// The CUDA function of a step.
    pub(crate) fn cuda(&self, number: usize) -> String {
        self.equations.release_text(&self.program, number)
    }
}
