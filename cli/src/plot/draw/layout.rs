//! What goes where: heights, margins, ticks.

use super::names::{self, Band, Name};
use super::{Area, boxplot, curves, frame, heat, share};
use crate::exit_code::usage;
use crate::plot::axis::{number, span, ticks, time_unit, to_ticks, two_ticks};
use crate::plot::grid::Clock;
use crate::plot::plan::{Form, Panel, Source};
use crate::plot::size::{Size, UNIT};
use crate::plot::traces::Traces;
use overtime_model::Plot;
use plotters::prelude::DrawingBackend;
use std::ops::Range;

/// Sizes of type, units.
pub(super) const SMALL: f64 = 20.0;
pub(super) const BIG: f64 = 23.0;
/// Where the title begins.
pub(super) const TITLE_AT: f64 = 44.0;
/// What the title takes, and what there is above the first panel without one.
const TITLE: f64 = 92.0;
const UNTITLED: f64 = 46.0;
const RIGHT: f64 = 44.0;
const BOTTOM: f64 = 92.0;
const GAP: f64 = 54.0;
/// What an axis between panels takes.
const AXIS: f64 = 64.0;
/// The gap between panels that stand side by side.
const BETWEEN: f64 = 72.0;
/// The most that names beside an axis take, as a share of the picture's width.
const NAMES: f64 = 0.2;
/// Least height of a panel.
const LEAST: f64 = 30.0;

/// Everything but the panels' contents, in units.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) places: Vec<Place>,
    pub(super) time: TimeAxis,
}

/// Where a panel is, and its axes.
pub(super) struct Place {
    pub(super) top: f64,
    pub(super) height: f64,
    /// From its left to its right edge.
    pub(super) x: Range<f64>,
    /// The values along both axes; for the horizontal one in the unit of the clock.
    pub(super) along: Range<f64>,
    pub(super) values: Range<f64>,
    pub(super) yticks: Vec<f64>,
    /// What the vertical axis has instead of numbers, and the values between populations.
    pub(super) names: Vec<Name>,
    pub(super) between: Vec<f64>,
    /// Those of a panel with an axis of its own.
    pub(super) xticks: Vec<f64>,
    /// The range of colours, and ticks in it.
    pub(super) colours: Range<f64>,
    pub(super) cticks: Vec<f64>,
    /// Whether the horizontal axis has numbers.
    pub(super) has_axis: bool,
}

/// The axis that panels share.
pub(super) struct TimeAxis {
    pub(super) label: &'static str,
    /// The length of the axis' unit, in the unit of the clock.
    pub(super) unit: f64,
    /// In the unit of the axis.
    pub(super) ticks: Vec<f64>,
}

/// The panels of each row, from left to right: box plots stand side by side.
fn rows(panels: &[Panel]) -> Vec<Range<usize>> {
    let mut rows: Vec<Range<usize>> = Vec::new();
    let is_boxplot = |k: usize| panels.get(k).is_some_and(|panel| matches!(panel.source, Source::Boxplot(_)));
    for k in 0..panels.len() {
        match rows.last_mut() {
            Some(row) if is_boxplot(k) && is_boxplot(row.start) => row.end = k + 1,
            _ => rows.push(k..k + 1),
        }
    }
    rows
}

/// Which rows have numbers below: the last that shares the axis of time, and each with an axis of
/// its own.
fn axes(panels: &[Panel], rows: &[Range<usize>]) -> Vec<bool> {
    let is_own = |row: &Range<usize>| panels.get(row.start).is_some_and(Panel::has_own_axis);
    (0..rows.len()).map(|k| rows.get(k).is_some_and(is_own) || rows.get(k + 1).is_none_or(is_own)).collect()
}

/// The height that is left for panels, units.
fn room(panels: &[Panel], rows: &[Range<usize>], size: &Size, title: &str) -> f64 {
    let between = axes(panels, rows).iter().rev().skip(1).filter(|has| **has).count() as f64;
    let top = if title.is_empty() { UNTITLED } else { TITLE };
    size.units[1] - top - BOTTOM - GAP * rows.len().saturating_sub(1) as f64 - AXIS * between
}

