//! From a [`Model`](super::Model) to a system of some element type.

use super::channels;
use super::network::{self, Network};
use super::values::Arrays;
use super::{Neurons, System, Value};
use crate::exit::usage;
use crate::run::streams::Grow;
use half::{bf16, f16};
use ndarray::{ArrayD, ArrayViewD};
use overtime::models::{
    AdExIf, AdQuaIf, CondNeuGroup, ExpIf, FitzHughNagumo, Hh, HindmarshRose, InputGroup, Izhikevich, Lif, Method, MorrisLecar, Param,
    PoissonGroup, QuaIf, Reset, SpikeTimeGroup, TraubMiles, WangBuzsaki,
};
use overtime::{DType, Init, Real, Scalar};
use overtime_npz::Writer;

/// A system of any kind.
pub(crate) type Loaded<T> = Box<dyn overtime::System<T>>;

/// An element type that systems can be built with.
pub(crate) trait Build: Scalar + Grow {
    /// Builds a group of neurons: not in halves, which integrators do not take.
    fn neurons(group: &Neurons, arrays: &Arrays) -> anyhow::Result<Loaded<Self>>;

    /// Adds an array to an npz file: as it is, or in f32 where numpy does not know the type.
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()>;

    /// Builds a network, for steps of `dt`.
    fn network(net: &Network, arrays: &Arrays, seed: u64, dt: f64) -> anyhow::Result<Loaded<Self>>;

    /// Builds any system, for steps of `dt`. The seed is that of its weights.
    fn system(system: &System, arrays: &Arrays, seed: u64, dt: f64) -> anyhow::Result<Loaded<Self>> {
        match system {
            System::Neurons(group) => Self::neurons(group, arrays),
            System::Network(net) => Self::network(net, arrays, seed, dt),
            System::Sequential(layers) => super::stack::sequential(layers, arrays, seed),
        }
    }
}

impl Build for f64 {
    fn neurons(group: &Neurons, arrays: &Arrays) -> anyhow::Result<Loaded<Self>> {
        neurons(group, arrays, "", Port::Current)
    }
    fn network(net: &Network, arrays: &Arrays, seed: u64, dt: f64) -> anyhow::Result<Loaded<Self>> {
        network::network(net, arrays, seed, dt)
    }
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
        npz.add(name, array)?;
        Ok(())
    }
}
impl Build for f32 {
    fn neurons(group: &Neurons, arrays: &Arrays) -> anyhow::Result<Loaded<Self>> {
        neurons(group, arrays, "", Port::Current)
    }
    fn network(net: &Network, arrays: &Arrays, seed: u64, dt: f64) -> anyhow::Result<Loaded<Self>> {
        network::network(net, arrays, seed, dt)
    }
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
        npz.add(name, array)?;
        Ok(())
    }
}
impl Build for f16 {
    fn neurons(group: &Neurons, _: &Arrays) -> anyhow::Result<Loaded<Self>> {
        Err(not_in_halves(&group.kind, Self::DTYPE))
    }
    fn network(_: &Network, _: &Arrays, _: u64, _: f64) -> anyhow::Result<Loaded<Self>> {
        Err(not_in_halves("a network", Self::DTYPE))
    }
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
        npz.add(name, array)?;
        Ok(())
    }
}
impl Build for bf16 {
    fn neurons(group: &Neurons, _: &Arrays) -> anyhow::Result<Loaded<Self>> {
        Err(not_in_halves(&group.kind, Self::DTYPE))
    }
    fn network(_: &Network, _: &Arrays, _: u64, _: f64) -> anyhow::Result<Loaded<Self>> {
        Err(not_in_halves("a network", Self::DTYPE))
    }
    fn add_to(npz: &mut Writer, name: &str, array: ArrayViewD<'_, Self>) -> anyhow::Result<()> {
        npz.add(name, overtime::memory::converted("a recording in f32", array, bf16::to_f32)?.view())?;
        Ok(())
    }
}

fn not_in_halves(kind: &str, dtype: DType) -> anyhow::Error {
    usage(format!(
        "{kind} cannot run in {dtype}: a step changes V by less than a half's rounding; use f32 or f64 (halves are for cells and layers)"
    ))
}

/// What input a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    Current,
    /// And a conductance.
    Conductance,
}

