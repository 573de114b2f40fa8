//! The equations of synapses of a projection: `{ equations = … }`, and the parameters and initial values
//! beside them.

use crate::Value;
use crate::neurons::{EquationsText, equations};
use crate::rules::{Line, Result, error, known, of_units, start, table, value};
use crate::toml_values::{self as raw_value, Maybe, Table};
use overtime::Equations;
use overtime::models::Method;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The table of a text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    pub(super) equations: Maybe<equations::Raw>,
    method: Maybe<String>,
}

/// A text of synapses, and its given parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SynapseText {
    /// The text of equations.
    pub equations: EquationsText,
    /// The integration method of the text; `None` for the default.
    pub method: Option<String>,
    /// Parameters by name.
    pub parameters: Vec<(String, f64)>,
    /// The initial values of variables.
    pub initial: Vec<(String, Value)>,
}

/// Checks a text. `absent` is the place and the message if there are no equations.
pub(super) fn check(
    given: Raw,
    (at, absent): (usize, &str),
    parameters: Option<Table>,
    initial: Option<Table>,
    line: Line<'_>,
) -> Result<SynapseText> {
    let method = known::<Method>(given.method, line)?;
    let Some((equations, info)) = equations::given(None, given.equations, line)? else {
        return error(line, at, absent);
    };
    let names: Vec<&str> = info.parameters.iter().map(|parameter| &*parameter.name).collect();
    let parameters = numbers(table(parameters, line, "parameter", &names, finite)?);
    let names: Vec<&str> = info.initial().collect();
    let initial = table(initial, line, "variable with an initial value", &names, of_units)?;
    Ok(SynapseText { equations, method, parameters, initial })
}

/// The equations of a text with its method and its parameters.
pub(super) fn build(
    text: &EquationsText,
    method: Option<&str>,
    parameters: &[(String, f64)],
) -> crate::Result<Equations> {
    let text = Equations::new(&text.text)?;
    let text = parameters.iter().try_fold(text, |text, (name, value)| text.param(name, *value))?;
    Ok(match method {
        Some(method) => text.method(method.parse()?),
        None => text,
    })
}

pub(super) fn numbers(parameters: Vec<(String, Value)>) -> Vec<(String, f64)> {
    let number_of = |(name, value): (String, Value)| match value {
        Value::Number(x) => Some((name, x)),
        _ => None,
    };
    parameters.into_iter().filter_map(number_of).collect()
}

fn finite(v: Spanned<raw_value::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        Value::Number(x) if x.is_finite() => Ok(Value::Number(x)),
        _ => error(line, at, format!("`{key}` must be a number, which all synapses share")),
    }
}
