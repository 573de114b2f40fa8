//! Which variables to record, as users write it: `V,l1.state`, `V[0..5]`, `V[0,7]`, `spike:events`.

use crate::exit::usage;
use overtime::{Monitor, monitor};

/// One variable to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) var: String,
    /// Some of its units, or all.
    pub(crate) units: Option<Vec<usize>>,
    /// Where it is not zero, rather than its values.
    pub(crate) events: bool,
}

/// More units than anyone lists.
const MOST: usize = 1 << 24;

impl Wanted {
    pub(crate) fn monitor(&self) -> Monitor {
        let mut m = monitor(&self.var);
        if let Some(units) = &self.units {
            m = m.units(units.iter().copied());
        }
        if self.events { m.events() } else { m }
    }
}

/// # Errors
/// What cannot be understood.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Wanted>> {
    let mut all: Vec<Wanted> = Vec::new();
    for part in split(text) {
        let part = part.trim();
        if part.is_empty() {
            return Err(usage(format!("out-vars: an empty name in `{}`", text.escape_debug())));
        }
        let (part, events) = match part.strip_suffix(":events") {
            Some(part) => (part, true),
            None => (part, false),
        };
        let (var, units) = match part.split_once('[') {
            None => (part, None),
            Some((var, rest)) => {
                let inner = rest.strip_suffix(']');
                let inner = inner.ok_or_else(|| usage(format!("out-vars: `{}` has no closing bracket", part.escape_debug())))?;
                (var, Some(units(inner)?))
            }
        };
        if all.iter().any(|w| w.var == var) {
            return Err(usage(format!("out-vars: `{}` is named twice", var.escape_debug())));
        }
        all.push(Wanted { var: var.to_owned(), units, events });
    }
    Ok(all)
}

/// At the commas outside brackets.
fn split(text: &str) -> Vec<&str> {
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
fn units(text: &str) -> anyhow::Result<Vec<usize>> {
    let mut units = Vec::new();
    for part in text.split(',') {
        let number = |s: &str| {
            let n = s.trim().parse::<usize>();
            n.map_err(|_| usage(format!("out-vars: `{}` is not a unit; write V[3], V[0,7] or V[0..5]", s.trim().escape_debug())))
        };
        match part.split_once("..") {
            None => units.push(number(part)?),
            Some((a, b)) => {
                let (a, b) = (number(a)?, number(b)?);
                if b.saturating_sub(a) > MOST {
                    return Err(usage(format!("out-vars: {a}..{b} are too many units to pick; leave the brackets away to record all")));
                }
                units.extend(a..b);
            }
        }
        if units.len() > MOST {
            return Err(usage("out-vars: too many units to pick; leave the brackets away to record all"));
        }
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(var: &str, units: Option<&[usize]>, events: bool) -> Wanted {
        Wanted { var: var.into(), units: units.map(<[usize]>::to_vec), events }
    }

    #[test]
    fn names_units_and_events() {
        let got = parse("V, l1.state,m[0..3],h[7,1,2..4],spike:events").unwrap();
        let expected = [
            wanted("V", None, false),
            wanted("l1.state", None, false),
            wanted("m", Some(&[0, 1, 2]), false),
            wanted("h", Some(&[7, 1, 2, 3]), false),
            wanted("spike", None, true),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "V,", "V,V", "V[", "V[0", "V[x]", "V[0..x]", "V[0..99999999999]", "V[-1]", ",", "V[]"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
