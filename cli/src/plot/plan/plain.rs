//! Panels of values of which only names are known.

use super::curves::{cells, names, of_cells};
use super::{Panel, Source, source_of};
use overtime_model::out_vars::OutVar;

/// A variable with this number of batch rows and columns, whose units are not known.
pub(crate) fn variable(name: &str, rows: usize, len: usize, want: &OutVar) -> Panel {
    let cells = cells(rows, len, Some(want));
    let legend = if cells.len() > 1 { names(&cells, len, "column") } else { Vec::new() };
    of_cells(name, source_of(want), cells, legend)
}

/// A raster (`spike`) or rates (`rate`) of these groups.
pub(crate) fn spikes(name: &str, groups: &[String]) -> Panel {
    let cells = (0..groups.len()).map(|group| (0, group)).collect();
    let legend = if groups.len() > 1 { groups.to_vec() } else { Vec::new() };
    match name {
        "spike" => Panel { weight: 7, ..of_cells("neuron", Source::Raster, cells, legend) },
        _ => of_cells("rate (Hz)", Source::Rates, cells, legend),
    }
}
