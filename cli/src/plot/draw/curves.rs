//! Curves, and the range of a panel's values.

use super::frame::Frame;
use super::layout::Place;
use super::{Area, Drawn, boxplot};
use crate::plot::colour::{Hue, INPUT};
use crate::plot::plan::{Form, Panel, Source};
use crate::plot::traces::Traces;
use plotters::prelude::*;
use std::ops::Range;

/// Above the trace, the height of marks of spikes as a share of the trace's range.
const ABOVE: f64 = 0.35;

pub(super) fn curves<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    k: usize,
    traces: &Traces,
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    let peak = peak(panel, k, traces);
    let units = if panel.weight >= 4 { 3.0 } else { 2.5 };
    // The first curve is drawn last, on top.
    for (row, hue) in traces.rows(k).zip(&panel.hues).rev() {
        let points = points(panel, row, traces, peak, frame, place);
        let colour = if panel.is_single_input() { INPUT } else { hue.rgb() };
        line(area, points, colour, frame, frame.thick(units))?;
    }
    Ok(())
}

pub(super) fn line<B: DrawingBackend>(
    area: &Area<B>,
    points: Vec<(i32, i32)>,
    colour: RGBColor,
    frame: &Frame,
    width: u32,
) -> Drawn<B> {
    if !frame.joints {
        return area.draw(&PathElement::new(points, colour.stroke_width(width)));
    }
    for ends in points.windows(2) {
        area.draw(&PathElement::new(ends.to_vec(), colour.stroke_width(width)))?;
    }
    for point in &points {
        area.draw(&Circle::new(*point, width as i32 / 2, colour.filled()))?;
    }
    Ok(())
}

fn points(
    panel: &Panel,
    row: usize,
    traces: &Traces,
    peak: Option<f64>,
    frame: &Frame,
    place: &Place,
) -> Vec<(i32, i32)> {
    let mut points: Vec<(i32, i32)> = Vec::new();
    let mut add = |x: f64, y: f64| {
        let y = y.clamp(place.values.start, place.values.end);
        let point = (frame.x(x, &place.along), frame.py(y, &place.values));
        if points.last() != Some(&point) {
            points.push(point);
        }
    };
    // A bin of many steps is a line through both ends of what it holds.
    let holds = panel.form == Form::Steps && traces.grid.width == 1;
    let mut before = f64::NAN;
    for bin in 0..traces.low.ncols() {
        let (Some(low), Some(high)) = (traces.low.get((row, bin)), traces.high.get((row, bin))) else { continue };
        let (x, [from, to]) = (traces.grid.middle(bin), traces.grid.edges(bin));
        if let Some(peak) = peak.filter(|_| traces.marks.contains(&(row, bin))) {
            // From where the trace is, straight up.
            if before.is_finite() {
                add(x, before);
            }
            add(x, peak);
            before = if low.is_nan() { before } else { peak };
        }
        if low.is_nan() {
            if holds && before.is_finite() {
                add(to, before);
            }
            continue;
        }
        if holds {
            add(from, *low);
            add(to, *low);
            before = *low;
            continue;
        }
        // The nearer end first.
        let both = if (before - low).abs() <= (before - high).abs() { [*low, *high] } else { [*high, *low] };
        for y in both {
            add(x, y);
            before = y;
        }
    }
    points
}

/// The colour of a population's curve.
pub(super) fn hue(panel: &Panel, curve: usize) -> Hue {
    panel.hues.get(curve).copied().unwrap_or(Hue { colour: curve, shade: 0 })
}

/// The least and the greatest value of a panel's curves.
fn extent(k: usize, traces: &Traces) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for row in traces.rows(k) {
        for bin in 0..traces.low.ncols() {
            low = traces.low.get((row, bin)).map_or(low, |x| low.min(*x));
            high = traces.high.get((row, bin)).map_or(high, |x| high.max(*x));
        }
    }
    // Far from what can be drawn with f64's differences.
    (low.max(-1e300), high.min(1e300))
}

/// Up to where spikes are marked, if there are any.
fn peak(panel: &Panel, k: usize, traces: &Traces) -> Option<f64> {
    let marks = panel.spikes.as_ref()?;
    let rows = traces.rows(k);
    if !traces.marks.iter().any(|(row, _)| rows.contains(row)) {
        return None;
    }
    let (low, high) = extent(k, traces);
    let above = high + ABOVE * (high - low);
    Some(marks.peak.map_or(above, |peak| peak.max(high))).filter(|peak| peak.is_finite())
}

/// The part of the vertical axis of each population that has a name beside it.
pub(super) fn bands(panel: &Panel, traces: &Traces) -> Vec<Range<f64>> {
    match panel.source {
        _ if panel.names.is_empty() => Vec::new(),
        Source::Boxplot(_) => (0..panel.names.len()).map(|k| k as f64 - 0.5..k as f64 + 0.5).collect(),
        _ => traces.raster.bands().map(|all| all.start as f64 - 0.5..all.end as f64 - 0.5).collect(),
    }
}

/// The values of a panel with a little room around them; flat curves get a range that makes them
/// look flat.
pub(super) fn range(panel: &Panel, k: usize, traces: &Traces) -> Range<f64> {
    match &panel.source {
        Source::Histogram(name) => {
            let most = traces.histograms.iter().find(|(n, _)| n == name).map_or(0, |(_, histogram)| histogram.most());
            return 0.0..1.08 * most.max(1) as f64;
        }
        Source::Rates => {
            let rates = (0..traces.raster.populations().len()).flat_map(|population| traces.rates(population).0);
            let most = rates.filter(|rate| rate.is_finite()).fold(0.0, f64::max);
            return if most > 0.0 { 0.0..1.08 * most } else { 0.0..1.0 };
        }
        Source::Raster => {
            let all = traces.raster.neurons().max(1) as f64;
            // Room for whole marks.
            let room = (0.02 * all).max(0.7);
            // The first of several populations is at the top; neurons of one count from below.
            let rises = panel.names.is_empty();
            return if rises { -room..all - 1.0 + room } else { all - 1.0 + room..-room };
        }
        Source::Boxplot(_) => return boxplot::populations(traces),
        _ => {}
    }
    let (low, high) = extent(k, traces);
    if low > high {
        return -1.0..1.0;
    }
    let high = peak(panel, k, traces).map_or(high, |peak| high.max(peak));
    if high - low < 1e-9 * low.abs().max(high.abs()).max(1e-300) {
        // From zero, so that a constant current of 5 stands above the axis.
        return if low > 0.0 {
            0.0..1.35 * low
        } else if low < 0.0 {
            1.35 * low..0.0
        } else {
            -0.5..1.0
        };
    }
    let room = if panel.form == Form::Heat { 0.0 } else { 0.06 * (high - low) };
    low - room..high + room
}
