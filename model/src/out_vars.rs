//! The variables to record, as users write them: `V,l1.state`, `V[0..5]`, `V[0,7]`, `spike:events`,
//! `spike:bits`, `w:histogram`.

use crate::error::{Error, Result, spec, unknown_name};
use overtime::{Monitor, Schema, monitor};
use std::collections::BTreeSet;
use std::ops::Range;

/// One variable to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutVar {
    /// The name in the results: that of the variable, or a population's, such as `E.V`.
    pub name: String,
    /// The name of the variable in the system.
    pub var: String,
    /// Some of its units, or all. They are ranges, so that a file of a few bytes cannot need
    /// gigabytes.
    pub units: Option<Vec<Range<usize>>>,
    /// The unit that the name counts as 0: the first neuron of a population, otherwise 0.
    pub first: usize,
    /// Whether to record its non-zero values as events.
    pub events: bool,
    /// Whether to record a bit for each of its values.
    pub bits: bool,
    /// Whether the picture has a histogram of its values at the end. Such a variable is not
    /// recorded.
    pub histogram: bool,
}

/// The variable of a group that has no value for each neuron: its spike ring.
pub const RING: &str = "flight";

/// The largest number of units in a list.
const MOST: usize = 1 << 24;

impl OutVar {
    /// All units of this variable.
    #[must_use]
    pub fn new(var: impl Into<String>) -> Self {
        let var = var.into();
        Self { name: var.clone(), var, units: None, first: 0, events: false, bits: false, histogram: false }
    }

    /// The monitor of the loop.
    ///
    /// # Errors
    /// If a unit does not exist, or a population has no variable of this name. (The loop checks the
    /// names of other variables.)
    pub fn monitor(&self, schema: &Schema) -> Result<Monitor> {
        let mut m = monitor(&self.var).named(&self.name);
        let len = elements(schema, &self.var);
        if len.is_none() && self.name != self.var {
            return Err(self.unknown(schema));
        }
        if let (Some(units), Some(len)) = (&self.units, len) {
            if let Some(wrong) = units.iter().find(|r| r.end > len) {
                let unit = wrong.end - 1;
                return Err(spec(format!(
                    "out-vars: `{}` has {len} units, and no unit {unit}",
                    self.var.escape_debug()
                )));
            }
            m = m.units(units.iter().cloned().flatten());
        }
        Ok(match (self.events, self.bits) {
            (true, _) => m.events(),
            (_, true) => m.bits(),
            _ => m,
        })
    }

    /// Whether its values are recorded, and not events or bits.
    #[must_use]
    pub fn has_values(&self) -> bool {
        !self.events && !self.bits
    }

    /// The error of a variable that the group of a population does not have.
    fn unknown(&self, schema: &Schema) -> Error {
        let of = |name: &str| name.split_once('.').map_or("", |(of, _)| of).to_owned();
        let (group, population) = (of(&self.var), of(&self.name));
        let known = self::population(schema, &group, &population);
        let known = known.iter().map(String::as_str);
        spec(format!("out-vars: {}", unknown_name("variable", &self.name, known)))
    }

    /// The number of its recorded elements in one batch row.
    #[must_use]
    pub fn width(&self, schema: &Schema) -> usize {
        let units = self.units.as_ref().map(|units| units.iter().map(Range::len).sum());
        units.or_else(|| elements(schema, &self.var)).unwrap_or(0)
    }

    /// The bytes of its recording of one batch row at one step, with values of type `T`. The number
    /// of events is unknown before the run, and this is 0 for them.
    #[must_use]
    pub fn bytes<T>(&self, schema: &Schema) -> u64 {
        let width = self.width(schema) as u64;
        match (self.events, self.bits) {
            (true, _) => 0,
            (_, true) => width.div_ceil(8),
            _ => width.saturating_mul(size_of::<T>() as u64),
        }
    }
}

/// The names of the variables of a population of this group.
pub(crate) fn population(schema: &Schema, group: &str, population: &str) -> Vec<String> {
    let of_group = schema.state.iter().filter_map(|v| v.name.strip_prefix(group)?.strip_prefix('.'));
    of_group.filter(|var| *var != RING).map(|var| format!("{population}.{var}")).collect()
}

/// The number of elements of a variable, or of a view of one, in one batch row.
#[must_use]
pub fn elements(schema: &Schema, name: &str) -> Option<usize> {
    schema.state.iter().find_map(|v| match v.name == name {
        true => Some(v.len()),
        false => v.views.iter().find(|(n, _)| n == name).map(|(_, r)| r.len()),
    })
}

