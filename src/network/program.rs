//! The program of a network: the plan, and the text of each model.

use super::Network;
use crate::numeric::scalar::Real;
use crate::system::program::network::NetworkProgram;
use crate::system::program::{Program, ProgramBody};

impl<T: Real> Network<T> {
    /// Returns `None` if a model has no program, or a program that is not pointwise.
    pub(super) fn to_program(&self, dt: f64) -> Option<Program> {
        let source =
            |program: Program| if let ProgramBody::Pointwise(source) = program.body { Some(source) } else { None };
        let models = self.models.iter().map(|model| source(model.program(dt)?)).collect::<Option<_>>()?;
        let bytes = |current: &crate::system::param::Param<T>| bytemuck::cast_slice(current.values()).to_vec();
        let currents = self.currents.iter().map(|current| current.as_ref().map(bytes)).collect();
        let releases = self.releases.iter().enumerate().map(|(number, release)| release.cuda(number)).collect();
        let rules = self.rules.iter().enumerate().map(|(number, rule)| rule.cuda(number)).collect();
        let program = NetworkProgram { plan: self.plan.clone(), models, currents, releases, rules };
        Some(Program { body: ProgramBody::Network(program) })
    }
}
