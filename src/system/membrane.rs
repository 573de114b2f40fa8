//! The linear equation of a membrane potential that a network integrates together with currents.

use super::param::Param;

/// The equation τ dV/dt = −(V − V_rest) + R·I of a model whose step is exact for a current I that is
/// constant over the step. A network can then solve V exactly for the currents of its receptors,
/// which are not constant. [`System::linear_membrane`](super::System::linear_membrane) returns it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearMembrane {
    /// The time constant τ, ms.
    pub tau: Param<f64>,
    /// The resistance R.
    pub r: Param<f64>,
}