/// Reads a list of variables. ([`SystemSpec::out_vars`](crate::SystemSpec::out_vars) reads those of
/// populations as well.)
///
/// # Errors
/// The part that has no meaning.
pub fn parse(text: &str) -> Result<Vec<OutVar>> {
    let (mut all, mut names) = (Vec::new(), BTreeSet::new());
    for part in split(text) {
        let part = part.trim();
        if part.is_empty() {
            return Err(spec(format!("out-vars: an empty name in `{}`", text.escape_debug())));
        }
        let (part, suffix) = match part.rsplit_once(':') {
            Some((part, suffix @ ("events" | "bits" | "histogram"))) => (part, suffix),
            // The name of a layer may have a colon.
            Some((_, suffix)) if !suffix.contains('.') => {
                let known = ["events", "bits", "histogram"].into_iter();
                return Err(spec(format!(
                    "out-vars: `{}`: {}",
                    part.escape_debug(),
                    unknown_name("suffix", suffix, known)
                )));
            }
            _ => (part, ""),
        };
        let histogram = suffix == "histogram";
        let (var, units) = match part.split_once('[') {
            None => (part, None),
            Some((var, rest)) => {
                let shown = part.escape_debug();
                match rest.split_once(']') {
                    Some((inner, "")) => (var, Some(units(inner)?)),
                    Some((inner, variable)) if variable.starts_with('.') && !variable.contains('[') => {
                        let right = format!("{var}{variable}[{inner}]");
                        let right = right.escape_debug();
                        return Err(spec(format!("out-vars: `{shown}` has units of a group; write `{right}`")));
                    }
                    Some((_, rest)) => {
                        let rest = rest.escape_debug();
                        return Err(spec(format!("out-vars: `{shown}` has `{rest}` after the closing bracket")));
                    }
                    None => return Err(spec(format!("out-vars: `{shown}` has no closing bracket"))),
                }
            }
        };
        if histogram && units.is_some() {
            return Err(spec(format!("out-vars: a histogram has all units of `{}`", var.escape_debug())));
        }
        if !names.insert((var, histogram)) {
            return Err(spec(format!("out-vars: `{}` is named twice", var.escape_debug())));
        }
        let (events, bits) = (suffix == "events", suffix == "bits");
        all.push(OutVar { units, events, bits, histogram, ..OutVar::new(var) });
    }
    Ok(all)
}

/// The names in a list: it is cut at the commas outside brackets.
#[must_use]
pub fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

/// `0..5`, `3`, `0,7,2..4`.
fn units(text: &str) -> Result<Vec<Range<usize>>> {
    let (mut units, mut count) = (Vec::new(), 0_usize);
    for part in text.split(',') {
        let number = |s: &str| {
            let n = s.trim().parse::<u32>().map(|n| n as usize);
            n.map_err(|_| {
                spec(format!("out-vars: `{}` is not a unit; write V[3], V[0,7] or V[0..5]", s.trim().escape_debug()))
            })
        };
        let range = match part.split_once("..") {
            None => number(part).map(|n| n..n + 1)?,
            Some((a, b)) => number(a)?..number(b)?,
        };
        count = count.saturating_add(range.len());
        if range.is_empty() || count > MOST {
            let reason = if range.is_empty() {
                "is empty"
            } else {
                "picks too many units; leave the brackets away to record all"
            };
            return Err(spec(format!("out-vars: `{}` {reason}", text.escape_debug())));
        }
        units.push(range);
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(var: &str, units: Option<&[Range<usize>]>, events: bool) -> OutVar {
        OutVar { units: units.map(<[Range<usize>]>::to_vec), events, ..OutVar::new(var) }
    }

    #[test]
    fn names_units_events_and_bits() {
        let got = parse("V, l1.state,m[0..3,9],h[7,1,2..4],spike:events,refractory[0..9,2]:bits").unwrap();
        let expected = [
            wanted("V", None, false),
            wanted("l1.state", None, false),
            wanted("m", Some(&[0..3, 9..10]), false),
            wanted("h", Some(&[7..8, 1..2, 2..4]), false),
            wanted("spike", None, true),
            OutVar { bits: true, ..wanted("refractory", Some(&[0..9, 2..3]), false) },
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_histogram_has_all_units() {
        let all = parse("w:histogram,V,w").unwrap();
        assert_eq!(all[0], OutVar { histogram: true, ..wanted("w", None, false) });
        assert_eq!(all[1..], [wanted("V", None, false), wanted("w", None, false)]);
        assert!(parse("w[0]:histogram").is_err() && parse("w:histogram,w:histogram").is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "V,",
            "V,V",
            "V[",
            "V[0",
            "V[x]",
            "V[0..x]",
            "V[0..99999999999]",
            "V[0..99999999]",
            "V[5..5]",
            "V[-1]",
            ",",
            "V[]",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
