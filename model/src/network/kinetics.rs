//! The kinetics of projections: a name, or a text of equations.

use super::Kinetics;
use super::synapse_text::{self, SynapseText};
use crate::Value;
use crate::catalog::{self, Family};
use crate::neurons::EQUATIONS;
use crate::rules::{Line, Result, error, of_units, start, table, unknown, value};
use crate::toml_values::{self as raw_value, Maybe, Table};
use overtime::network;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use toml::Spanned;

/// The value of the key `kinetics`.
#[derive(Clone, Debug)]
pub(crate) enum Raw {
    /// The name of kinetics of the library.
    Kind(String),
    /// A text.
    Text(synapse_text::Raw),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of kinetics, such as \"stp\", or { equations = … }")
            }
            fn visit_str<E: de::Error>(self, kind: &str) -> std::result::Result<Raw, E> {
                Ok(Raw::Kind(kind.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<Raw, A::Error> {
                synapse_text::Raw::deserialize(MapAccessDeserializer::new(map)).map(Raw::Text)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Checks the kinetics of a projection, and the parameters and initial values beside them.
pub(super) fn kinetics(
    given: Maybe<Raw>,
    parameters: Option<Table>,
    initial: Option<Table>,
    line: Line<'_>,
) -> Result<Option<Kinetics>> {
    let Some(given) = given else { return Ok(None) };
    let at = start(&given);
    let kind = match given.into_inner() {
        Raw::Kind(kind) => kind,
        Raw::Text(text) => {
            let absent = "`kinetics` needs `equations`, or is a name such as \"stp\"";
            let text = synapse_text::check(text, (at, absent), parameters, initial, line)?;
            let SynapseText { equations, method, parameters, initial } = text;
            return Ok(Some(Kinetics {
                kind: EQUATIONS.to_owned(),
                equations: Some(equations),
                method,
                parameters,
                initial,
            }));
        }
    };
    let all = catalog::of(Family::Kinetics);
    let Some(known) = all.clone().find(|known| known.name == kind) else {
        return unknown("kinetics", &kind, all.map(|known| known.name), at, line);
    };
    let names: Vec<&str> = known.keys.iter().map(|key| key.name).collect();
    let parameters = synapse_text::numbers(table(parameters, line, "parameter", &names, number)?);
    let initial = table(initial, line, "variable with an initial value", known.variables, of_units)?;
    Ok(Some(Kinetics { kind, equations: None, method: None, parameters, initial }))
}

fn number(v: Spanned<raw_value::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        Value::Number(x) if x.is_finite() && x >= 0.0 => Ok(Value::Number(x)),
        _ => error(line, at, format!("`{key}` must be a non-negative number")),
    }
}

/// The kinetics of the library.
pub(super) fn of_kinetics(kinetics: &Kinetics) -> crate::Result<network::Kinetics> {
    if let Some(of) = &kinetics.equations {
        return Ok(synapse_text::build(of, kinetics.method.as_deref(), &kinetics.parameters)?.into());
    }
    let given = |name: &str, default: f64| {
        kinetics.parameters.iter().find(|(n, _)| n == name).map_or(default, |(_, value)| *value)
    };
    let transmitter = |a: network::Ampa| network::Ampa {
        alpha: given("alpha", a.alpha),
        beta: given("beta", a.beta),
        t: given("T", a.t),
        t_dur: given("T_dur", a.t_dur),
    };
    Ok(match kinetics.kind.as_str() {
        "ampa" => transmitter(network::Ampa::default()).into(),
        "gaba_a" => transmitter(network::Ampa::gaba_a()).into(),
        "nmda" => {
            let n = network::Nmda::default();
            let (tau_decay, tau_rise) = (given("tau_decay", n.tau_decay), given("tau_rise", n.tau_rise));
            network::Nmda { a: given("a", n.a), tau_decay, tau_rise }.into()
        }
        "bio_nmda" => {
            let n = network::BioNmda::default();
            network::BioNmda {
                alpha1: given("alpha1", n.alpha1),
                beta1: given("beta1", n.beta1),
                alpha2: given("alpha2", n.alpha2),
                beta2: given("beta2", n.beta2),
                t: given("T", n.t),
                t_dur: given("T_dur", n.t_dur),
            }
            .into()
        }
        _ => {
            let s = network::Stp::default();
            network::Stp {
                release: given("U", s.release),
                tau_f: given("tau_f", s.tau_f),
                tau_d: given("tau_d", s.tau_d),
            }
            .into()
        }
    })
}
