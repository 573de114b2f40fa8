//! What goes where: heights, margins, ticks.

use super::{Area, curves, frame, heat, share};
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
/// Least height of a panel.
const LEAST: f64 = 30.0;

/// Everything but the panels' contents, in units.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) places: Vec<Place>,
    pub(super) time: TimeAxis,
}

/// Where a panel is, and its axes.
pub(super) struct Place {
    pub(super) top: f64,
    pub(super) height: f64,
    /// The values along both axes; for the horizontal one in the unit of the clock.
    pub(super) along: Range<f64>,
    pub(super) values: Range<f64>,
    pub(super) yticks: Vec<f64>,
    /// Those of a histogram.
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

fn is_histogram(panel: &Panel) -> bool {
    matches!(panel.source, Source::Histogram(_))
}

/// Which panels have numbers below: the last that shares the axis of time, and each histogram.
fn axes(panels: &[Panel]) -> Vec<bool> {
    (0..panels.len())
        .map(|k| panels.get(k).is_some_and(is_histogram) || panels.get(k + 1).is_none_or(is_histogram))
        .collect()
}

/// The height that is left for panels, units.
fn room(panels: &[Panel], size: &Size, title: &str) -> f64 {
    let between = axes(panels).iter().rev().skip(1).filter(|has| **has).count() as f64;
    let top = if title.is_empty() { UNTITLED } else { TITLE };
    size.units[1] - top - BOTTOM - GAP * panels.len().saturating_sub(1) as f64 - AXIS * between
}

/// Refuses a picture in which the panels have no room.
pub(in crate::plot) fn fits(panels: &[Panel], plot: &Plot) -> anyhow::Result<()> {
    let size = Size::new(plot)?;
    let room = room(panels, &size, plot.title.as_deref().unwrap_or("a title"));
    let least = LEAST * panels.len() as f64;
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
        let room = room(&traces.panels, size, title).max(LEAST);
        let weights = traces.panels.iter().map(|p| p.weight).sum::<u32>().max(1);
        let mut top = if title.is_empty() { UNTITLED } else { TITLE };
        let mut places = Vec::new();
        for ((k, panel), has_axis) in traces.panels.iter().enumerate().zip(axes(&traces.panels)) {
            let height = room * f64::from(panel.weight) / f64::from(weights);
            places.push(Place::new(panel, k, traces, top, height, (width, has_axis)));
            top += height + GAP + if has_axis { AXIS } else { 0.0 };
        }
        let wide = |text: &str| frame::width(area, text, SMALL * scale) / scale;
        let widest = |ticks: &[f64]| ticks.iter().map(|y| wide(&number(*y, ticks))).fold(0.0, f64::max);
        let numbers = places.iter().map(|place| widest(&place.yticks)).fold(0.0, f64::max);
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
        Self { width, left, right, places, time }
    }
}

impl Place {
    fn new(panel: &Panel, k: usize, traces: &Traces, top: f64, height: f64, (width, has_axis): (f64, bool)) -> Self {
        let values = curves::range(panel, k, traces);
        let most = |per: f64| ((height / per) as usize).clamp(2, 8);
        let histogram = match &panel.source {
            Source::Histogram(name) => traces.histograms.iter().find(|(n, _)| n == name).map(|(_, h)| h.range.clone()),
            _ => None,
        };
        let (along, xticks) = match histogram {
            Some(range) => {
                let along = to_ticks(&span(range.start, range.end), ((width / 140.0) as usize).clamp(2, 10));
                let xticks = ticks(&along, ((width / 140.0) as usize).clamp(2, 10));
                (along, xticks)
            }
            None => (span(traces.grid.t, traces.grid.end()), Vec::new()),
        };
        let (values, colours) =
            if panel.form == Form::Heat { (heat::units(panel), Some(values)) } else { (values, None) };
        let cticks = colours.as_ref().map_or_else(Vec::new, |range| two_ticks(range, most(60.0).min(5)));
        let yticks = match panel.form {
            Form::Heat => heat::unit_ticks(panel, most(40.0)),
            _ => two_ticks(&values, most(42.0)),
        };
        Self { top, height, along, values, yticks, xticks, colours: colours.unwrap_or(0.0..1.0), cticks, has_axis }
    }
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
