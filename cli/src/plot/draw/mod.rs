//! How a picture is drawn: panels one under the other that share the axis of time.

mod boxplot;
mod curves;
mod frame;
mod heat;
mod layout;
mod legend;
mod names;
mod raster;

use super::axis::number;
use super::colour::{FAINT, Hue, INK};
use super::histogram::Histogram;
use super::plan::{Form, Panel, Source};
use super::size::Size;
use super::traces::Traces;
use frame::{Frame, text};
pub(super) use layout::fits;
use layout::{BIG, Layout, Place, SMALL, TITLE_AT};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, VPos};
use std::ops::Range;

type Area<B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Draws everything. `scale` is how many pixels a unit has; `joints` rounds the corners of curves,
/// which pixels need and other formats do by themselves.
pub(super) fn picture<B: DrawingBackend>(
    area: &Area<B>,
    title: &str,
    traces: &Traces,
    size: &Size,
    scale: f64,
    joints: bool,
) -> Drawn<B> {
    area.fill(&WHITE)?;
    let layout = Layout::new(area, title, traces, size, scale);
    heading(area, title, &layout, scale)?;
    let mut shown: Option<&Panel> = None;
    for (k, panel) in traces.panels.iter().enumerate() {
        let Some(place) = layout.places.get(k) else { continue };
        let frame = Frame::new(place, scale, joints);
        draw_panel(area, panel, k, traces, &layout, &frame, place)?;
        // Names beside the axis, and names that the panel above has too, are not repeated.
        if !panel.names.is_empty() && place.names.len() == panel.names.len() {
            continue;
        }
        if shown.is_none_or(|above| above.legend != panel.legend || above.hues != panel.hues) {
            legend::legend(area, panel, &frame)?;
        }
        if !panel.legend.is_empty() {
            shown = Some(panel);
        }
    }
    area.present()
}

/// The title, smaller where it is long.
fn heading<B: DrawingBackend>(area: &Area<B>, title: &str, layout: &Layout, scale: f64) -> Drawn<B> {
    if title.is_empty() {
        return Ok(());
    }
    let room = (layout.width - 2.0 * TITLE_AT) * scale;
    let wide = |title: &str, size: f64| frame::bold_width(area, title, size * scale);
    let mut shown = title.to_owned();
    let largest = if layout.width < 1000.0 { 26.0 } else { 34.0 };
    let size = (largest * (room / wide(title, largest).max(1.0)).min(1.0)).max(BIG);
    while wide(&shown, size) > room * 1.02 && shown.chars().count() > 2 {
        shown = shown.chars().take(shown.chars().count() - 2).chain(['…']).collect();
    }
    let at = ((TITLE_AT * scale) as i32, (44.0 * scale) as i32);
    area.draw(&Text::new(shown, at, frame::bold(size * scale)))
}

