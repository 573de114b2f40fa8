//! The receptors of groups.

use super::tables as raw;
use super::{Receptor, ReceptorKind, Shape};
use crate::catalog::{self, Family};
use crate::rules::{Line, Result, error, finite, name, needed, start, unknown};
use crate::strict::Keys;
use crate::toml_values::Maybe;
use overtime::models::ModelInfo;
use overtime::network;
use toml::Spanned;

/// The names of the kinds of receptors with a key `kind`.
fn kinds() -> impl Iterator<Item = &'static str> + Clone {
    catalog::of(Family::Receptor).map(|kind| kind.name).filter(|name| *name != "delta")
}

pub(super) fn receptor(
    item: Spanned<Keys<raw::Receptor>>,
    neuron: &ModelInfo,
    taken: &[&str],
    line: Line<'_>,
) -> Result<Receptor> {
    let at = start(&item);
    let Keys(raw) = item.into_inner();
    let name = name("receptor", raw.name.as_ref(), at, taken, line)?;
    let kind = raw.kind.as_ref().map(|kind| kind.get_ref().as_str());
    if let Some(kind) = raw.kind.as_ref().filter(|kind| kind.get_ref() == "delta") {
        return error(line, start(kind), format!("a delta has no `kind`: receptor `{name}` has `variable` alone"));
    }
    if let Some(variable) = raw.variable {
        let others = [("reversal", &raw.reversal), ("magnesium", &raw.magnesium), ("tau_rise", &raw.tau_rise)];
        if let Some((key, Some(given))) = others.into_iter().find(|(_, value)| value.is_some()) {
            return error(line, start(given), format!("`{key}` is for a receptor with `tau`"));
        }
        if raw.tau.is_some() || kind.is_some() {
            return error(
                line,
                at,
                format!("receptor `{name}` needs either `tau`, to decay, or `variable`, to act on at once"),
            );
        }
        let known: Vec<&str> = neuron.initial().collect();
        if neuron.variable(variable.get_ref()).is_some_and(|v| !v.initial) {
            let set = format!("each step of {} sets `{}` itself", neuron.name, variable.get_ref());
            let known = known.join(", ");
            return error(line, start(&variable), format!("`variable`: {set}; a delta adds to one of: {known}"));
        }
        if !known.contains(&variable.get_ref().as_str()) {
            return unknown("variable", variable.get_ref(), known.into_iter(), start(&variable), line);
        }
        return Ok(Receptor { name, kind: ReceptorKind::Delta(variable.into_inner()), init: None });
    }
    if raw.tau.is_none() && kind.is_none() {
        return error(
            line,
            at,
            format!("receptor `{name}` needs either `tau`, to decay, or `variable`, to act on at once"),
        );
    }
    let given = kind.unwrap_or("exponential").to_owned();
    if let Some(kind) = raw.kind.as_ref().filter(|_| kinds().all(|known| known != given)) {
        return unknown("kind of receptor", kind.get_ref(), kinds(), start(kind), line);
    }
    if let Some(rise) = raw.tau_rise.as_ref().filter(|_| given != "dual_exponential") {
        return error(line, start(rise), "`tau_rise` is for a dual_exponential receptor");
    }
    if given == "gap" {
        let others = [("tau", &raw.tau), ("reversal", &raw.reversal), ("magnesium", &raw.magnesium)];
        if let Some((key, Some(given))) = others.into_iter().find(|(_, value)| value.is_some()) {
            return error(line, start(given), format!("`{key}` is not for gap junctions, which transmit potentials"));
        }
        return Ok(Receptor { name, kind: ReceptorKind::Gap, init: None });
    }
    if let Some(tau) = raw.tau.as_ref().filter(|_| given == "graded") {
        return error(line, start(tau), "`tau` is not for a graded receptor, which has no memory");
    }
    let time = |time: Maybe<f64>, key: &str| finite(needed(time, key, &given, at, line)?, line, key, f64::MIN_POSITIVE);
    let shape = match given.as_str() {
        "graded" => Shape::Graded,
        "alpha" => Shape::Alpha { tau: time(raw.tau, "tau")? },
        "dual_exponential" => {
            Shape::DualExponential { tau_rise: time(raw.tau_rise, "tau_rise")?, tau: time(raw.tau, "tau")? }
        }
        _ => Shape::Exponential { tau: time(raw.tau, "tau")? },
    };
    if let Some(magnesium) = raw.magnesium.as_ref().filter(|_| raw.reversal.is_none()) {
        return error(line, start(magnesium), "`magnesium` is for a receptor with `reversal`");
    }
    let reversal = raw.reversal.map(|e| finite(e, line, "reversal", f64::MIN)).transpose()?;
    let magnesium = raw.magnesium.map(|mg| finite(mg, line, "magnesium", 0.0)).transpose()?;
    let kind = match shape {
        Shape::Exponential { tau } if magnesium.is_none() => ReceptorKind::Exponential { tau, reversal },
        shape => ReceptorKind::Shaped { shape, reversal, magnesium },
    };
    Ok(Receptor { name, kind, init: None })
}

pub(super) fn is_conductance(kind: &ReceptorKind) -> bool {
    matches!(
        kind,
        ReceptorKind::Exponential { reversal: Some(_), .. }
            | ReceptorKind::Shaped { reversal: Some(_), .. }
            | ReceptorKind::Gap
    )
}

pub(super) fn of_receptor(receptor: &Receptor) -> network::Receptor {
    let name = &receptor.name;
    let (shape, reversal, magnesium) = match &receptor.kind {
        ReceptorKind::Delta(variable) => return network::Receptor::delta(name, variable),
        ReceptorKind::Gap => return network::Receptor::gap(name),
        ReceptorKind::Exponential { tau, reversal } => (Shape::Exponential { tau: *tau }, *reversal, None),
        ReceptorKind::Shaped { shape, reversal, magnesium } => (*shape, *reversal, *magnesium),
    };
    let mut made = match shape {
        Shape::Exponential { tau } => network::Receptor::exponential(name, tau),
        Shape::DualExponential { tau_rise, tau } => network::Receptor::dual_exponential(name, tau_rise, tau),
        Shape::Alpha { tau } => network::Receptor::alpha(name, tau),
        Shape::Graded => network::Receptor::graded(name),
    };
    if let Some(e) = reversal {
        made = made.coba(e);
    }
    if let Some(mg) = magnesium {
        made = made.magnesium(network::Magnesium { mg, ..network::Magnesium::default() });
    }
    made
}
