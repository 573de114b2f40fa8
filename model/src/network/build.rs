//! Converts a network of a model file to one of the library.

use super::{Connect, Group, Network, Part, Projection, kinetics, synapse, synapse_text};
use crate::error::spec;
use crate::neurons::build::{Port, Values, of_network, param, size};
use crate::{Arrays, Loaded, Value};
use ndarray::ArrayD;
use overtime::Real;
use overtime::network;
use std::ops::Range;

/// The network, for steps of `dt` ms. `seed` determines its synapses.
pub(crate) fn network<R: Real>(net: &Network, arrays: &Arrays, seed: u64, dt: f64) -> crate::Result<Loaded<R>> {
    let mut builder = network::Network::<R>::builder(dt).seed(seed);
    for group in &net.groups {
        builder = builder.group(of_group(group, arrays, seed)?);
    }
    for projection in &net.projections {
        builder = builder.project(of_projection(projection, arrays)?);
    }
    Ok(Box::new(builder.build()?))
}

fn of_group<R: Real>(group: &Group, arrays: &Arrays, seed: u64) -> crate::Result<network::Group<R>> {
    let name = &group.name;
    let conductance = group.receptors.iter().any(|r| synapse::is_conductance(&r.kind));
    let port = if conductance { Port::Conductance } else { Port::Current };
    let neurons = of_network::<R>(&group.neurons, Values { arrays, prefix: &format!("{name}."), seed }, port);
    let mut made = network::Group::new(name, neurons.map_err(|e| e.within(format!("group `{name}`")))?);
    for receptor in &group.receptors {
        let mut own = synapse::of_receptor(receptor);
        if let Some(init) = &receptor.init {
            own = own.init(arrays.init(&format!("{name}.initial.{}", receptor.name), init)?);
        }
        made = made.receptor(own);
    }
    if let Some(current) = &group.current {
        made = made.current(param::<R>(&format!("{name}.current"), current, arrays)?);
    }
    if group.input {
        made = made.input();
    }
    if let Some(sigma) = group.neurons.noise {
        made = made.noise(sigma);
    }
    Ok(group.poisson.iter().fold(made, |made, drive| {
        let time = drive.start.unwrap_or(f64::NEG_INFINITY)..drive.stop.unwrap_or(f64::INFINITY);
        made.poisson_during(&drive.receptor, drive.rate, drive.weight, time)
    }))
}

fn of_projection(p: &Projection, arrays: &Arrays) -> crate::Result<network::Projection> {
    let of = |what: &str| format!("{}.{what}", p.name);
    let from: network::Subgroup = match units(&p.from)? {
        Some(units) => (p.from.group.as_str(), units).into(),
        None => p.from.group.as_str().into(),
    };
    let to: network::Target = match units(&p.to)? {
        Some(units) => (p.to.group.as_str(), units, p.receptor.as_str()).into(),
        None => (p.to.group.as_str(), p.receptor.as_str()).into(),
    };
    let connect = match &p.connect {
        Connect::FixedProb(p) => network::Connect::FixedProb(*p),
        Connect::FixedNumPre(k) => network::Connect::FixedNumPre(size(*k, "num")?),
        Connect::FixedNumPost(k) => network::Connect::FixedNumPost(size(*k, "num")?),
        Connect::FixedTotalNumber(n) => network::Connect::FixedTotalNumber(size(*n, "num")?),
        Connect::OneToOne => network::Connect::OneToOne,
        Connect::AllToAll => network::Connect::AllToAll,
        Connect::Arrays { .. } => {
            let [pre, post] = ["pre", "post"].map(|what| numbers(&of(what), arrays.get(&of(what))?));
            network::Connect::Arrays { pre: pre?, post: post? }
        }
    };
    let value = |what: &str, value: &Value| arrays.init(&of(what), value);
    let made = network::Projection::new(&p.name, from, to)
        .connect(connect)
        .autapses(p.autapses)
        .weight(value("weight", &p.weight)?)
        .delay(value("delay", &p.delay)?);
    let made = if p.procedural { made.procedural() } else { made };
    let made = match p.multapses {
        Some(multapses) => made.multapses(multapses),
        None => made,
    };
    let mut made = match &p.kinetics {
        Some(given) => made.kinetics(kinetics::of_kinetics(given)?),
        None => made,
    };
    for (variable, init) in p.initial() {
        made = made.init(variable, value(&format!("initial.{variable}"), init)?);
    }
    Ok(match (p.stdp, &p.plasticity) {
        (Some(rule), _) => made.stdp(rule.rule()),
        (None, Some(text)) => {
            made.plasticity(synapse_text::build(&text.equations, text.method.as_deref(), &text.parameters)?)
        }
        (None, None) => made,
    })
}

fn units(part: &Part) -> crate::Result<Option<Range<usize>>> {
    let size = |n: u64| size(n, &part.group);
    part.units.as_ref().map(|units| Ok(size(units.start)?..size(units.end)?)).transpose()
}

/// The numbers of neurons.
fn numbers(name: &str, array: &ArrayD<f64>) -> crate::Result<Vec<u32>> {
    let whole = |(k, x): (usize, &f64)| {
        let fits = x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(x);
        if fits {
            Ok(*x as u32)
        } else {
            Err(spec(format!("{name}[{k}]: {} is not the number of a neuron", overtime::Number(*x))))
        }
    };
    let mut all = overtime::memory::room(&format!("the numbers of `{name}`"), array.len())?;
    for number in array.iter().enumerate().map(whole) {
        all.push(number?);
    }
    Ok(all)
}
