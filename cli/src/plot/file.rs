//! A picture as a file: PNG drawn large and averaged down, which makes its lines smooth, or SVG, or
//! PDF.

use super::draw;
use super::pdf::Page;
use super::size::{Size, UNIT};
use super::traces::Traces;
use crate::paths::extension;
use anyhow::{Context, anyhow};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::OnceLock;

pub(super) const REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.otf");
pub(super) const BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.otf");
/// Pixels of a unit in an SVG or a PDF, whose coordinates are whole numbers.
const FINE: f64 = 4.0;

/// Draws the picture, and puts it in its place whole.
pub(crate) fn write(path: &Path, title: &str, traces: &Traces, size: &Size) -> anyhow::Result<()> {
    fonts()?;
    let clean: String = title.chars().filter(|c| !c.is_control()).collect();
    let bytes = match extension(path).as_str() {
        "svg" => svg(&clean, traces, size),
        "pdf" => pdf(&clean, traces, size),
        _ => png(&clean, traces, size),
    };
    let bytes = bytes.with_context(|| format!("cannot draw {}", path.display()))?;
    overtime_atomic::write(path, &bytes).map_err(|e| overtime::Error::File {
        path: e.path,
        operation: e.operation,
        source: e.source,
    })?;
    Ok(())
}

fn fonts() -> anyhow::Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let done = DONE.get_or_init(|| {
        let regular = register_font("sans-serif", FontStyle::Normal, REGULAR);
        let bold = register_font("sans-serif", FontStyle::Bold, BOLD);
        regular.is_ok() && bold.is_ok()
    });
    if *done { Ok(()) } else { Err(anyhow!("the built-in font cannot be read")) }
}

fn svg(title: &str, traces: &Traces, size: &Size) -> anyhow::Result<Vec<u8>> {
    let fine = size.units.map(|units| (units * FINE).round() as u32);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (fine[0], fine[1])).into_drawing_area();
        draw::picture(&area, title, traces, size, FINE, false).map_err(|e| anyhow!("{e}"))?;
    }
    let length = |k: usize| match size.mm {
        Some(mm) => format!("{}mm", mm.get(k).copied().unwrap_or(0.0)),
        None => format!("{}", size.units.get(k).copied().unwrap_or(0.0)),
    };
    let drawn = format!("width=\"{}\" height=\"{}\"", fine[0], fine[1]);
    Ok(text.replacen(&drawn, &format!("width=\"{}\" height=\"{}\"", length(0), length(1)), 1).into_bytes())
}

fn pdf(title: &str, traces: &Traces, size: &Size) -> anyhow::Result<Vec<u8>> {
    let fine = size.units.map(|units| (units * FINE).round() as u32);
    let points = UNIT / 25.4 * 72.0 / FINE;
    let page = Rc::new(RefCell::new(Page::new((fine[0], fine[1]), points)?));
    draw::picture(&DrawingArea::from(&page), title, traces, size, FINE, false).map_err(|e| anyhow!("{e}"))?;
    let page = Rc::into_inner(page).ok_or_else(|| anyhow!("the page is still being drawn on"))?;
    page.into_inner().finish(title)
}

fn png(title: &str, traces: &Traces, size: &Size) -> anyhow::Result<Vec<u8>> {
    let ([width, height], over) = (size.pixels(), size.over());
    let (wide, high) = (width * over, height * over);
    let white = std::iter::repeat_n(255_u8, wide as usize * high as usize * 3);
    let mut pixels = overtime::memory::collect("the picture", white)?;
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (wide, high)).into_drawing_area();
        let scale = size.scale * f64::from(over);
        draw::picture(&area, title, traces, size, scale, true).map_err(|e| anyhow!("{e}"))?;
    }
    let small = average(&pixels, wide as usize * 3, over as usize);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    if let Some(dpi) = size.dpi {
        let meter = (dpi / 0.0254).round() as u32;
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: meter, yppu: meter, unit: png::Unit::Meter }));
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&small)?;
    writer.finish()?;
    Ok(bytes)
}

/// Each pixel the mean of the square it covers.
fn average(pixels: &[u8], stride: usize, over: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(pixels.len() / (over * over));
    for rows in pixels.chunks_exact(stride * over) {
        for x in 0..stride / 3 / over {
            for channel in 0..3 {
                let at =
                    |r: usize, c: usize| rows.get(r * stride + (x * over + c) * 3 + channel).copied().unwrap_or(255);
                let sum: usize = (0..over * over).map(|k| usize::from(at(k / over, k % over))).sum();
                small.push((sum / (over * over)) as u8);
            }
        }
    }
    small
}
