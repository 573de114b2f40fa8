//! The `[[group]]` and `[[projection]]` tables of a model file.

use super::connect::{check_multapses, connect};
use super::lists::{Copies, OF_GROUPS, OF_PROJECTIONS, OfPair, name_of_pair};
use super::parts::{part, populations};
use super::tables as raw;
use super::{Connect, Group, Kinetics, Network, Poisson, Projection, Receptor, ReceptorKind, Shape, Stdp, SynapseText};
use super::{kinetics, synapse, synapse_text};
use crate::nested::{maybe_one, one, one_each};
use crate::neurons::check::{fits, gates, method, model, size, soft};
use crate::rules::{
    self, Line, Result, error, finite, get, name, needed, number_or_file, of_units, parameters, start, table, unknown,
    value,
};
use crate::strict::Keys;
use crate::toml_values::{Maybe, Table};
use crate::{Neurons, Value, neurons, toml_values};
use overtime::Distribution;
use toml::Spanned;

/// The largest number of groups, and of projections.
const MOST: usize = 10_000;

pub(crate) fn network(
    groups: Vec<Spanned<Keys<raw::Group>>>,
    named: raw::Populations,
    projections: Vec<Spanned<Keys<raw::Projection>>>,
    line: Line<'_>,
) -> Result<Network> {
    let mut copies = Copies::default();
    let groups = each(groups, line, raw::Group::count, |table| table.each(&mut copies, line))?;
    let projections = each(projections, line, raw::Projection::count, |table| table.each(&mut copies, line))?;
    let mut net = Network { groups: Vec::new(), named: Vec::new(), projections: Vec::new() };
    for (at, mut raw) in groups {
        let taken: Vec<&str> = net.groups.iter().map(|g| g.name.as_str()).collect();
        let given = maybe_one(raw.name.take(), line, "name", OF_GROUPS)?;
        let name = name("group", given.as_ref(), at, &taken, line)?;
        net.groups.push(self::group(name, raw, at, line)?);
    }
    if net.groups.is_empty() {
        return error(line, 0, "`group` is empty");
    }
    net.named = populations(named, &net.groups, line)?;
    for (at, OfPair { projection: raw, names }) in projections {
        // Groups and projections share the names of arrays.
        let taken: Vec<&str> =
            net.projections.iter().map(|p| p.name.as_str()).chain(net.groups.iter().map(|g| g.name.as_str())).collect();
        let given = raw.name.clone().map(|given| {
            let name = names.as_ref().map(|(names, receptors)| name_of_pair(given.get_ref(), names, *receptors));
            Spanned::new(given.span(), name.unwrap_or_else(|| given.into_inner()))
        });
        let name = name("projection", given.as_ref(), at, &taken, line)?;
        let projection = self::projection(name, raw, at, &net, line)?;
        net.projections.push(projection);
    }
    Ok(net)
}

/// All groups or projections of these tables, each with the place of its table. `count` is their
/// number in a table.
fn each<V, W>(
    tables: Vec<Spanned<Keys<V>>>,
    line: Line<'_>,
    count: impl Fn(&V) -> usize,
    mut each: impl FnMut(V) -> Result<Vec<W>>,
) -> Result<Vec<(usize, W)>> {
    let mut all = Vec::new();
    for table in tables {
        let at = start(&table);
        let Keys(table) = table.into_inner();
        if all.len().saturating_add(count(&table)) > MOST {
            return error(line, at, format!("more than {MOST} groups or projections"));
        }
        all.extend(each(table)?.into_iter().map(|one| (at, one)));
    }
    Ok(all)
}

