//! Box plots: a horizontal box for each population, the first at the top.

use super::curves::hue;
use super::frame::Frame;
use super::layout::Place;
use super::{Area, Drawn};
use crate::plot::axis::span;
use crate::plot::boxplot::{BoxStatistics, Quantity};
use crate::plot::colour::{FAINT, INK};
use crate::plot::plan::Panel;
use crate::plot::traces::Traces;
use plotters::prelude::*;
use std::ops::Range;

/// The share of a population's part of the axis that its box takes, and the most, units.
const SHARE: f64 = 0.56;
const HIGH: f64 = 34.0;
/// The height below which lines are thinner, units.
const LOW: f64 = 12.0;

/// The boxes of the populations.
fn boxes(quantity: Quantity, traces: &Traces) -> &[Option<BoxStatistics>] {
    traces.boxes.iter().find(|(own, _)| *own == quantity).map_or(&[], |(_, boxes)| boxes)
}

/// The values along the horizontal axis: of all whiskers and means, and 0.
pub(super) fn along(quantity: Quantity, traces: &Traces) -> Range<f64> {
    let ends = boxes(quantity, traces).iter().flatten().flat_map(|b| [b.whiskers[0], b.mean, b.whiskers[1]]);
    let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    match high - low {
        wide if wide > 0.0 => span(low, high),
        _ => 0.0..1.0,
    }
}

/// The populations along the vertical axis.
pub(super) fn populations(traces: &Traces) -> Range<f64> {
    traces.raster.populations().len().max(1) as f64 - 0.5..-0.5
}

pub(super) fn boxplot<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    quantity: Quantity,
    traces: &Traces,
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    for x in &place.xticks {
        let x = frame.x(*x, &place.along);
        area.draw(&PathElement::new(
            vec![(x, frame.top()), (x, frame.bottom())],
            FAINT.stroke_width(frame.thick(1.0)),
        ))?;
    }
    let all = boxes(quantity, traces);
    let room = f64::from(frame.bottom() - frame.top()) / frame.scale / all.len().max(1) as f64;
    let high = (SHARE * room).min(HIGH);
    let half = frame.px(high / 2.0).max(1);
    // The lines of low boxes are thinner, so that colours show.
    let line = |thick: f64| INK.stroke_width(frame.thick(thick * (high / LOW).min(1.0)));
    let thin = line(1.6);
    for (k, own) in all.iter().enumerate() {
        let Some(own) = own else { continue };
        let y = frame.py(k as f64, &place.values);
        let x = |value: f64| frame.x(value, &place.along);
        let upright = |x: i32, half: i32| vec![(x, y - half), (x, y + half)];
        let [q1, median, q3] = own.quartiles.map(x);
        for (end, edge) in own.whiskers.map(x).into_iter().zip([q1, q3]) {
            area.draw(&PathElement::new(vec![(end, y), (edge, y)], thin))?;
            area.draw(&PathElement::new(upright(end, half / 2), thin))?;
        }
        let [low, high] = [y - half, y + half];
        area.draw(&Rectangle::new([(q1, low), (q3, high)], hue(panel, k).tint().filled()))?;
        // A path, because an outlined rectangle has no thickness in an SVG.
        area.draw(&PathElement::new(
            vec![(median, low), (q3, low), (q3, high), (q1, high), (q1, low), (median, low)],
            thin,
        ))?;
        area.draw(&PathElement::new(upright(median, half), line(3.6)))?;
        let radius = (half * 2 / 5).clamp(1, frame.px(5.5).max(1));
        area.draw(&Circle::new((x(own.mean), y), radius, WHITE.filled()))?;
        area.draw(&Circle::new((x(own.mean), y), radius, thin))?;
    }
    Ok(())
}
