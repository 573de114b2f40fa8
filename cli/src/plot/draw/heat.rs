//! Heat maps: units by time.

use super::frame::{Frame, text, width};
use super::layout::{Place, SMALL};
use super::{Area, Drawn, beside, share};
use crate::plot::axis::{number, ticks};
use crate::plot::colour::{INK, LEVELS, heat as colour, level};
use crate::plot::plan::Panel;
use crate::plot::traces::Traces;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use std::ops::Range;

/// The gap to the colour bar, its width, and what is between a panel and the bar's numbers, units.
const GAP: f64 = 18.0;
const BAR: f64 = 16.0;
pub(super) const BESIDE: f64 = GAP + BAR + 12.0;
/// Most columns.
const COLUMNS: usize = 1000;

/// Draws a cell for each unit and bin of time, and the colour bar. The first unit is below.
pub(super) fn heat<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    k: usize,
    traces: &Traces,
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    let bins = traces.low.ncols();
    let rows = 0.0..panel.cells.len() as f64;
    let together = bins.div_ceil(COLUMNS).max(1);
    for (at, row) in traces.rows(k).enumerate() {
        // A cell reaches under those that are drawn after it, so that no seam is left between them.
        let top = (frame.py(at as f64 + 1.0, &rows) - frame.px(1.0)).max(frame.top());
        let bottom = frame.py(at as f64, &rows);
        // Cells of one colour are one rectangle.
        let mut open: Option<(f64, usize)> = None;
        for first in (0..bins).step_by(together) {
            let all = first..(first + together).min(bins);
            let [from, _] = traces.grid.edges(first);
            let next = mean(row, all, traces).map(|mean| level(share(mean, &place.colours)));
            match (open, next) {
                (Some((_, same)), Some(next)) if same == next => {}
                // Where nothing was recorded, the last value holds.
                (_, None) => {}
                (_, Some(next)) => {
                    cell(area, open, from, (top, bottom), frame, place)?;
                    open = Some((from, next));
                }
            }
        }
        cell(area, open, traces.grid.end(), (top, bottom), frame, place)?;
    }
    bar(area, panel, frame, place)
}

fn cell<B: DrawingBackend>(
    area: &Area<B>,
    open: Option<(f64, usize)>,
    to: f64,
    (top, bottom): (i32, i32),
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    let Some((from, level)) = open else { return Ok(()) };
    let right = (frame.x(to, &place.along) + frame.px(1.0)).min(frame.right());
    let ends = [(frame.x(from, &place.along), top), (right, bottom)];
    area.draw(&Rectangle::new(ends, colour(level).filled()))
}

/// The mean of a row's bins, if there is any value.
fn mean(row: usize, bins: Range<usize>, traces: &Traces) -> Option<f64> {
    let values = bins.filter_map(|bin| Some((traces.low.get((row, bin))? + traces.high.get((row, bin))?) / 2.0));
    let (sum, n) = values.filter(|x| x.is_finite()).fold((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

/// The colour bar, with numbers and the name of the values.
fn bar<B: DrawingBackend>(area: &Area<B>, panel: &Panel, frame: &Frame, place: &Place) -> Drawn<B> {
    let left = frame.right() + frame.px(GAP);
    let right = left + frame.px(BAR);
    let all = 0.0..LEVELS as f64;
    for level in 0..LEVELS {
        let top = (frame.py(level as f64 + 1.0, &all) - frame.px(1.0)).max(frame.top());
        let ends = [(left, top), (right, frame.py(level as f64, &all))];
        area.draw(&Rectangle::new(ends, colour(level).filled()))?;
    }
    let mut widest: f64 = 0.0;
    for c in &place.cticks {
        let y = frame.py(*c, &place.colours);
        area.draw(&PathElement::new(vec![(right, y), (right + frame.px(5.0), y)], INK.stroke_width(frame.thick(1.5))))?;
        let words = number(*c, &place.cticks);
        widest = widest.max(width(area, &words, SMALL * frame.scale));
        let at = (right + frame.px(12.0), y + frame.px(2.0));
        area.draw(&Text::new(words, at, text(SMALL * frame.scale, HPos::Left, VPos::Center)))?;
    }
    let x = right + frame.px(22.0) + widest as i32;
    beside(area, &panel.bar, (x, (frame.top() + frame.bottom()) / 2), frame)
}

/// The units along the vertical axis: rows are as high as the units that each stands for.
pub(super) fn units(panel: &Panel) -> Range<f64> {
    let unit = |k: usize| panel.cells.get(k).map_or(0, |cell| cell.1);
    let (first, step) = (unit(0), unit(1).saturating_sub(unit(0)).max(1));
    let is_even = (0..panel.cells.len()).all(|k| unit(k) == first + k * step);
    let (first, step) = if is_even { (first, step) } else { (0, 1) };
    first as f64..(first + step * panel.cells.len()) as f64
}

/// Ticks at whole units.
pub(super) fn unit_ticks(panel: &Panel, most: usize) -> Vec<f64> {
    let mut all = ticks(&units(panel), most);
    all.retain(|x| x.fract() == 0.0);
    all
}