fn group(name: String, raw: raw::Group, at: usize, line: Line<'_>) -> Result<Group> {
    let of_current = raw.of_current();
    let (equations, neuron) = model(raw.kind.as_ref(), raw.equations, at, line)?;
    let neuron = &*neuron;
    for (key, at) in of_current {
        fits(neuron, key, at, line)?;
    }
    let given_size = maybe_one(raw.size, line, "size", OF_GROUPS)?;
    if let Some(none) = given_size.as_ref().filter(|size| *size.get_ref() == 0) {
        return error(line, start(none), format!("group `{name}`: 0 neurons are too few: a group has at least one"));
    }
    let mut receptors = Vec::new();
    for receptor in raw.receptor.unwrap_or_default() {
        let taken: Vec<&str> = receptors
            .iter()
            .map(|r: &Receptor| r.name.as_str())
            .chain(neuron.variables.iter().map(|v| &*v.name))
            .chain(["flight"])
            .collect();
        receptors.push(synapse::receptor(receptor, neuron, &taken, line)?);
    }
    let drives = raw.poisson.unwrap_or_default();
    let poisson = drives.into_iter().map(|drive| poisson(drive, &receptors, line)).collect::<Result<_>>()?;
    let initial = one_each(raw.initial, line, OF_GROUPS)?.unwrap_or_default();
    let of_neuron: Vec<&str> = neuron.initial().collect();
    gates(&initial, &of_neuron, line)?;
    let has_value = |r: &&Receptor| !matches!(r.kind, ReceptorKind::Delta(_) | ReceptorKind::Gap);
    let of_receptors = receptors.iter().filter(has_value).map(|r| r.name.as_str());
    let initials: Vec<&str> = of_neuron.into_iter().chain(of_receptors).collect();
    let mut initial = table(Some(initial), line, "variable with an initial value", &initials, of_units)?;
    for receptor in &mut receptors {
        let own = initial.iter().position(|(name, _)| *name == receptor.name);
        receptor.init = own.map(|own| initial.remove(own).1);
    }
    let mut neurons = Neurons {
        kind: neuron.name.to_string(),
        equations,
        size: 1,
        method: method(neuron, raw.method, line)?,
        soft: soft(neuron, raw.reset, line)?,
        noise: maybe_one(raw.noise, line, "noise", OF_GROUPS)?.map(|n| finite(n, line, "noise", 0.0)).transpose()?,
        parameters: parameters(one_each(raw.parameters, line, OF_GROUPS)?, line, &neuron.parameters, None)?,
        initial,
        channels: neurons::channels(raw.channel, &neuron.name, line)?,
    };
    let current = maybe_one(raw.current, line, "current", OF_GROUPS)?;
    let current = current.map(|v| number_or_file(v, line, "current")).transpose()?;
    let inits = receptors.iter().filter_map(|r| Some((r.name.as_str(), r.init.as_ref()?)));
    let more = inits.chain(current.as_ref().map(|v| ("current", v))).filter_map(|(name, v)| match v {
        Value::Sequence { values, line } => Some((name.to_owned(), values.count(), *line)),
        _ => None,
    });
    neurons.size = size(&neurons, get(given_size), more.collect::<Vec<_>>())?;
    let mean_rate = maybe_one(raw.mean_rate, line, "mean_rate", OF_GROUPS)?;
    let mean_rate = mean_rate.map(|rate| finite(rate, line, "mean_rate", 0.0)).transpose()?;
    Ok(Group { name, neurons, receptors, current, input: get(raw.input).unwrap_or(false), poisson, mean_rate })
}

fn poisson(drive: Spanned<Keys<raw::Poisson>>, receptors: &[Receptor], line: Line<'_>) -> Result<Poisson> {
    let (at, what) = (start(&drive), "a Poisson drive");
    let Keys(drive) = drive.into_inner();
    let receptor = needed(drive.receptor, "receptor", what, at, line)?;
    let Some(target) = receptors.iter().find(|r| r.name == *receptor.get_ref()) else {
        let known = receptors.iter().map(|r| r.name.as_str());
        return unknown("receptor", receptor.get_ref(), known, start(&receptor), line);
    };
    let reason = match target.kind {
        ReceptorKind::Gap => Some("is gap junctions, which take no spikes"),
        ReceptorKind::Shaped { shape: Shape::Graded, .. } => {
            Some("is graded, and keeps no value for the next step: a Poisson drive needs a receptor that decays")
        }
        _ => None,
    };
    if let Some(reason) = reason {
        return error(line, start(&receptor), format!("`receptor`: `{}` {reason}", target.name));
    }
    let number = |value, key, least| {
        let value = one(needed(value, key, what, at, line)?, line, key, OF_GROUPS)?;
        finite(value, line, key, least)
    };
    let rate = number(drive.rate, "rate", 0.0)?;
    let weight = number(drive.weight, "weight", f64::MIN)?;
    let stop_at = drive.stop.as_ref().map_or(at, start);
    let begin = drive.start.map(|time| rules::time(time, line, "start", f64::NEG_INFINITY)).transpose()?.flatten();
    let stop = drive.stop.map(|time| rules::time(time, line, "stop", f64::INFINITY)).transpose()?.flatten();
    if let (Some(begin), Some(stop)) = (begin, stop)
        && stop < begin
    {
        let (begin, stop) = (overtime::Number(begin), overtime::Number(stop));
        return error(line, stop_at, format!("`stop` ({stop} ms) is before `start` ({begin} ms)"));
    }
    Ok(Poisson { receptor: receptor.into_inner(), rate, weight, start: begin, stop })
}

