//! Where a panel is, in pixels, and the type.

use super::layout::Place;
use super::{Area, share};
use crate::plot::colour::INK;
use plotters::prelude::*;
use plotters::style::FontStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// Where a panel is, in pixels.
pub(super) struct Frame {
    x: Range<f64>,
    y: Range<f64>,
    /// Pixels of a unit.
    pub(super) scale: f64,
    /// Whether corners of lines are to be rounded.
    pub(super) joints: bool,
}

impl Frame {
    pub(super) fn new(place: &Place, scale: f64, joints: bool) -> Self {
        let x = place.x.start * scale..place.x.end * scale;
        Self { x, y: place.top * scale..(place.top + place.height) * scale, scale, joints }
    }

    /// Units as pixels.
    pub(super) fn px(&self, units: f64) -> i32 {
        (units * self.scale).round() as i32
    }

    /// The width of a line, which is not lost.
    pub(super) fn thick(&self, units: f64) -> u32 {
        (units * self.scale).round().max(1.0) as u32
    }

    pub(super) fn x(&self, x: f64, range: &Range<f64>) -> i32 {
        (self.x.start + share(x, range) * (self.x.end - self.x.start)).round() as i32
    }

    pub(super) fn py(&self, y: f64, range: &Range<f64>) -> i32 {
        (self.y.end - share(y, range) * (self.y.end - self.y.start)).round() as i32
    }

    pub(super) fn left(&self) -> i32 {
        self.x.start.round() as i32
    }

    pub(super) fn right(&self) -> i32 {
        self.x.end.round() as i32
    }

    pub(super) fn top(&self) -> i32 {
        self.y.start.round() as i32
    }

    pub(super) fn bottom(&self) -> i32 {
        self.y.end.round() as i32
    }

    /// Width and height, units.
    pub(super) fn units(&self) -> [f64; 2] {
        [(self.x.end - self.x.start) / self.scale, (self.y.end - self.y.start) / self.scale]
    }
}

/// The style of a text of this height in pixels.
pub(super) fn text(size: f64, h: HPos, v: VPos) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal).color(&INK).pos(Pos::new(h, v))
}

/// That of the title.
pub(super) fn bold(size: f64) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::SansSerif, size, FontStyle::Bold);
    font.color(&INK).pos(Pos::new(HPos::Left, VPos::Center))
}

/// How wide a text is, pixels.
pub(super) fn width<B: DrawingBackend>(area: &Area<B>, words: &str, size: f64) -> f64 {
    measure(area, words, &text(size, HPos::Left, VPos::Top))
}

pub(super) fn bold_width<B: DrawingBackend>(area: &Area<B>, words: &str, size: f64) -> f64 {
    measure(area, words, &bold(size))
}

fn measure<B: DrawingBackend>(area: &Area<B>, words: &str, style: &TextStyle<'_>) -> f64 {
    area.estimate_text_size(words, style).map_or(0.0, |(w, _)| f64::from(w))
}
