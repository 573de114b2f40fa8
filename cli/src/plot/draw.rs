//! How a picture is drawn: panels one under the other that share the axis of time.

use super::axis::{number, span, ticks};
use super::histogram::Histogram;
use super::plan::{Panel, Source};
use super::traces::{RASTER, Traces};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform};
use std::ops::Range;

type Area<B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

// Okabe and Ito's colours, told apart by the colour-blind too.
const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
];
const INPUT: RGBColor = RGBColor(90, 90, 100);
const INK: RGBColor = RGBColor(34, 34, 40);
const FAINT: RGBColor = RGBColor(225, 227, 232);

/// Lengths in points of a picture 1600 wide.
const TITLE: u32 = 92;
const LEFT: u32 = 130;
const RIGHT: u32 = 44;
const BOTTOM: u32 = 92;
const GAP: u32 = 54;
/// What an axis between panels takes.
const AXIS: u32 = 64;

/// Draws everything. `scale` is how many pixels a point has; `joints` rounds the corners of curves,
/// which pixels need and SVG does by itself.
pub(super) fn picture<B: DrawingBackend>(
    area: &Area<B>,
    title: &str,
    traces: &Traces,
    scale: u32,
    joints: bool,
) -> Drawn<B> {
    area.fill(&WHITE)?;
    let (width, height) = area.dim_in_pixel();
    let heading = style(34, scale, INK, FontStyle::Bold, HPos::Left, VPos::Center);
    area.draw(&Text::new(shorten(title, 80), at(LEFT * scale, 44 * scale), heading))?;
    let shown = traces.panels.len().max(1) as u32;
    // Histograms come last, each with an axis of its own; what comes before them shares that of
    // time.
    let own = |panel: Option<&Panel>| panel.is_some_and(|p| matches!(p.source, Source::Histogram(_)));
    let axes = traces.panels.windows(2).filter(|both| own(both.last())).count() as u32;
    let room = (height / scale).saturating_sub(TITLE + BOTTOM + GAP * (shown - 1) + AXIS * axes);
    let weights: u32 = traces.panels.iter().map(|p| p.weight).sum::<u32>().max(1);
    let mut top = TITLE;
    for (k, panel) in traces.panels.iter().enumerate() {
        let tall = room * panel.weight / weights;
        let inside = Frame {
            x: LEFT * scale..width.saturating_sub(RIGHT * scale),
            y: top * scale..(top + tall) * scale,
            scale,
            joints,
            last: k + 1 == traces.panels.len() || own(traces.panels.get(k + 1)),
        };
        draw_panel(area, panel, k, traces, &inside)?;
        top += tall + GAP + if inside.last { AXIS } else { 0 };
    }
    area.present()
}

/// Where a panel is, in pixels.
struct Frame {
    x: Range<u32>,
    y: Range<u32>,
    scale: u32,
    joints: bool,
    last: bool,
}

impl Frame {
    fn px(&self, x: f64, range: &Range<f64>) -> i32 {
        let share = (x - range.start) / (range.end - range.start);
        (f64::from(self.x.start) + share * f64::from(self.x.end - self.x.start)).round() as i32
    }

    fn py(&self, y: f64, range: &Range<f64>) -> i32 {
        let share = (y - range.start) / (range.end - range.start);
        (f64::from(self.y.end) - share * f64::from(self.y.end - self.y.start)).round() as i32
    }
}