fn projection(name: String, raw: raw::Projection, at: usize, net: &Network, line: Line<'_>) -> Result<Projection> {
    let what = "a projection";
    let from = one(needed(raw.from, "from", what, at, line)?, line, "from", OF_PROJECTIONS)?;
    let to = one(needed(raw.to, "to", what, at, line)?, line, "to", OF_PROJECTIONS)?;
    let (part_of_to, receptor) = match to.get_ref().rsplit_once('.').filter(|(_, receptor)| !receptor.ends_with(']')) {
        Some((part, receptor)) => (part, receptor),
        None => {
            return error(line, start(&to), not_a_receptor(to.get_ref()));
        }
    };
    let from = part(from.get_ref(), start(&from), &net.groups, &net.named, line)?;
    let target = part(part_of_to, start(&to), &net.groups, &net.named, line)?;
    let receptors = net.groups.iter().find(|g| g.name == target.group).map_or(&[][..], |g| &g.receptors);
    if !receptors.iter().any(|r| r.name == receptor) {
        return unknown("receptor", receptor, receptors.iter().map(|r| r.name.as_str()), start(&to), line);
    }
    let sizes = [&from, &target].map(|part| net.size(part));
    let connect = connect(needed(raw.connect, "connect", what, at, line)?, sizes, line)?;
    let given = maybe_one(raw.weight, line, "weight", OF_PROJECTIONS)?;
    let weight = given.map_or(Ok(Value::Number(1.0)), |v| drawn(v, line, "weight"))?;
    let given = maybe_one(raw.delay, line, "delay", OF_PROJECTIONS)?;
    let delay = given.map_or(Ok(Value::Number(0.0)), |v| delay(v, line))?;
    if let Some(multapses) = &raw.multapses {
        check_multapses(multapses, &connect, line)?;
    }
    let procedural = raw.procedural.filter(|p| *p.get_ref());
    if let Some(at) = procedural.as_ref().map(start) {
        if matches!(connect, Connect::FixedNumPre(_) | Connect::Arrays { .. }) {
            let reason =
                "`procedural` is for fixed_prob, fixed_num_post, fixed_total_number, one_to_one and all_to_all";
            return error(line, at, reason);
        }
        if matches!(weight, Value::File { .. }) || !matches!(delay, Value::Number(_)) {
            return error(line, at, "`procedural` is for weights that are a number or drawn, and for one `delay`");
        }
        for (key, is_given) in [("stdp", raw.stdp.is_some()), ("plasticity", raw.plasticity.is_some())] {
            if is_given {
                let reason = format!("`procedural` stores no weights, and `{key}` needs stored weights");
                return error(line, at, reason);
            }
        }
    }
    let (plasticity, kinetics) =
        changes((raw.plasticity, raw.kinetics), raw.stdp.as_ref().map(start), (raw.parameters, raw.initial), line)?;
    Ok(Projection {
        name,
        from,
        to: target,
        receptor: receptor.to_owned(),
        connect,
        autapses: get(raw.autapses).unwrap_or(true),
        multapses: get(raw.multapses),
        procedural: procedural.is_some(),
        weight,
        delay,
        stdp: raw.stdp.map(|rule| Stdp::check(rule, line)).transpose()?,
        plasticity,
        kinetics,
    })
}

/// The text of plasticity and the kinetics of a projection, of which it has one at most. The parameters and
/// initial values belong to it. `stdp` is the place of `stdp`.
fn changes(
    (plasticity, kinetics): (Maybe<Keys<synapse_text::Raw>>, Maybe<kinetics::Raw>),
    stdp: Option<usize>,
    (parameters, initial): (Option<Table>, Option<Table>),
    line: Line<'_>,
) -> Result<(Option<SynapseText>, Option<Kinetics>)> {
    if plasticity.is_none() && kinetics.is_none() {
        for (key, table) in [("parameters", &parameters), ("initial", &initial)] {
            if let Some(first) = table.as_ref().and_then(|table| table.keys().next()) {
                return error(line, start(first), format!("`{key}` of a projection needs `kinetics` or `plasticity`"));
            }
        }
    }
    let Some(plasticity) = plasticity else {
        return Ok((None, kinetics::kinetics(kinetics, parameters, initial, line)?));
    };
    let at = start(&plasticity);
    let others = [("stdp", stdp), ("kinetics", kinetics.as_ref().map(start))];
    if let Some((other, _)) = others.into_iter().find(|(_, at)| at.is_some()) {
        return error(line, at, format!("a projection has `plasticity` or `{other}`, but not both"));
    }
    let absent = "`plasticity` needs `equations`";
    synapse_text::check(plasticity.into_inner().0, (at, absent), parameters, initial, line)
        .map(|text| (Some(text), None))
}

/// The message about a target that is not a receptor of a group or of a part of one.
fn not_a_receptor(to: &str) -> String {
    let part = to.split_once('[').and_then(|(name, units)| Some((name.rsplit_once('.')?, units)));
    let right = match part {
        Some(((group, receptor), units)) => {
            let right = format!("{group}[{units}.{receptor}");
            format!("; write `{}`", right.escape_debug())
        }
        None => String::new(),
    };
    format!("`to` is a group and its receptor, `GROUP.RECEPTOR`, not `{}`{right}", to.escape_debug())
}

/// A number, a distribution, or an array with a value for each synapse.
fn drawn(v: Spanned<toml_values::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        Value::XavierNormal | Value::Orthogonal(_) | Value::Sequence { .. } => {
            let drawn: String = Distribution::all().map(|info| format!(", {{ {} = … }}", info.name)).collect();
            error(line, at, format!("`{key}` is a number{drawn} or {{ file = …, array = … }}"))
        }
        value => Ok(value),
    }
}

fn delay(v: Spanned<toml_values::Value>, line: Line<'_>) -> Result<Value> {
    let at = start(&v);
    match drawn(v, line, "delay")? {
        Value::Number(ms) if ms < 0.0 => {
            error(line, at, format!("`delay` must be a non-negative number, not {}", overtime::Number(ms)))
        }
        value => Ok(value),
    }
}