/// A group of neurons. Names of arrays begin with `prefix`.
pub(super) fn neurons<R: Real>(group: &Neurons, arrays: &Arrays, prefix: &str, port: Port) -> anyhow::Result<Loaded<R>> {
    let size = size(group.size, "size")?;
    let method: Method = group.method.as_deref().unwrap_or("exp_auto").parse()?;
    let initial = |name: &str| -> anyhow::Result<Option<Init>> {
        let found = group.initial.iter().find(|(n, _)| n == name);
        found.map(|(n, value)| arrays.init(&format!("{prefix}initial.{n}"), value)).transpose()
    };
    // Without initial values given, the model's own.
    macro_rules! with {
        ($model:expr) => {{
            let mut model = $model.method(method);
            for (name, value) in &group.parameters {
                model = model.param(name, param::<R>(&format!("{prefix}parameters.{name}"), value, arrays)?)?;
            }
            if let Some(v) = initial("V")? {
                model = model.v(v);
            }
            model
        }};
    }
    macro_rules! gates {
        ($model:expr) => {
            match (initial("m")?, initial("h")?, initial("n")?) {
                (Some(m), Some(h), Some(n)) => $model.gates(m, h, n),
                _ => $model,
            }
        };
    }
    // Of the neurons that are their equations alone.
    macro_rules! equations {
        ($model:ty) => {{
            let mut model = with!(<$model>::new(size));
            for (name, _) in &group.initial {
                if let Some(init) = initial(name)? {
                    model = model.initial(name, init)?;
                }
            }
            if group.soft {
                model = model.reset(Reset::Soft);
            }
            Box::new(if port == Port::Conductance { model.conductance() } else { model })
        }};
    }
    // A network adds noise to a group's current itself.
    let noise = group.noise.filter(|_| prefix.is_empty());
    Ok(match group.kind.as_str() {
        "HH" => {
            let hh = gates!(with!(Hh::<R>::new(size)));
            let hh = if port == Port::Conductance { hh.conductance() } else { hh };
            Box::new(match noise {
                Some(sigma) => hh.noise(sigma),
                None => hh,
            })
        }
        "TraubMiles" => Box::new(gates!(with!(TraubMiles::<R>::new(size)))),
        "CondNeuGroup" => {
            let cell = channels::add(with!(CondNeuGroup::<R>::new(size)), &group.channels, arrays, prefix)?;
            Box::new(if port == Port::Conductance { cell.conductance() } else { cell })
        }
        "PoissonGroup" => {
            let freqs = group.parameters.iter().find(|(name, _)| name == "freqs");
            let freqs = freqs.map(|(name, value)| param::<R>(&format!("{prefix}parameters.{name}"), value, arrays)).transpose()?;
            Box::new(PoissonGroup::<R>::new(size, freqs.unwrap_or(Param::from(10.0))))
        }
        "SpikeTimeGroup" => Box::new(spike_times(size, group, arrays, prefix)?),
        "InputGroup" => Box::new(InputGroup::new(size)),
        "LIF" => {
            let lif = with!(Lif::<R>::new(size)).reset(if group.soft { Reset::Soft } else { Reset::Hard });
            Box::new(if port == Port::Conductance { lif.conductance() } else { lif })
        }
        "Izhikevich" => equations!(Izhikevich<R>),
        "ExpIF" => equations!(ExpIf<R>),
        "AdExIF" => equations!(AdExIf<R>),
        "QuaIF" => equations!(QuaIf<R>),
        "AdQuaIF" => equations!(AdQuaIf<R>),
        "MorrisLecar" => equations!(MorrisLecar<R>),
        "WangBuzsaki" => equations!(WangBuzsaki<R>),
        "FHN" => equations!(FitzHughNagumo<R>),
        "HindmarshRose" => equations!(HindmarshRose<R>),
        kind => return Err(usage(format!("no kind of neuron named `{kind}`"))),
    })
}

/// Units that spike at the times in a file.
fn spike_times(size: usize, group: &Neurons, arrays: &Arrays, prefix: &str) -> anyhow::Result<SpikeTimeGroup> {
    let list = |name: &str| -> anyhow::Result<Vec<f64>> {
        match group.parameters.iter().find(|(known, _)| known == name) {
            Some((_, Value::File { .. })) => Ok(arrays.get(&format!("{prefix}parameters.{name}"))?.iter().copied().collect()),
            _ => Err(usage(format!("a SpikeTimeGroup needs `{name}`, an array from a file"))),
        }
    };
    let whole = |x: &f64| {
        let fits = x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(x);
        if fits {
            Ok(*x as usize)
        } else {
            Err(usage(format!("{prefix}parameters.indices: {} is not the number of a unit", overtime::Number(*x))))
        }
    };
    let indices = list("indices")?.iter().map(whole).collect::<anyhow::Result<Vec<usize>>>()?;
    Ok(SpikeTimeGroup::new(size, &indices, &list("times")?)?)
}