fn draw_panel<B: DrawingBackend>(area: &Area<B>, panel: &Panel, k: usize, traces: &Traces, frame: &Frame) -> Drawn<B> {
    let s = frame.scale;
    let grid = &traces.grid;
    let histogram = match &panel.source {
        Source::Histogram(name) => traces.histograms.iter().find(|(n, _)| n == name).map(|(_, histogram)| histogram),
        _ => None,
    };
    let times = match histogram {
        Some(histogram) => span(histogram.range.start, histogram.range.end),
        None => span(grid.t, grid.time(grid.begin.saturating_add(grid.steps.max(1)))),
    };
    let values = range(panel, k, traces);
    let yticks = ticks(&values, if panel.weight >= 4 { 8 } else { 4 });
    let label = |h, v| style(20, s, INK, FontStyle::Normal, h, v);
    for y in &yticks {
        let py = frame.py(*y, &values);
        area.draw(&PathElement::new(
            vec![(frame.x.start as i32, py), (frame.x.end as i32, py)],
            FAINT.stroke_width(s),
        ))?;
        area.draw(&Text::new(
            number(*y, &yticks),
            (frame.x.start as i32 - 14 * s as i32, py + 2 * s as i32),
            label(HPos::Right, VPos::Center),
        ))?;
    }
    match histogram {
        Some(histogram) => bars(area, histogram, frame, &times, &values)?,
        None => curves(area, panel, k, traces, frame, &times, &values)?,
    }
    // Two sides of a frame are enough.
    let (left, right, bottom) = (frame.x.start as i32, frame.x.end as i32, frame.y.end as i32);
    let line = INK.stroke_width(s + s / 2);
    area.draw(&PathElement::new(vec![(left, frame.y.start as i32), (left, bottom), (right, bottom)], line))?;
    let xticks = ticks(&times, 10);
    for x in &xticks {
        let px = frame.px(*x, &times);
        area.draw(&PathElement::new(vec![(px, bottom), (px, bottom + 7 * s as i32)], line))?;
        if frame.last {
            let text = Text::new(number(*x, &xticks), (px, bottom + 14 * s as i32), label(HPos::Center, VPos::Top));
            area.draw(&text)?;
        }
    }
    if frame.last {
        let along = if let Source::Histogram(name) = &panel.source { name.as_str() } else { "time (ms)" };
        let middle = at((frame.x.start + frame.x.end) / 2, frame.y.end + 50 * s);
        area.draw(&Text::new(along, middle, style(23, s, INK, FontStyle::Normal, HPos::Center, VPos::Top)))?;
    }
    let side = style(23, s, INK, FontStyle::Normal, HPos::Center, VPos::Top);
    let side = side.transform(FontTransform::Rotate270);
    area.draw(&Text::new(panel.label.clone(), at(22 * s, (frame.y.start + frame.y.end) / 2), side))?;
    legend(area, panel, frame)
}

fn curves<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    k: usize,
    traces: &Traces,
    frame: &Frame,
    times: &Range<f64>,
    values: &Range<f64>,
) -> Drawn<B> {
    let s = frame.scale;
    if panel.source == Source::Raster {
        // Many are small, so that they do not hide each other.
        let radius = if traces.dots.len() > 4000 { s } else { 2 * s };
        // In one order, however the run was sliced.
        let mut dots = traces.dots.clone();
        dots.sort_unstable();
        for (step, neuron) in &dots {
            let (x, y) = (frame.px(traces.grid.time(*step), times), frame.py(*neuron as f64, values));
            area.draw(&Circle::new((x, y), radius, colour(panel, traces.crowd_of(*neuron)).filled()))?;
        }
        return Ok(());
    }
    if panel.source == Source::Rates {
        return rates(area, panel, traces, frame, times, values);
    }
    // The first curve is drawn last, on top.
    for (c, row) in traces.rows(k).enumerate().rev() {
        let mut points: Vec<(i32, i32)> = Vec::new();
        let mut before = f64::NAN;
        for bin in 0..traces.low.ncols() {
            let (Some(low), Some(high)) = (traces.low.get((row, bin)), traces.high.get((row, bin))) else { continue };
            if low.is_nan() {
                continue;
            }
            let x = frame.px(traces.grid.middle(bin), times);
            // Through both ends of the bin, the nearer one first.
            let both = if (before - low).abs() <= (before - high).abs() { [*low, *high] } else { [*high, *low] };
            for y in both {
                let point = (x, frame.py(y.clamp(values.start, values.end), values));
                if points.last() != Some(&point) {
                    points.push(point);
                }
                before = y;
            }
        }
        let width = if panel.weight >= 4 { 3 * s } else { 5 * s / 2 };
        let colour = colour(panel, c);
        if frame.joints {
            for ends in points.windows(2) {
                area.draw(&PathElement::new(ends.to_vec(), colour.stroke_width(width)))?;
            }
            for point in &points {
                area.draw(&Circle::new(*point, width / 2, colour.filled()))?;
            }
        } else {
            area.draw(&PathElement::new(points, colour.stroke_width(width)))?;
        }
    }
    Ok(())
}

/// Rates of populations, in steps.
fn rates<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    traces: &Traces,
    frame: &Frame,
    times: &Range<f64>,
    values: &Range<f64>,
) -> Drawn<B> {
    for crowd in (0..traces.crowds.len()).rev() {
        let (rates, width) = traces.rates(crowd);
        let time = |bin: usize| traces.grid.t + bin as f64 * width * traces.grid.dt;
        let mut points = Vec::with_capacity(2 * rates.len());
        for (bin, rate) in rates.iter().enumerate() {
            let y = frame.py(*rate, values);
            points.extend([(frame.px(time(bin), times), y), (frame.px(time(bin + 1), times), y)]);
        }
        area.draw(&PathElement::new(points, colour(panel, crowd).stroke_width(2 * frame.scale)))?;
    }
    Ok(())
}

