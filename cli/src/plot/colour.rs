//! Colours that colour-blind readers can distinguish.

use plotters::prelude::RGBColor;

/// Those of Okabe and Ito that are dark enough for lines on white.
pub(super) const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
];
/// How much white is in each shade of a colour; of black where it is negative.
pub(super) const SHADES: [f64; 5] = [0.0, 0.45, -0.45, 0.68, -0.7];
pub(super) const INPUT: RGBColor = RGBColor(90, 90, 100);
pub(super) const INK: RGBColor = RGBColor(34, 34, 40);
pub(super) const FAINT: RGBColor = RGBColor(225, 227, 232);

/// Of a curve: a colour, and a shade of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hue {
    pub(crate) colour: usize,
    pub(crate) shade: usize,
}

impl Hue {
    /// Of the curve of this number: a colour, and shades where there are more curves than colours.
    pub(crate) fn number(k: usize) -> Self {
        Self { colour: k % COLOURS.len(), shade: k / COLOURS.len() }
    }

    pub(super) fn rgb(self) -> RGBColor {
        let RGBColor(r, g, b) = COLOURS.get(self.colour % COLOURS.len()).copied().unwrap_or(INK);
        let white = SHADES.get(self.shade % SHADES.len()).copied().unwrap_or(0.0);
        mixed(RGBColor(r, g, b), if white > 0.0 { 255 } else { 0 }, white.abs())
    }

    /// The colour of an area that lines are drawn on.
    pub(super) fn tint(self) -> RGBColor {
        mixed(self.rgb(), 255, 0.4)
    }
}

/// A colour with a share of black (0) or white (255).
fn mixed(RGBColor(r, g, b): RGBColor, end: u8, share: f64) -> RGBColor {
    let mix = |c: u8| (f64::from(c) + (f64::from(end) - f64::from(c)) * share).round() as u8;
    RGBColor(mix(r), mix(g), mix(b))
}

/// matplotlib's viridis, whose lightness grows evenly.
const VIRIDIS: [[u8; 3]; 10] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 73, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
    [253, 231, 37],
];
/// Different colours of a heat map.
pub(super) const LEVELS: usize = 64;

/// The level of a share of the range, 0 to 1.
pub(super) fn level(share: f64) -> usize {
    ((share.clamp(0.0, 1.0) * LEVELS as f64) as usize).min(LEVELS - 1)
}

/// A level's colour.
pub(super) fn heat(level: usize) -> RGBColor {
    let at = level as f64 / (LEVELS - 1) as f64 * (VIRIDIS.len() - 1) as f64;
    let below = (at as usize).min(VIRIDIS.len() - 2);
    let part = at - below as f64;
    let (Some(a), Some(b)) = (VIRIDIS.get(below), VIRIDIS.get(below + 1)) else { return INK };
    let mix = |k: usize| {
        let (a, b) = (a.get(k).copied().unwrap_or(0), b.get(k).copied().unwrap_or(0));
        (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8
    };
    RGBColor(mix(0), mix(1), mix(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_grows_in_lightness() {
        let light = |k: usize| {
            let RGBColor(r, g, b) = heat(k);
            0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b)
        };
        assert!((1..LEVELS).all(|k| light(k) > light(k - 1)));
        assert_eq!((heat(0), heat(LEVELS - 1)), (RGBColor(68, 1, 84), RGBColor(253, 231, 37)));
        assert_eq!((level(-1.0), level(0.0), level(1.0), level(9.0)), (0, 0, LEVELS - 1, LEVELS - 1));
    }

    #[test]
    fn shades_differ() {
        let all: Vec<RGBColor> =
            (0..5).flat_map(|colour| (0..5).map(move |shade| Hue { colour, shade }.rgb())).collect();
        assert!((0..all.len()).all(|k| all.iter().take(k).all(|other| *other != all[k])));
        assert_eq!(Hue::default().rgb(), COLOURS[0]);
    }
}