/// Refuses a picture in which the panels have no room.
pub(in crate::plot) fn fits(panels: &[Panel], plot: &Plot) -> anyhow::Result<()> {
    let size = Size::new(plot)?;
    let rows = rows(panels);
    let room = room(panels, &rows, &size, plot.title.as_deref().unwrap_or("a title"));
    let least = LEAST * rows.len() as f64;
    if room >= least {
        return Ok(());
    }
    let mm = ((size.units[1] + least - room) * UNIT).ceil();
    let n = panels.len();
    Err(usage(format!(
        "plot.size: {n} panels need a height of {mm} mm or more; `title = \"\"` takes less, and so do fewer `panels`"
    )))
}

impl Layout {
    pub(super) fn new<B: DrawingBackend>(
        area: &Area<B>,
        title: &str,
        traces: &Traces,
        size: &Size,
        scale: f64,
    ) -> Self {
        let [width, _] = size.units;
        let rows = rows(&traces.panels);
        let room = room(&traces.panels, &rows, size, title).max(LEAST);
        let of_row = |row: &Range<usize>| traces.panels.get(row.clone()).unwrap_or_default();
        let weight = |row: &Range<usize>| of_row(row).iter().map(|p| p.weight).max().unwrap_or(0);
        let weights = rows.iter().map(weight).sum::<u32>().max(1);
        let mut top = if title.is_empty() { UNTITLED } else { TITLE };
        let mut places: Vec<Place> = Vec::new();
        for (row, has_axis) in rows.iter().zip(axes(&traces.panels, &rows)) {
            let height = room * f64::from(weight(row)) / f64::from(weights);
            for (k, panel) in row.clone().zip(of_row(row)) {
                let mut place = Place::new(panel, k, traces, top, height, (width / row.len() as f64, has_axis));
                // The names of the first box plot are those of the others too.
                place.names.retain(|_| k == row.start);
                places.push(place);
            }
            top += height + GAP + if has_axis { AXIS } else { 0.0 };
        }
        let wide = |text: &str| frame::width(area, text, SMALL * scale) / scale;
        for name in places.iter_mut().flat_map(|place| &mut place.names) {
            name.text = shortened(&name.text, NAMES * width, &wide);
        }
        let widest = |ticks: &[f64]| ticks.iter().map(|y| wide(&number(*y, ticks))).fold(0.0, f64::max);
        let beside = |place: &Place| place.names.iter().map(|n| wide(&n.text)).fold(widest(&place.yticks), f64::max);
        let numbers = places.iter().map(beside).fold(0.0, f64::max);
        // Label, gap, numbers, gap.
        let left = (22.0 + 1.3 * BIG + 10.0 + numbers + 14.0).max(90.0);
        let bars = places.iter().map(|place| widest(&place.cticks)).fold(0.0, f64::max);
        let mut right = if bars > 0.0 { heat::BESIDE + bars + 10.0 + 1.3 * BIG + 12.0 } else { RIGHT };
        let mut time = TimeAxis::new(traces, width - left - right, &widest);
        // Half of the last number stands beyond the axis where that ends at a tick.
        let shared = span(traces.grid.t, traces.grid.end());
        let over =
            |x: f64, text: f64, range: &Range<f64>| text / 2.0 - (1.0 - share(x, range)) * (width - left - right);
        let last = time.ticks.last().map(|x| over(x * time.unit, wide(&number(*x, &time.ticks)), &shared));
        let of_bars = places.iter().filter_map(|p| Some(over(*p.xticks.last()?, widest(&p.xticks), &p.along)));
        right = of_bars.chain(last).fold(right, |right, over| right.max(over + 12.0));
        time = TimeAxis::new(traces, width - left - right, &widest);
        for row in rows {
            let columns = row.len() as f64;
            let wide = (width - left - right - (columns - 1.0) * BETWEEN) / columns;
            for (column, place) in places.get_mut(row).unwrap_or_default().iter_mut().enumerate() {
                let from = left + column as f64 * (wide + BETWEEN);
                place.x = from..from + wide;
                place.thin_xticks(&widest);
            }
        }
        Self { width, places, time }
    }
}

