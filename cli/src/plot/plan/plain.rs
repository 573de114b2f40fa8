//! Panels of values of which only names are known.

use super::curves::{cells, names, of_cells};
use super::network::of_spikes;
use super::{Hue, Panel, source_of};
use overtime_model::out_vars::OutVar;

/// A variable with this number of batch rows and columns, whose units are not known.
pub(crate) fn variable(name: &str, rows: usize, len: usize, want: &OutVar) -> Panel {
    let cells = cells(rows, len, Some(want));
    let legend = if cells.len() > 1 { names(&cells, len, "column") } else { Vec::new() };
    of_cells(name, source_of(want), cells, legend)
}

/// A raster (`spike`) or rates (`rate`) of these groups.
pub(crate) fn spikes(name: &str, groups: &[String]) -> Panel {
    let mut panel = of_spikes(name, groups.to_vec(), (0..groups.len()).map(Hue::number).collect());
    if groups.len() < 2 {
        panel.legend.clear();
    }
    panel
}
