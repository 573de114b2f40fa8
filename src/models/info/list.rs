//! The models by name.

use super::{Family, ModelInfo};
use crate::error::nearest::{folded, nearest};
use crate::error::{Error, Result};
use crate::models::{
    Activation, AdExIf, AdQuaIf, ChannelKind, CondNeuGroup, Conv2d, Dense, ExpIf, FitzHughNagumo, Gru, GruCell, Hh,
    HindmarshRose, InputGroup, Izhikevich, LayerOptions, Lif, Lstm, LstmCell, MorrisLecar, NeuronGroup, PoissonGroup,
    QuaIf, Rnn, RnnCell, SpikeTimeGroup, TraubMiles, WangBuzsaki, brainpy,
};
use crate::numeric::scalar::{Real, Scalar};
use std::sync::LazyLock;

/// Lists the groups of neurons: the type of each, and a function that makes a group of a size.
macro_rules! groups {
    ($($model:ty => $new:expr;)*) => {
        fn groups() -> Vec<ModelInfo> {
            type R = f64;
            vec![$(<$model>::info()),*]
        }

        fn group<R: Real>(name: &str, size: usize) -> Option<Box<dyn NeuronGroup<R>>> {
            $(if name == <$model>::info().name {
                let new: fn(usize) -> $model = $new;
                return Some(Box::new(new(size)));
            })*
            None
        }
    };
}

// A new neuron needs a line here.
groups! {
    Hh<R> => Hh::new;
    TraubMiles<R> => TraubMiles::new;
    CondNeuGroup<R> => CondNeuGroup::new;
    Lif<R> => Lif::new;
    Izhikevich<R> => Izhikevich::new;
    ExpIf<R> => ExpIf::new;
    AdExIf<R> => AdExIf::new;
    QuaIf<R> => QuaIf::new;
    AdQuaIf<R> => AdQuaIf::new;
    MorrisLecar<R> => MorrisLecar::new;
    WangBuzsaki<R> => WangBuzsaki::new;
    FitzHughNagumo<R> => FitzHughNagumo::new;
    HindmarshRose<R> => HindmarshRose::new;
    PoissonGroup<R> => PoissonGroup::with_defaults;
    SpikeTimeGroup => SpikeTimeGroup::silent;
    InputGroup => InputGroup::new;
}

/// Lists the cells and layers whose constructors take two sizes.
macro_rules! layers {
    ($($model:ty;)*) => {
        fn layers() -> Vec<ModelInfo> {
            type T = f64;
            vec![$(<$model>::info()),*]
        }

        fn layer_named<T: Scalar>(name: &str, num_in: usize, num_out: usize) -> Option<Box<dyn LayerOptions<T>>> {
            $(if name == <$model>::info().name {
                return Some(Box::new(<$model>::new(num_in, num_out)));
            })*
            None
        }
    };
}

layers! {
    RnnCell<T>; GruCell<T>; LstmCell<T>; Rnn<T>; Gru<T>; Lstm<T>;
    brainpy::RnnCell<T>; brainpy::GruCell<T>; brainpy::LstmCell<T>; brainpy::Gru<T>; brainpy::Lstm<T>;
    Dense<T>;
}

static ALL: LazyLock<Vec<ModelInfo>> = LazyLock::new(|| {
    let mut all = groups();
    all.extend(ChannelKind::ALL.map(ChannelKind::info));
    all.extend(layers());
    all.push(Conv2d::<f64>::info());
    all.extend(Activation::ALL.map(Activation::info));
    all
});

/// Every model: neurons and sources first, then channels, cells and layers, activations.
#[must_use]
pub fn all() -> &'static [ModelInfo] {
    &ALL
}

/// The model of this name or alias. Upper and lower case are the same, and `_`, `-`, `.` and spaces
/// are ignored.
///
/// ```
/// let info = overtime::models::find("adex")?;
/// assert_eq!(info.name, "AdExIF");
/// assert_eq!(info.parameter("tau_w").unwrap().default, 30.0);
/// let error = overtime::models::find("hodgkin_huxly").unwrap_err().to_string();
/// assert!(error.contains("did you mean `HH`?"), "{error}");
/// # Ok::<(), overtime::Error>(())
/// ```
///
/// # Errors
/// If there is no such model. The error has the nearest name and the list of all names.
pub fn find(name: &str) -> Result<&'static ModelInfo> {
    let families = [Family::Neuron, Family::Source, Family::Channel, Family::Cell, Family::Layer, Family::Activation];
    find_in("model", name, &families)
}

/// The model of this name or alias among the models of some families. `what` names the kind of
/// thing in an error.
///
/// # Errors
/// If there is no such model.
pub fn find_in(what: &'static str, name: &str, families: &[Family]) -> Result<&'static ModelInfo> {
    let wanted = folded(name);
    let known = || all().iter().filter(|info| families.contains(&info.family));
    let names = |info: &&'static ModelInfo| {
        std::iter::once(&*info.name).chain(info.aliases.iter().copied()).collect::<Vec<_>>()
    };
    // An exact match comes first: the name of a channel may differ from the alias of another one in
    // case only.
    let found = known()
        .find(|info| info.name == name)
        .or_else(|| known().find(|info| names(info).iter().any(|n| folded(n) == wanted)));
    found.ok_or_else(|| {
        let near = nearest(name, known().flat_map(|info| names(&info)));
        let near =
            near.and_then(|near| known().find(|info| names(info).contains(&near))).map(|info| info.name.to_string());
        let list: Vec<&str> = known().map(|info| &*info.name).collect();
        Error::Unknown { what, name: name.to_owned(), nearest: near, known: list.join(", ") }
    })
}

/// A group of `size` neurons or sources of the model of this name or alias, with the default
/// parameters.
///
/// ```
/// let group = overtime::models::neurons::<f32>("hodgkin_huxley", 100)?;
/// assert_eq!(overtime::System::kind(&group), "HH");
/// # Ok::<(), overtime::Error>(())
/// ```
///
/// # Errors
/// If there is no such model of a neuron or a source.
pub fn neurons<R: Real>(name: &str, size: usize) -> Result<Box<dyn NeuronGroup<R>>> {
    let info = find_in("kind of neuron", name, &[Family::Neuron, Family::Source])?;
    group(&info.name, size).ok_or_else(|| Error::Internal(format!("the list of neurons has no `{}`", info.name)))
}

/// A recurrent cell, a recurrent layer or a [`Dense`] by name or alias, from `num_in` features to
/// `num_out` units, with the defaults of its kind.
///
/// # Errors
/// If there is no such kind.
pub fn layer<T: Scalar>(name: &str, num_in: usize, num_out: usize) -> Result<Box<dyn LayerOptions<T>>> {
    let info = find_in("kind of layer", name, &[Family::Cell, Family::Layer])?;
    layer_named(&info.name, num_in, num_out)
        .ok_or_else(|| Error::Unsupported(format!("a {} of two sizes: it is made by `{0}::new`", info.name)))
}