/// A number, or the array of this name.
pub(super) fn param<R: Real>(name: &str, value: &Value, arrays: &Arrays) -> anyhow::Result<Param<R>> {
    let each = |array: &ArrayD<f64>| -> anyhow::Result<Param<R>> {
        Ok(match (array.ndim(), array.iter().next()) {
            (0, Some(x)) => Param::from(*x),
            _ => Param::Each(overtime::memory::collect(&format!("the values of `{name}`"), array.iter().map(|x| R::of(*x)))?),
        })
    };
    match value {
        Value::Number(x) => Ok(Param::from(*x)),
        Value::File { .. } => arrays.get(name).and_then(each),
        _ => Err(usage(format!("`{name}` is a number or an array from a file"))),
    }
}

/// A length, as this machine counts them.
pub(super) fn size(n: u64, what: &str) -> anyhow::Result<usize> {
    usize::try_from(n).map_err(|_| usage(format!("{what}: {n} is more than can be addressed")))
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::super::{Model, Value};
    use super::*;
    use overtime::{Input, LoopOverTime};

    fn output(group: &Neurons) -> Vec<f64> {
        let system = <f64 as Build>::neurons(group, &Arrays::default()).unwrap();
        let names: Vec<String> = system.schema().state.iter().map(|v| v.name.to_string()).collect();
        let mut over_time = LoopOverTime::builder(system).out_vars(names.clone()).build().unwrap();
        let current = match group.kind.as_str() {
            "TraubMiles" => 600.0,
            "MorrisLecar" => 300.0,
            _ => 30.0,
        };
        let run = over_time.run(Input::steps(200).constant(current)).unwrap();
        names.iter().flat_map(|n| run[n.as_str()].iter().copied().collect::<Vec<_>>()).collect()
    }

    /// The tables that `models` prints are the library's own names and defaults.
    #[test]
    fn the_tables_are_true() {
        // Sources have no potential, and tests of their own.
        for kind in kinds::neurons().filter(|kind| !kind.initial.is_empty()) {
            let System::Neurons(group) = Model::neurons(kind).system else { panic!("no neurons") };
            let system = <f64 as Build>::neurons(&group, &Arrays::default()).unwrap();
            let names: Vec<String> = system.schema().state.iter().map(|v| v.name.to_string()).collect();
            assert_eq!(names, kind.variables.iter().map(|v| v.0).collect::<Vec<_>>());
            let parameters = |change: f64| kind.parameters.iter().map(|p| (p.name.to_owned(), Value::Number(p.default + change))).collect();
            let given = Neurons { parameters: parameters(0.0), ..group.clone() };
            assert_eq!(output(&group), output(&given), "{}", kind.kind);
            // Each makes a difference, so that no name stands for another's default.
            for p in kind.parameters {
                let change = if p.name == "V_th" { 40.0 } else { 1.5 };
                let changed = Neurons { parameters: vec![(p.name.to_owned(), Value::Number(p.default + change))], ..group.clone() };
                let differs = output(&group) != output(&changed);
                assert!(differs, "{} {}", kind.kind, p.name);
            }
            let soft = Neurons { soft: true, ..group.clone() };
            if kind.takes.contains(&"reset") {
                assert_ne!(output(&group), output(&soft), "{}", kind.kind);
            }
            let unknown = Neurons { parameters: vec![("none".to_owned(), Value::Number(1.0))], ..group.clone() };
            let error = <f64 as Build>::neurons(&unknown, &Arrays::default()).err().unwrap().to_string();
            let listed = error.split("there is: ").nth(1).unwrap();
            let mut listed: Vec<&str> = listed.split(", ").collect();
            let mut ours: Vec<&str> = kind.parameters.iter().map(|p| p.name).collect();
            listed.sort_unstable();
            ours.sort_unstable();
            assert_eq!(listed, ours);
        }
    }
}
