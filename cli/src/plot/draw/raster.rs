//! Spikes as dots, and rates.

use super::curves::{hue, line};
use super::frame::Frame;
use super::layout::Place;
use super::{Area, Drawn};
use crate::plot::axis::ordinal;
use crate::plot::plan::{Panel, Source};
use crate::plot::traces::Traces;
use plotters::prelude::*;
use std::f64::consts::PI;

/// The share of the panel that dots of two sizes may cover before smaller marks take their place.
const LARGE: f64 = 0.06;
const COVERED: f64 = 0.3;
/// Least distance of rows of ticks, units.
const APART: f64 = 7.0;
/// Width of a tick, units.
const TICK: f64 = 0.7;

/// How spikes are marked, so that they do not hide each other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    /// A dot of this radius, units.
    Dot(f64),
    /// An upright tick of this height, units, and opacity.
    Tick(f64, f64),
}

/// Which neurons are shown, and how.
struct Thinned {
    stride: usize,
    mark: Mark,
}

/// Where dots would be a solid block, fewer neurons have rows of ticks, paler where they are dense.
fn thinned(traces: &Traces, frame: &Frame) -> Thinned {
    let raster = &traces.raster;
    let [width, height] = frame.units();
    let cover = |radius: f64| raster.dots.len() as f64 * PI * radius * radius / (width * height);
    if cover(2.0) <= LARGE {
        return Thinned { stride: raster.stride, mark: Mark::Dot(2.0) };
    }
    if cover(1.0) <= COVERED {
        return Thinned { stride: raster.stride, mark: Mark::Dot(1.0) };
    }
    let mut stride = raster.stride;
    let apart = |stride: usize| height * stride as f64 / raster.neurons().max(1) as f64;
    while apart(stride) < APART && stride < raster.neurons() {
        stride *= 2;
    }
    let shown = raster.dots.iter().filter(|(_, neuron)| raster.is_shown(*neuron, stride)).count() as f64;
    let rows = raster.neurons().div_ceil(stride).max(1) as f64;
    let along = shown / rows * TICK / width;
    Thinned { stride, mark: Mark::Tick((0.6 * apart(stride)).min(16.0), (0.45 / along.max(1e-9)).clamp(0.2, 1.0)) }
}

/// What the vertical axis says.
pub(super) fn label(panel: &Panel, traces: &Traces, frame: &Frame) -> String {
    match panel.source {
        Source::Raster => match thinned(traces, frame).stride {
            1 => panel.label.clone(),
            stride => format!("{} (every {})", panel.label, ordinal(stride)),
        },
        _ => panel.label.clone(),
    }
}

pub(super) fn raster<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    traces: &Traces,
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    let Thinned { stride, mark } = thinned(traces, frame);
    // In one order, however the run was sliced.
    let mut dots = traces.raster.dots.clone();
    dots.retain(|(_, neuron)| traces.raster.is_shown(*neuron, stride));
    dots.sort_unstable();
    for (step, neuron) in &dots {
        let (x, y) = (frame.x(traces.grid.time(*step), &place.along), frame.py(*neuron as f64, &place.values));
        let colour = hue(panel, traces.raster.population_of(*neuron)).rgb();
        match mark {
            Mark::Dot(radius) => {
                area.draw(&Circle::new((x, y), frame.px(radius).max(1), colour.filled()))?;
            }
            Mark::Tick(height, alpha) => {
                let half = frame.px(height / 2.0).max(1);
                let ends = vec![(x, y - half), (x, y + half)];
                area.draw(&PathElement::new(ends, colour.mix(alpha).stroke_width(frame.thick(TICK))))?;
            }
        }
    }
    Ok(())
}

/// Rates of populations, in steps.
pub(super) fn rates<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    traces: &Traces,
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    for population in (0..traces.raster.populations().len()).rev() {
        let (rates, width) = traces.rates(population);
        let time = |bin: usize| traces.grid.t + bin as f64 * width * traces.grid.dt;
        let mut points = Vec::with_capacity(2 * rates.len());
        for (bin, rate) in rates.iter().enumerate().filter(|(_, rate)| rate.is_finite()) {
            let y = frame.py(*rate, &place.values);
            points.extend([(frame.x(time(bin), &place.along), y), (frame.x(time(bin + 1), &place.along), y)]);
        }
        line(area, points, hue(panel, population).rgb(), frame, frame.thick(2.0))?;
    }
    Ok(())
}
