//! How large a picture is: in units of the layout, in pixels, and in millimetres.

use crate::exit_code::usage;
use crate::paths::extension;
use overtime_model::Plot;
use std::path::Path;

/// Millimetres of a unit: the smallest type is 20 units, which are 7 points, as journals ask for.
pub(super) const UNIT: f64 = 0.1235;
/// Width and height in units without a size; a PNG has this many pixels without a resolution.
const DEFAULT: [f64; 2] = [1600.0, 1000.0];
/// Pixels per inch where there is a size and no resolution.
const DPI: f64 = 300.0;
/// Most pixels of a PNG.
const PIXELS: f64 = 40e6;
/// Copies of what was gathered, and the text of an SVG or PDF, as large as they get.
const GATHERED: u64 = 16 << 20;

/// The size of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    /// Width and height, units.
    pub(super) units: [f64; 2],
    /// Millimetres, where they were asked for.
    pub(super) mm: Option<[f64; 2]>,
    /// Pixels of a PNG in a unit, and in an inch where that was asked for.
    pub(super) scale: f64,
    pub(super) dpi: Option<f64>,
}

impl Size {
    pub(crate) fn new(plot: &Plot) -> anyhow::Result<Self> {
        let units = plot.size.map_or(DEFAULT, |size| size.map(|mm| mm / UNIT));
        let dpi = plot.dpi.or(plot.size.map(|_| DPI));
        let size = Self { units, mm: plot.size, scale: dpi.map_or(1.0, |dpi| dpi * UNIT / 25.4), dpi };
        let [width, height] = size.pixels();
        if f64::from(width) * f64::from(height) > PIXELS {
            return Err(usage(format!(
                "plot.size and plot.dpi: a PNG of {width} × {height} pixels is larger than {} million pixels; lower `dpi`",
                PIXELS / 1e6
            )));
        }
        Ok(size)
    }

    /// Width and height of a PNG.
    pub(super) fn pixels(&self) -> [u32; 2] {
        self.units.map(|units| (units * self.scale).round().max(1.0) as u32)
    }

    /// The factor by which a PNG is drawn larger than it is, and then averaged down.
    pub(super) fn over(&self) -> u32 {
        let [width, height] = self.pixels().map(f64::from);
        match width * height {
            few if few <= 4e6 => 3,
            more if more <= 12e6 => 2,
            _ => 1,
        }
    }

    /// Bytes that drawing a picture takes, at most.
    pub(crate) fn bytes(&self, path: &Path) -> u64 {
        let [width, height] = self.pixels().map(u64::from);
        let over = u64::from(self.over());
        // As drawn, averaged, and encoded.
        GATHERED + if extension(path) == "png" { width * height * 3 * (over * over + 2) } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_become_pixels() {
        let of = |size, dpi| Size::new(&Plot { size, dpi, ..Plot::default() });
        assert_eq!(of(None, None).unwrap().pixels(), [1600, 1000]);
        assert_eq!(of(Some([85.0, 60.0]), None).unwrap().pixels(), [1004, 709]);
        assert_eq!(of(Some([254.0, 127.0]), Some(100.0)).unwrap().pixels(), [1000, 500]);
        assert_eq!(of(None, Some(205.67)).unwrap().pixels()[0], 1600);
        assert!(of(Some([1000.0, 1000.0]), Some(1200.0)).unwrap_err().to_string().contains("plot.dpi"));
        assert!(of(Some([150.0, 100.0]), Some(600.0)).unwrap().over() == 2);
    }
}
