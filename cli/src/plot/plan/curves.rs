//! Which units a panel has curves of, and what they are called.

use super::{CURVES, Form, Hue, Panel, Source};
use crate::plot::boxplot::Quantity;
use overtime_model::out_vars::OutVar;
use std::collections::BTreeSet;

/// A panel without curves of its own: of one thing.
pub(super) fn alone(label: &str, source: Source) -> Panel {
    Panel {
        label: label.to_owned(),
        bar: String::new(),
        source,
        form: Form::Lines,
        cells: vec![(0, 0)],
        legend: Vec::new(),
        names: Vec::new(),
        hues: vec![Hue::default()],
        weight: 3,
        spikes: None,
    }
}

/// A panel of these cells, each in a colour of its own.
pub(super) fn of_cells(label: &str, source: Source, cells: Vec<(usize, usize)>, legend: Vec<String>) -> Panel {
    let hues = (0..cells.len()).map(|colour| Hue { colour, shade: 0 }).collect();
    Panel { cells, legend, hues, ..alone(label, source) }
}

/// A panel of a box for each of these populations.
pub(super) fn boxplot(quantity: Quantity, names: Vec<String>, hues: Vec<Hue>) -> Panel {
    let weight = names.len().clamp(3, 8) as u32;
    Panel { names, hues, weight, ..alone(quantity.label(), Source::Boxplot(quantity)) }
}

/// The units asked for, or all, each once, but not more than `most`.
pub(super) fn units(len: usize, want: Option<&OutVar>, most: usize) -> Vec<usize> {
    match want.and_then(|want| want.units.as_ref()) {
        Some(units) => {
            let mut seen = BTreeSet::new();
            units.iter().cloned().flatten().filter(|unit| seen.insert(*unit)).take(most).collect()
        }
        None => (0..len.min(most)).collect(),
    }
}

/// The units asked for, or the first few, of the first row; of further rows too if there are fewer
/// units than curves.
pub(super) fn cells(rows: usize, len: usize, want: Option<&OutVar>) -> Vec<(usize, usize)> {
    let units = units(len, want, CURVES);
    let all = units.len();
    (0..rows)
        .flat_map(|row| units.iter().map(move |unit| (row, *unit)))
        .take(if len >= CURVES { all } else { CURVES })
        .collect()
}

/// What they are called.
pub(super) fn names(cells: &[(usize, usize)], len: usize, what: &str) -> Vec<String> {
    let several_rows = cells.iter().any(|cell| cell.0 > 0);
    let name = |&(row, unit): &(usize, usize)| match (several_rows, len) {
        (true, 1) => format!("row {row}"),
        (true, _) => format!("row {row}, {what} {unit}"),
        (false, _) => format!("{what} {unit}"),
    };
    cells.iter().map(name).collect()
}
