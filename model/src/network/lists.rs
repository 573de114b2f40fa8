//! One table for several groups or projections: a group whose `name` is a list, and a projection
//! whose `from` or `to` is one.

use super::tables::{Connect, Group, Poisson, Projection};
use crate::nested::{ListTable, Nested};
use crate::rules::{Line, Result, error, start};
use crate::strict::Keys;
use crate::toml_values::Maybe;
use std::collections::BTreeSet;
use std::fmt::Debug;
use toml::Spanned;

/// The lists that a group may have, for the error of another.
pub(super) const OF_GROUPS: &str = "a group has a list of values if its `name` is a list of names";
/// The lists that a projection may have.
pub(super) const OF_PROJECTIONS: &str = "a projection has a list of sources, or a list of such lists, one for each \
                                         target, if its `from` or `to` is a list";

/// The size of the groups and projections that lists make, which bounds the memory of a small file:
/// each has a copy of the values that are not lists.
#[derive(Default)]
pub(super) struct Copies(usize);

impl Copies {
    /// The most characters of all of them, as `Debug` prints them.
    const MOST: usize = 1 << 26;

    fn add(&mut self, made: &impl Debug, at: usize, line: Line<'_>) -> Result<()> {
        self.0 += format!("{made:?}").len();
        match self.0 {
            ..=Self::MOST => Ok(()),
            _ => error(
                line,
                at,
                "lists make too large a network: each group or projection has all values that are no list",
            ),
        }
    }
}

impl Group {
    /// The number of groups of this table.
    pub(super) fn count(&self) -> usize {
        self.name.as_ref().and_then(|name| name.get_ref().list()).map_or(1, <[_]>::len)
    }

    /// The groups of this table: one for each name if `name` is a list.
    pub(super) fn each(self, copies: &mut Copies, line: Line<'_>) -> Result<Vec<Self>> {
        let Some(names) = self.name.as_ref().and_then(|name| name.get_ref().list()) else { return Ok(vec![self]) };
        let at = self.name.as_ref().map_or(0, start);
        if names.is_empty() {
            return error(line, at, "`name` has no names");
        }
        let shared = self.without_lists();
        let one = |k| {
            let one = self.one(&shared, Pick { k, n: names.len(), line })?;
            copies.add(&one, at, line)?;
            Ok(one)
        };
        (0..names.len()).map(one).collect()
    }

    /// The table without the values that may be lists, which are too long for a copy in each group.
    fn without_lists(&self) -> Self {
        let drive = |drive: &Spanned<Keys<Poisson>>| {
            let Keys(Poisson { receptor, start, stop, .. }) = drive.get_ref();
            let (receptor, start, stop) = (receptor.clone(), start.clone(), stop.clone());
            Spanned::new(drive.span(), Keys(Poisson { receptor, rate: None, weight: None, start, stop }))
        };
        Self {
            name: None,
            kind: self.kind.clone(),
            equations: self.equations.clone(),
            size: None,
            method: self.method.clone(),
            noise: None,
            reset: self.reset.clone(),
            current: None,
            mean_rate: None,
            input: self.input.clone(),
            parameters: None,
            initial: None,
            channel: self.channel.clone(),
            receptor: self.receptor.clone(),
            poisson: self.poisson.as_ref().map(|drives| drives.iter().map(drive).collect()),
        }
    }

    /// The group of this number, with all that groups share.
    fn one(&self, shared: &Self, pick: Pick<'_>) -> Result<Self> {
        let mut one = shared.clone();
        one.name = pick.of(&self.name, "name")?;
        one.size = pick.of(&self.size, "size")?;
        one.noise = pick.of(&self.noise, "noise")?;
        one.current = pick.of(&self.current, "current")?;
        one.mean_rate = pick.of(&self.mean_rate, "mean_rate")?;
        one.parameters = pick.of_table(&self.parameters, "parameters")?;
        one.initial = pick.of_table(&self.initial, "initial")?;
        for (drive, lists) in one.poisson.iter_mut().flatten().zip(self.poisson.iter().flatten()) {
            let (Keys(drive), Keys(lists)) = (drive.get_mut(), lists.get_ref());
            drive.rate = pick.of(&lists.rate, "poisson.rate")?;
            drive.weight = pick.of(&lists.weight, "poisson.weight")?;
        }
        Ok(one)
    }
}

/// Takes value `k` of each list of `n` values.
struct Pick<'a> {
    k: usize,
    n: usize,
    line: Line<'a>,
}

