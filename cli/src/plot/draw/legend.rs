//! Which curve is whose.

use super::frame::{Frame, text, width};
use super::layout::SMALL;
use super::{Area, Drawn};
use crate::plot::plan::{Panel, Source};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// What a line beside a name takes, and the gap to the next, units.
const LINE: f64 = 30.0;
const NEAR: f64 = 10.0;
const APART: f64 = 26.0;

/// In a row above the panel, ending at its right edge.
pub(super) fn legend<B: DrawingBackend>(area: &Area<B>, panel: &Panel, frame: &Frame) -> Drawn<B> {
    let room = frame.units()[0];
    let wide = |name: &str| width(area, name, SMALL * frame.scale) / frame.scale;
    let fits = |names: &[String], more: f64| {
        names.iter().map(|name| wide(name) + NEAR + LINE + APART).sum::<f64>() + more <= room
    };
    let mut names = panel.legend.clone();
    let mut before = String::new();
    if !fits(&names, 0.0) {
        // The words that all names share stand once.
        before = common(&names);
        names.iter_mut().for_each(|name| *name = name.get(before.len()..).unwrap_or_default().to_owned());
    }
    let mut more = false;
    while names.len() > 1 && !fits(&names, wide(&before) + wide("…")) {
        names.pop();
        more = true;
    }
    let y = frame.top() - frame.px(20.0);
    let at = |x: f64| (x.round() as i32, y + frame.px(2.0));
    let font = text(SMALL * frame.scale, HPos::Left, VPos::Center);
    let mut x = f64::from(frame.right());
    if more {
        x -= wide("…") * frame.scale;
        area.draw(&Text::new("…", at(x), font.clone()))?;
        x -= APART / 2.0 * frame.scale;
    }
    for (name, hue) in names.iter().zip(&panel.hues).rev() {
        x -= wide(name) * frame.scale;
        area.draw(&Text::new(name.clone(), at(x), font.clone()))?;
        let to = x - NEAR * frame.scale;
        let from = to - LINE * frame.scale;
        if panel.source == Source::Raster {
            let middle = ((from + to) / 2.0).round() as i32;
            area.draw(&Circle::new((middle, y), frame.px(4.0), hue.rgb().filled()))?;
        } else {
            let ends = vec![(from.round() as i32, y), (to.round() as i32, y)];
            area.draw(&PathElement::new(ends, hue.rgb().stroke_width(frame.thick(4.0))))?;
        }
        x = from - APART * frame.scale;
    }
    if !before.is_empty() {
        x -= wide(before.trim_end()) * frame.scale - APART / 2.0 * frame.scale;
        area.draw(&Text::new(before.trim_end().to_owned(), at(x), font))?;
    }
    Ok(())
}

/// The words that all names begin with.
fn common(names: &[String]) -> String {
    let Some((first, others)) = names.split_first() else { return String::new() };
    let ends = first.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at + 1).rev();
    let shared = |at: &usize| others.iter().all(|name| first.get(..*at).is_some_and(|words| name.starts_with(words)));
    ends.into_iter().find(shared).and_then(|at| first.get(..at)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn words_in_common() {
        let of = |names: &[&str]| common(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["neuron 0", "neuron 10"]), "neuron ");
        assert_eq!(of(&["row 0, unit 1", "row 0, unit 2"]), "row 0, unit ");
        assert_eq!(of(&["row 0, unit 1", "row 1, unit 2"]), "row ");
        assert_eq!(of(&["E", "I"]), "");
        assert_eq!(of(&[]), "");
    }
}
