//! Panels of layers.

use super::super::axis::ordinal;
use super::curves::{cells, names, of_cells, units};
use super::{CURVES, Drive, Form, PANELS, Panel, Source, Subject, source_of};
use overtime_model::out_vars::OutVar;

/// Most rows of a heat map.
const HEAT: usize = 256;

pub(super) fn usual(subject: &Subject<'_>, asked: &[OutVar]) -> Vec<Panel> {
    let known = asked.iter().filter(|want| want.has_values() && (subject.elements)(want).is_some());
    let mut panels = vec![own(subject, "output")];
    panels.extend(known.take(PANELS).map(|want| variable(subject, want)));
    panels.push(own(subject, "input"));
    panels
}

pub(super) fn own(subject: &Subject<'_>, name: &str) -> Panel {
    if name == "output" {
        return sequence(subject, "output", Source::Output, subject.output, ("unit", 4), None);
    }
    let one = matches!(subject.given, Drive::Constant | Drive::Unknown);
    let len = if one { subject.input.min(1) } else { subject.input };
    let mut panel = sequence(subject, "input", Source::Input, len, ("feature", 3), None);
    if one {
        panel.cells.truncate(usize::from(subject.given == Drive::Constant));
    }
    panel
}

pub(super) fn variable(subject: &Subject<'_>, want: &OutVar) -> Panel {
    let len = (subject.elements)(want).unwrap_or(0);
    sequence(subject, &want.var, source_of(want), len, ("unit", 4), Some(want))
}

/// Few units are curves, many a heat map of the first row.
fn sequence(
    subject: &Subject<'_>,
    label: &str,
    source: Source,
    len: usize,
    (what, weight): (&str, u32),
    want: Option<&OutVar>,
) -> Panel {
    // Without units of its own a panel has all units, which may be more than memory holds.
    let picked = want.filter(|want| want.units.is_some()).map(|_| units(len, want, usize::MAX));
    let count = picked.as_ref().map_or(len, Vec::len);
    if count <= CURVES {
        let cells = cells(subject.rows(), len, want);
        let legend = names(&cells, len, what);
        return Panel { form: Form::Steps, weight, ..of_cells(label, source, cells, legend) };
    }
    let every = count.div_ceil(HEAT);
    let cells = match picked {
        Some(units) => units.into_iter().step_by(every).map(|unit| (0, unit)).collect(),
        None => (0..len).step_by(every).map(|unit| (0, unit)).collect(),
    };
    let bar = if subject.rows() > 1 { format!("{label}, row 0") } else { label.to_owned() };
    let axis = if every > 1 { format!("{what} (every {})", ordinal(every)) } else { what.to_owned() };
    Panel { form: Form::Heat, bar, weight, ..of_cells(&axis, source, cells, Vec::new()) }
}
