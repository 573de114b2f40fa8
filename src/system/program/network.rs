//! A network as a device gets it.

use super::CudaSource;
use crate::network::plan::NetworkPlan;
use std::sync::Arc;

/// A network: its plan, and for each group the model and the constant current, one value or one for each neuron, as bytes.
#[derive(Clone, Debug)]
pub(crate) struct NetworkProgram {
    pub(crate) plan: Arc<NetworkPlan>,
    pub(crate) models: Vec<CudaSource>,
    pub(crate) currents: Vec<Option<Vec<u8>>>,
}