impl Pick<'_> {
    fn of<V: Clone>(&self, value: &Maybe<Nested<V>>, key: &str) -> Result<Maybe<Nested<V>>> {
        value.as_ref().map(|value| self.of_value(value, key)).transpose()
    }

    fn of_table(&self, table: &Option<ListTable>, key: &str) -> Result<Option<ListTable>> {
        let Some(table) = table else { return Ok(None) };
        let pick = |(name, value): (&Spanned<String>, _)| {
            Ok((name.clone(), self.of_value(value, &format!("{key}.{}", name.get_ref().escape_debug()))?))
        };
        table.iter().map(pick).collect::<Result<_>>().map(Some)
    }

    fn of_value<V: Clone>(&self, value: &Spanned<Nested<V>>, key: &str) -> Result<Spanned<Nested<V>>> {
        match value.get_ref().list() {
            Some(list) if list.len() != self.n => {
                let (given, n) = (list.len(), self.n);
                error(self.line, start(value), format!("`{key}` needs {n} values, one for each of `name`, not {given}"))
            }
            Some(list) => Ok(list.get(self.k).unwrap_or(value).clone()),
            None => Ok(value.clone()),
        }
    }
}

/// The pairs of a table's sources and targets, and the place of its names.
#[derive(Clone, Copy)]
struct Pair<'a> {
    target: usize,
    source: usize,
    targets: usize,
    sources: usize,
    line: Line<'a>,
}

/// A projection of a table with lists, by its source and its target.
pub(super) struct OfPair {
    pub(super) projection: Projection,
    /// The names of the source and of the target, if the table has lists, and whether targets differ
    /// by their receptors alone.
    pub(super) names: Option<([String; 2], bool)>,
}

impl Projection {
    /// The number of projections of this table, with those that have no synapses.
    pub(super) fn count(&self) -> usize {
        let len = |names: &Maybe<Nested<String>>| {
            names.as_ref().and_then(|names| names.get_ref().list()).map_or(1, <[_]>::len)
        };
        len(&self.from).saturating_mul(len(&self.to))
    }

    /// The projections of this table: one for each target and source if `from` or `to` is a list.
    /// A probability or a number of 0 in a matrix makes no projection.
    pub(super) fn each(self, copies: &mut Copies, line: Line<'_>) -> Result<Vec<OfPair>> {
        let list =
            |names: &Maybe<Nested<String>>| names.as_ref().and_then(|names| names.get_ref().list().map(<[_]>::len));
        let (from, to) = (list(&self.from), list(&self.to));
        if (from, to) == (None, None) {
            return Ok(vec![OfPair { projection: self, names: None }]);
        }
        for (key, names, n) in [("from", &self.from, from), ("to", &self.to, to)] {
            if n == Some(0) {
                return error(line, names.as_ref().map_or(0, start), format!("`{key}` has no names"));
            }
            let mut all = BTreeSet::new();
            for name in names.iter().filter_map(|names| names.get_ref().list()).flatten() {
                if let Nested::One(text) = name.get_ref()
                    && !all.insert(text)
                {
                    return error(line, start(name), format!("`{key}` has `{}` twice", text.escape_debug()));
                }
            }
        }
        let (targets, sources) = (to.unwrap_or(1), from.unwrap_or(1));
        let text = |name: &Spanned<Nested<String>>| match name.get_ref() {
            Nested::One(name) => Some(name.clone()),
            Nested::List(_) => None,
        };
        let all_targets = self.to.iter().filter_map(|to| to.get_ref().list()).flatten().filter_map(text);
        let receptors = receptors_differ(all_targets.collect::<Vec<_>>().iter().map(String::as_str));
        let shared = self.without_matrices();
        let mut all = Vec::new();
        for target in 0..targets {
            for source in 0..sources {
                let pair = Pair { target, source, targets, sources, line };
                if let Some(one) = self.of_pair(&shared, pair, receptors)? {
                    copies.add(&one.projection, self.from.as_ref().map_or(0, start), line)?;
                    all.push(one);
                }
            }
        }
        Ok(all)
    }

    /// The table without the values that may be lists, which are too long for a copy in each
    /// projection.
    fn without_matrices(&self) -> Self {
        let connect = |connect: &Spanned<Keys<Connect>>| {
            let Keys(Connect { kind, file, pre, post, .. }) = connect.get_ref();
            let (kind, file, pre, post) = (kind.clone(), file.clone(), pre.clone(), post.clone());
            Spanned::new(connect.span(), Keys(Connect { kind, p: None, num: None, file, pre, post }))
        };
        Self {
            name: self.name.clone(),
            from: None,
            to: None,
            connect: self.connect.as_ref().map(connect),
            autapses: self.autapses.clone(),
            multapses: self.multapses.clone(),
            procedural: self.procedural.clone(),
            weight: None,
            delay: None,
            stdp: self.stdp.clone(),
            plasticity: self.plasticity.clone(),
            kinetics: self.kinetics.clone(),
            parameters: self.parameters.clone(),
            initial: self.initial.clone(),
        }
    }

