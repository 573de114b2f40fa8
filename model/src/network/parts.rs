//! Parts of groups, and the populations that `[populations]` names.

use super::{Group, NamedPart, Network, Part, tables};
use crate::error::{self, ParseError, spec, unknown_name};
use crate::out_vars::{OutVar, RING};
use crate::rules::{self, Line, Result, error, start, unknown};
use std::ops::Range;

/// The parts that have names, in the order of groups and neurons. No neuron is in two of them.
pub(super) fn populations(all: tables::Populations, groups: &[Group], line: Line<'_>) -> Result<Vec<NamedPart>> {
    let taken: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let mut named: Vec<(usize, Range<u64>, NamedPart)> = Vec::new();
    for (name, text) in all {
        let at = start(&text);
        let key = name.get_ref().escape_debug();
        let part = part(text.get_ref(), at, groups, &[], line)
            .map_err(|e| ParseError { message: format!("`populations.{key}`: {}", e.message), ..e })?;
        let name = rules::name("population", Some(&name), start(&name), &taken, line)?;
        let number = groups.iter().position(|group| group.name == part.group).unwrap_or(0);
        let units = units(&part, groups);
        let same =
            |(n, u, _): &&(usize, Range<u64>, NamedPart)| *n == number && u.start < units.end && units.start < u.end;
        if let Some((_, _, other)) = named.iter().find(same) {
            return error(
                line,
                at,
                format!("populations `{}` and `{name}` share neurons of `{}`", other.name, part.group),
            );
        }
        named.push((number, units, NamedPart { name, part }));
    }
    named.sort_by_key(|(number, units, _)| (*number, units.start));
    Ok(named.into_iter().map(|(_, _, part)| part).collect())
}

/// The neurons of a part.
fn units(part: &Part, groups: &[Group]) -> Range<u64> {
    let whole = || 0..groups.iter().find(|group| group.name == part.group).map_or(0, |group| group.neurons.size);
    part.units.clone().unwrap_or_else(whole)
}

/// `P` or `P[0..3200]`, of a group or of a population, whose neurons count from its first.
pub(super) fn part(text: &str, at: usize, groups: &[Group], named: &[NamedPart], line: Line<'_>) -> Result<Part> {
    let (name, range) = match text.split_once('[') {
        None => (text, None),
        Some((name, rest)) => {
            let ends = rest.strip_suffix(']').and_then(|inner| inner.split_once(".."));
            let number = |s: &str| s.trim().parse::<u64>().ok();
            match ends.and_then(|(a, b)| Some(number(a)?..number(b)?)) {
                Some(units) => (name, Some(units)),
                None => {
                    let text = text.escape_debug();
                    return error(line, at, format!("`{text}` is not a part of a group: write P or P[0..100]"));
                }
            }
        }
    };
    let population = named.iter().find(|p| p.name == name);
    let whole = match (population, groups.iter().find(|group| group.name == name)) {
        (Some(population), _) => population.part.clone(),
        (None, Some(group)) => Part { group: group.name.clone(), units: None },
        (None, None) => {
            let known = groups.iter().map(|g| g.name.as_str()).chain(named.iter().map(|p| p.name.as_str()));
            return unknown(if named.is_empty() { "group" } else { "group or population" }, name, known, at, line);
        }
    };
    let Some(range) = range else { return Ok(whole) };
    let all = units(&whole, groups);
    let size = all.end.saturating_sub(all.start);
    if range.is_empty() || range.end > size {
        let Range { start, end } = range;
        return error(line, at, format!("{start}..{end} is empty, or beyond the {size} neurons of `{name}`"));
    }
    Ok(Part { units: Some(all.start + range.start..all.start + range.end), ..whole })
}

impl Network {
    /// The number of neurons of a part.
    pub(super) fn size(&self, part: &Part) -> u64 {
        let Range { start, end } = units(part, &self.groups);
        end.saturating_sub(start)
    }

    /// The variable of a population as a part of its group's variable. Its units count from the
    /// first neuron of the population. Other variables stay as they are.
    ///
    /// # Errors
    /// If the name begins with no group, population or projection, or if a unit does not exist.
    pub(crate) fn of_group(&self, want: OutVar) -> error::Result<OutVar> {
        let Some((of, var)) = want.name.split_once('.') else { return Ok(want) };
        let shown = want.name.escape_debug();
        let is_group = self.groups.iter().any(|group| group.name == of);
        let projection = self.projections.iter().find(|projection| projection.name == of);
        let has_variables = projection.is_some_and(|p| p.is_plastic() || p.kinetics.is_some());
        let population = self.named.iter().find(|population| population.name == of);
        let part = match population {
            Some(population) if !is_group && !has_variables => &population.part,
            None if !is_group && projection.is_none() => {
                let groups = self.groups.iter().map(|group| group.name.as_str());
                let known = groups.chain(self.named.iter().map(|population| population.name.as_str()));
                let what = if self.named.is_empty() { "group" } else { "group or population" };
                return Err(spec(format!("out-vars: `{shown}`: {}", unknown_name(what, of, known))));
            }
            _ => return Ok(want),
        };
        if var == RING {
            return Err(spec(format!(
                "out-vars: `{shown}`: only a whole group has `{RING}`; write {}.{RING}",
                part.group
            )));
        }
        if want.histogram {
            return Err(spec(format!(
                "out-vars: `{shown}`: a histogram has all units of a group; write {}.{var}:histogram",
                part.group
            )));
        }
        let all = units(part, &self.groups);
        let ends = (usize::try_from(all.start), usize::try_from(all.end));
        let (Ok(first), Ok(end)) = ends else { return Err(spec(format!("out-vars: `{shown}` has too many units"))) };
        let len = end.saturating_sub(first);
        let own = want.units.unwrap_or_else(|| std::iter::once(0..len).collect());
        if let Some(beyond) = own.iter().find(|range| range.end > len) {
            return Err(spec(format!("out-vars: `{shown}` has {len} units, and no unit {}", beyond.end - 1)));
        }
        let units = own.into_iter().map(|range| first + range.start..first + range.end).collect();
        Ok(OutVar { var: format!("{}.{var}", part.group), units: Some(units), first, ..want })
    }
}