/// A bar for each bin.
fn bars<B: DrawingBackend>(
    area: &Area<B>,
    histogram: &Histogram,
    frame: &Frame,
    along: &Range<f64>,
    values: &Range<f64>,
) -> Drawn<B> {
    for (k, count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let bin = histogram.bin(k);
        let ends = [
            (frame.px(bin.start, along), frame.py(*count as f64, values)),
            (frame.px(bin.end, along), frame.y.end as i32),
        ];
        area.draw(&Rectangle::new(ends, COLOURS[0].filled()))?;
    }
    Ok(())
}

fn colour(panel: &Panel, curve: usize) -> RGBColor {
    let is_input = match &panel.source {
        Source::Input => true,
        Source::Var(name) => name == "input",
        _ => false,
    };
    if is_input && panel.cells.len() == 1 { INPUT } else { COLOURS.get(curve % COLOURS.len()).copied().unwrap_or(INK) }
}

/// In a row above the panel, ending at its right edge.
fn legend<B: DrawingBackend>(area: &Area<B>, panel: &Panel, frame: &Frame) -> Drawn<B> {
    if matches!(panel.source, Source::Histogram(_)) {
        // Its axis has the name.
        return Ok(());
    }
    let s = frame.scale;
    let font = style(20, s, INK, FontStyle::Normal, HPos::Left, VPos::Center);
    let y = frame.y.start as i32 - 20 * s as i32;
    let mut x = frame.x.end as i32;
    for (c, name) in panel.legend.iter().enumerate().rev() {
        let wide = area.estimate_text_size(name, &font).map_or(0, |(w, _)| w as i32);
        x -= wide;
        area.draw(&Text::new(name.clone(), (x, y + 2 * s as i32), font.clone()))?;
        x -= 10 * s as i32;
        let from = x - 30 * s as i32;
        if panel.source == Source::Raster {
            area.draw(&Circle::new(((x + from) / 2, y), 4 * s, colour(panel, c).filled()))?;
        } else {
            area.draw(&PathElement::new(vec![(from, y), (x, y)], colour(panel, c).stroke_width(4 * s)))?;
        }
        x = from - 26 * s as i32;
    }
    Ok(())
}

fn at(x: u32, y: u32) -> (i32, i32) {
    (x as i32, y as i32)
}

fn style(size: u32, scale: u32, colour: RGBColor, weight: FontStyle, h: HPos, v: VPos) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::SansSerif, f64::from(size * scale), weight);
    font.color(&colour).pos(Pos::new(h, v))
}

fn shorten(text: &str, most: usize) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(most + 1).collect();
    match clean.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", clean.get(..cut).unwrap_or_default()),
        None => clean,
    }
}

/// The values of a panel with a little room around them; flat curves get a range that makes them
/// look flat.
fn range(panel: &Panel, k: usize, traces: &Traces) -> Range<f64> {
    if let Source::Histogram(name) = &panel.source {
        let most = traces.histograms.iter().find(|(n, _)| n == name).map_or(0, |(_, histogram)| histogram.most());
        return 0.0..1.08 * most.max(1) as f64;
    }
    if panel.source == Source::Rates {
        let most = (0..traces.crowds.len()).flat_map(|crowd| traces.rates(crowd).0).fold(0.0, f64::max);
        return if most > 0.0 { 0.0..1.08 * most } else { 0.0..1.0 };
    }
    if panel.source == Source::Raster && !traces.crowds.is_empty() {
        return 0.0..traces.neurons().max(1) as f64;
    }
    if panel.source == Source::Raster {
        let most = traces.dots.iter().map(|d| d.1).max().unwrap_or(0).min(RASTER);
        return -1.0..most as f64 + 1.0;
    }
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for row in traces.rows(k) {
        for bin in 0..traces.low.ncols() {
            low = traces.low.get((row, bin)).map_or(low, |x| low.min(*x));
            high = traces.high.get((row, bin)).map_or(high, |x| high.max(*x));
        }
    }
    // Far from what can be drawn with f64's differences.
    let (low, high) = (low.max(-1e300), high.min(1e300));
    if low > high {
        return -1.0..1.0;
    }
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
    let room = 0.06 * (high - low);
    low - room..high + room
}