    /// The projection of one pair, with all that pairs share; `None` without synapses.
    fn of_pair(&self, shared: &Self, pair: Pair<'_>, receptors: bool) -> Result<Option<OfPair>> {
        let name = |names: &Maybe<Nested<String>>, k: usize| {
            let names = names.as_ref()?;
            Some(names.get_ref().list().and_then(|list| list.get(k)).unwrap_or(names).clone())
        };
        let mut projection = shared.clone();
        projection.from = name(&self.from, pair.source);
        projection.to = name(&self.to, pair.target);
        projection.weight = pair.of(&self.weight, "weight")?;
        projection.delay = pair.of(&self.delay, "delay")?;
        if let (Some(connect), Some(matrices)) = (&mut projection.connect, &self.connect) {
            let (Keys(connect), Keys(matrices)) = (connect.get_mut(), matrices.get_ref());
            connect.p = pair.of(&matrices.p, "connect.p")?;
            connect.num = pair.of(&matrices.num, "connect.num")?;
            if connect.is_empty() {
                return Ok(None);
            }
        }
        let text = |name: &Maybe<Nested<String>>| match name.as_ref().map(Spanned::get_ref) {
            Some(Nested::One(name)) => name.clone(),
            _ => String::new(),
        };
        let names = [text(&projection.from), text(&projection.to)];
        Ok(Some(OfPair { projection, names: Some((names, receptors)) }))
    }
}

impl Connect {
    /// Whether a probability or a number is 0.
    fn is_empty(&self) -> bool {
        let p = self.p.as_ref().is_some_and(|p| matches!(p.get_ref(), Nested::One(0.0)));
        p || self.num.as_ref().is_some_and(|num| matches!(num.get_ref(), Nested::One(0)))
    }
}

impl Pair<'_> {
    /// The pair's value of a matrix `[targets, sources]`. Axes of length 1 are broadcast, and a list
    /// of values is a row for all targets.
    fn of<V: Clone>(&self, value: &Maybe<Nested<V>>, key: &str) -> Result<Maybe<Nested<V>>> {
        let Some(value) = value else { return Ok(None) };
        let Some(list) = value.get_ref().list() else { return Ok(Some(value.clone())) };
        let has_rows = list.iter().any(|row| row.get_ref().list().is_some());
        let row = if has_rows { self.along(value, self.target, self.targets, key, ["rows", "`to`"])? } else { value };
        self.along(row, self.source, self.sources, key, ["values in a row", "`from`"]).map(|value| Some(value.clone()))
    }

    /// Value `k` of a list of one value or of `n`.
    fn along<'v, V>(
        &self,
        value: &'v Spanned<Nested<V>>,
        k: usize,
        n: usize,
        key: &str,
        [what, of]: [&str; 2],
    ) -> Result<&'v Spanned<Nested<V>>> {
        let at = start(value);
        let Some(list) = value.get_ref().list() else {
            return error(self.line, at, format!("`{key}` has rows, and a value that is in no row"));
        };
        match list {
            [one] => Ok(one),
            _ if list.len() == n => Ok(list.get(k).unwrap_or(value)),
            _ => error(
                self.line,
                at,
                format!("`{key}` needs {n} {what}, one for each of {of}, or one for all of them, not {}", list.len()),
            ),
        }
    }
}

/// The name of the projection of a pair: a part of a group is named GROUP_FIRST_END, and a target
/// without its receptor, unless `receptors` differ in targets with the same neurons.
pub(crate) fn name_of_pair(name: &str, [from, to]: &[String; 2], receptors: bool) -> String {
    let to = if receptors { to } else { neurons(to) };
    let label = |part: &str| part.trim_end_matches(']').replace("..", "_").replace(['[', ']', '.', ':', ','], "_");
    format!("{name}_{}_{}", label(from), label(to))
}

/// A target without its receptor.
fn neurons(to: &str) -> &str {
    to.rsplit_once('.').filter(|(_, receptor)| !receptor.ends_with(']')).map_or(to, |(part, _)| part)
}

/// Whether two targets differ by their receptors alone.
pub(crate) fn receptors_differ<'t>(to: impl Iterator<Item = &'t str>) -> bool {
    let mut all = BTreeSet::new();
    to.map(neurons).any(|part| !all.insert(part))
}
