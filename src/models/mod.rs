//! Neurons, sources of spikes, ion channels, recurrent cells and layers. The file of a model has
//! its equations, its parameters with units and defaults, and its citation.

pub mod brainpy;
pub(crate) mod cells;
mod channels;
mod info;
mod layer_options;
pub(crate) mod layers;
mod neuron_group;
pub(crate) mod neurons;
mod sources;
mod weights;

pub use crate::error::nearest::nearest;
pub use crate::integrator::Method;
pub use crate::system::param::Param;
pub use cells::frame::{Cell, CellStep, Defaults, Gates};
pub use cells::gru_cell::GruCell;
pub use cells::lstm_cell::LstmCell;
pub use cells::rnn_cell::RnnCell;
pub use channels::{Channel, ChannelKind};
pub use info::{
    Bound, Family, ModelInfo, Parameter, Port, Setting, Variable, WeightInfo, all, find, find_in, layer, neurons,
};
pub use layer_options::LayerOptions;
pub use layers::activation::Activation;
pub use layers::conv2d::{Conv2d, Padding};
pub use layers::dense::Dense;
pub use layers::recurrent::{Gru, Lstm, Recurrent, Rnn};
pub use neuron_group::NeuronGroup;
pub use neurons::ad_qua_if::AdQuaIf;
pub use neurons::adex_if::AdExIf;
#[doc(hidden)]
pub use neurons::block::Block;
pub use neurons::cond_neu_group::CondNeuGroup;
pub use neurons::exp_if::ExpIf;
pub use neurons::fitzhugh_nagumo::FitzHughNagumo;
pub use neurons::frame::{Neuron, NeuronEquations, Reset};
pub use neurons::hh::Hh;
pub use neurons::hindmarsh_rose::HindmarshRose;
pub use neurons::hodgkin_huxley::HodgkinHuxleyNeuron;
pub use neurons::izhikevich::Izhikevich;
pub use neurons::lif::Lif;
pub use neurons::morris_lecar::MorrisLecar;
pub use neurons::qua_if::QuaIf;
pub use neurons::traub_miles::TraubMiles;
pub use neurons::wang_buzsaki::WangBuzsaki;
pub use neurons::white_noise::WhiteNoise;
pub use sources::{InputGroup, PoissonGroup, SpikeTimeGroup};
