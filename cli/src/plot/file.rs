//! A picture as a file: PNG drawn large and averaged down, which makes its lines smooth, or SVG.

use super::draw;
use super::traces::Traces;
use crate::run::spec::extension;
use anyhow::{Context, anyhow};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use std::path::Path;
use std::sync::OnceLock;

/// Size in points; a PNG has this many pixels.
const SIZE: (u32, u32) = (1600, 1000);
/// A PNG is drawn so many times as large.
const OVER: u32 = 3;

/// Copies of what was gathered, and a text of an SVG, as large as they get.
const GATHERED: u64 = 16 << 20;

/// Bytes that drawing a picture takes, at most.
pub(crate) fn bytes(path: &Path) -> u64 {
    let pixels = u64::from(SIZE.0) * u64::from(SIZE.1) * 3;
    // As drawn, averaged, and encoded.
    GATHERED + if extension(path) == "svg" { 0 } else { pixels * (u64::from(OVER * OVER) + 2) }
}

/// Draws the picture, and puts it in its place whole.
pub(crate) fn write(path: &Path, title: &str, traces: &Traces) -> anyhow::Result<()> {
    fonts()?;
    let bytes = if extension(path) == "svg" { svg(title, traces) } else { png(title, traces) };
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
        let regular = register_font("sans-serif", FontStyle::Normal, include_bytes!("../../fonts/Inter-Regular.otf"));
        let bold = register_font("sans-serif", FontStyle::Bold, include_bytes!("../../fonts/Inter-SemiBold.otf"));
        regular.is_ok() && bold.is_ok()
    });
    if *done { Ok(()) } else { Err(anyhow!("the built-in font cannot be read")) }
}

fn svg(title: &str, traces: &Traces) -> anyhow::Result<Vec<u8>> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw::picture(&area, title, traces, 1, false).map_err(|e| anyhow!("{e}"))?;
    }
    Ok(text.into_bytes())
}

fn png(title: &str, traces: &Traces) -> anyhow::Result<Vec<u8>> {
    let (width, height) = (SIZE.0 * OVER, SIZE.1 * OVER);
    let white = std::iter::repeat_n(255_u8, (width * height * 3) as usize);
    let mut pixels = overtime::memory::collect("the picture", white)?;
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        draw::picture(&area, title, traces, OVER, true).map_err(|e| anyhow!("{e}"))?;
    }
    let small = average(&pixels, width as usize * 3);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&small)?;
    writer.finish()?;
    Ok(bytes)
}

/// Each pixel the mean of the square it covers.
fn average(pixels: &[u8], stride: usize) -> Vec<u8> {
    let over = OVER as usize;
    let mut small = Vec::with_capacity(pixels.len() / (over * over));
    for rows in pixels.chunks_exact(stride * over) {
        for x in 0..stride / 3 / over {
            for channel in 0..3 {
                let at =
                    |r: usize, c: usize| rows.get(r * stride + (x * over + c) * 3 + channel).copied().unwrap_or(255);
                let sum: u32 = (0..over * over).map(|k| u32::from(at(k / over, k % over))).sum();
                small.push((sum / (OVER * OVER)) as u8);
            }
        }
    }
    small
}