impl Place {
    fn new(panel: &Panel, k: usize, traces: &Traces, top: f64, height: f64, (width, has_axis): (f64, bool)) -> Self {
        let values = curves::range(panel, k, traces);
        let most = |per: f64| ((height / per) as usize).clamp(2, 8);
        let own = match &panel.source {
            Source::Histogram(name) => traces.histograms.iter().find(|(n, _)| n == name).map(|(_, h)| h.range.clone()),
            Source::Boxplot(quantity) => Some(boxplot::along(*quantity, traces)),
            _ => None,
        };
        let (along, xticks) = match own {
            Some(range) => {
                let most = ((width / 140.0) as usize).clamp(2, 10);
                let along = to_ticks(&span(range.start, range.end), most);
                let xticks = two_ticks(&along, most);
                (along, xticks)
            }
            None => (span(traces.grid.t, traces.grid.end()), Vec::new()),
        };
        let (values, colours) =
            if panel.form == Form::Heat { (heat::units(panel), Some(values)) } else { (values, None) };
        let cticks = colours.as_ref().map_or_else(Vec::new, |range| two_ticks(range, most(60.0).min(5)));
        let yticks = match (panel.form, &panel.source) {
            (Form::Heat, _) => heat::unit_ticks(panel, most(40.0)),
            (_, Source::Boxplot(_)) => Vec::new(),
            _ if !panel.names.is_empty() => Vec::new(),
            _ => two_ticks(&values, most(42.0)),
        };
        let bands = curves::bands(panel, traces);
        let y = |value: f64| height * (1.0 - share(value, &values));
        let names = panel.names.iter().zip(&bands).map(|(name, band)| Band {
            name: name.clone(),
            middle: y((band.start + band.end) / 2.0),
            height: (y(band.end) - y(band.start)).abs(),
        });
        let names = names::place(names.collect(), height);
        let between =
            if panel.source == Source::Raster { bands.iter().skip(1).map(|b| b.start).collect() } else { vec![] };
        let (x, colours) = (0.0..0.0, colours.unwrap_or(0.0..1.0));
        Self { top, height, x, along, values, yticks, names, between, xticks, colours, cticks, has_axis }
    }

    /// Leaves out every second number below until all have room. Two numbers stay, and a 0 of more
    /// than three.
    fn thin_xticks(&mut self, widest: &dyn Fn(&[f64]) -> f64) {
        let room = self.x.end - self.x.start + BETWEEN / 2.0;
        while self.xticks.len() > 2 && self.xticks.len() as f64 * (widest(&self.xticks) + 14.0) > room {
            let zero = self.xticks.iter().position(|x| x.abs() < 1e-12).filter(|_| self.xticks.len() > 3);
            let others = self.xticks.iter().skip(zero.unwrap_or(0) % 2).step_by(2);
            self.xticks = others.copied().collect();
        }
    }
}

/// A name of at most this width.
fn shortened(name: &str, most: f64, wide: &dyn Fn(&str) -> f64) -> String {
    let mut shown = name.to_owned();
    while wide(&shown) > most && shown.chars().count() > 2 {
        shown = shown.chars().take(shown.chars().count() - 2).chain(['…']).collect();
    }
    shown
}

impl TimeAxis {
    /// As many ticks as have room for their numbers.
    fn new(traces: &Traces, room: f64, widest: &dyn Fn(&[f64]) -> f64) -> Self {
        let range = span(traces.grid.t, traces.grid.end());
        let (label, unit) = match traces.clock {
            Clock::Steps => ("step", 1.0),
            Clock::Milliseconds => {
                let unit = time_unit(&range);
                (unit.label, unit.length)
            }
        };
        let shown = range.start / unit..range.end / unit;
        let of = |most: usize| {
            let mut all = ticks(&shown, most);
            // There is no half of a step.
            all.retain(|x| traces.clock == Clock::Milliseconds || (x - x.round()).abs() < 1e-9);
            all
        };
        let fit = |all: &Vec<f64>| all.len() as f64 * (widest(all) + 34.0) <= room;
        let ticks = (2..=10).rev().map(of).find(fit).unwrap_or_else(|| of(2));
        Self { label, unit, ticks }
    }
}
