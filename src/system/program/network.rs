//! A network in the form that the CUDA engine receives.

use super::CudaSource;
use crate::network::plan::NetworkPlan;
use std::sync::Arc;

/// A network for a GPU: the plan, and for each group its model and its constant current. The
/// current is one value or one value for each neuron, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct NetworkProgram {
    pub(crate) plan: Arc<NetworkPlan>,
    pub(crate) models: Vec<CudaSource>,
    pub(crate) currents: Vec<Option<Vec<u8>>>,
    /// The function of each text of kinetics, by its number in the plan.
    pub(crate) releases: Vec<String>,
    /// The structures of the rules of plasticity, by their numbers in the plan.
    pub(crate) rules: Vec<String>,
}