fn draw_panel<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    k: usize,
    traces: &Traces,
    layout: &Layout,
    frame: &Frame,
    place: &Place,
) -> Drawn<B> {
    let is_heat = panel.form == Form::Heat;
    let label = |h, v| text(SMALL * frame.scale, h, v);
    for y in &place.yticks {
        let py = frame.py(*y, &place.values);
        if !is_heat {
            let ends = vec![(frame.left(), py), (frame.right(), py)];
            area.draw(&PathElement::new(ends, FAINT.stroke_width(frame.thick(1.0))))?;
        }
        let at = (frame.left() - frame.px(14.0), py + frame.px(2.0));
        area.draw(&Text::new(number(*y, &place.yticks), at, label(HPos::Right, VPos::Center)))?;
    }
    let line = INK.stroke_width(frame.thick(1.5));
    for y in &place.between {
        let py = frame.py(*y, &place.values);
        area.draw(&PathElement::new(
            vec![(frame.left(), py), (frame.right(), py)],
            FAINT.stroke_width(frame.thick(1.0)),
        ))?;
        area.draw(&PathElement::new(vec![(frame.left() - frame.px(7.0), py), (frame.left(), py)], line))?;
    }
    for name in &place.names {
        let at = (frame.left() - frame.px(14.0), frame.top() + frame.px(name.at) + frame.px(2.0));
        area.draw(&Text::new(name.text.clone(), at, label(HPos::Right, VPos::Center)))?;
    }
    match (&panel.source, panel.form) {
        (Source::Boxplot(quantity), _) => boxplot::boxplot(area, panel, *quantity, traces, frame, place)?,
        (Source::Histogram(name), _) => {
            if let Some((_, histogram)) = traces.histograms.iter().find(|(n, _)| n == name) {
                bars(area, histogram, frame, place)?;
            }
        }
        (Source::Raster, _) => raster::raster(area, panel, traces, frame, place)?,
        (Source::Rates, _) => raster::rates(area, panel, traces, frame, place)?,
        (_, Form::Heat) => heat::heat(area, panel, k, traces, frame, place)?,
        _ => curves::curves(area, panel, k, traces, frame, place)?,
    }
    // Two sides of a frame are enough.
    let (left, right, bottom) = (frame.left(), frame.right(), frame.bottom());
    area.draw(&PathElement::new(vec![(left, frame.top()), (left, bottom), (right, bottom)], line))?;
    let (ticks, unit) =
        if panel.has_own_axis() { (&place.xticks, 1.0) } else { (&layout.time.ticks, layout.time.unit) };
    for x in ticks {
        let px = frame.x(*x * unit, &place.along);
        area.draw(&PathElement::new(vec![(px, bottom), (px, bottom + frame.px(7.0))], line))?;
        if place.has_axis {
            let at = (px, bottom + frame.px(14.0));
            area.draw(&Text::new(number(*x, ticks), at, label(HPos::Center, VPos::Top)))?;
        }
    }
    if place.has_axis {
        let along = match &panel.source {
            Source::Histogram(name) => name.as_str(),
            Source::Boxplot(_) => panel.label.as_str(),
            _ => layout.time.label,
        };
        let at = ((left + right) / 2, bottom + frame.px(50.0));
        let size = small_enough(area, along, f64::from(right - left) + 34.0 * frame.scale, frame);
        area.draw(&Text::new(along, at, text(size * frame.scale, HPos::Center, VPos::Top)))?;
    }
    if matches!(panel.source, Source::Boxplot(_)) {
        return Ok(());
    }
    let at = (frame.px(22.0), (frame.top() + bottom) / 2);
    beside(area, &raster::label(panel, traces, frame), at, frame)
}

/// Text beside a panel, from bottom to top, as small as its height asks for.
fn beside<B: DrawingBackend>(area: &Area<B>, words: &str, at: (i32, i32), frame: &Frame) -> Drawn<B> {
    // It may reach a little into the gaps above and below.
    let room = f64::from(frame.bottom() - frame.top()) + 34.0 * frame.scale;
    let size = small_enough(area, words, room, frame);
    let side = text(size * frame.scale, HPos::Center, VPos::Top).transform(FontTransform::Rotate270);
    area.draw(&Text::new(words.to_owned(), at, side))
}

/// The size of a label, as small as its room in pixels asks for.
fn small_enough<B: DrawingBackend>(area: &Area<B>, words: &str, room: f64, frame: &Frame) -> f64 {
    let wide = frame::width(area, words, BIG * frame.scale).max(1.0);
    (BIG * (room / wide).min(1.0)).max(0.6 * BIG)
}

/// A bar for each bin.
fn bars<B: DrawingBackend>(area: &Area<B>, histogram: &Histogram, frame: &Frame, place: &Place) -> Drawn<B> {
    for (k, count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let bin = histogram.bin(k);
        let ends = [
            (frame.x(bin.start, &place.along), frame.py(*count as f64, &place.values)),
            (frame.x(bin.end, &place.along), frame.bottom()),
        ];
        area.draw(&Rectangle::new(ends, Hue::default().rgb().filled()))?;
    }
    Ok(())
}

/// The share of a range at which a value is.
fn share(x: f64, range: &Range<f64>) -> f64 {
    (x - range.start) / (range.end - range.start)
}
