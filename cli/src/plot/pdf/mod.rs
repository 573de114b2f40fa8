//! PDF: lines and areas as they are drawn, text as text of the embedded font.

mod font;

use font::Font;
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};
use std::collections::BTreeMap;
use std::convert::Infallible;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// How far type is below its anchor, in ems: as for an SVG.
const TOP: f64 = 0.76;
const CENTER: f64 = 0.27;
const BOTTOM: f64 = -0.27;
/// The size of a font in plotters, from the ascent to the descent, in ems.
const TALL: f64 = 1.24;
/// How hard streams are compressed.
const LEVEL: u8 = 6;

/// A page that plotters draws on, in pixels from its upper left corner.
pub(super) struct Page {
    size: (u32, u32),
    /// Points of a pixel.
    scale: f64,
    content: Content,
    /// Opacities that were used, in percent.
    opacities: BTreeMap<u8, ()>,
    /// The regular font and the bold one.
    fonts: [Font; 2],
}

impl Page {
    pub(super) fn new(size: (u32, u32), scale: f64) -> anyhow::Result<Self> {
        let mut content = Content::new();
        content.set_line_cap(LineCapStyle::RoundCap).set_line_join(LineJoinStyle::RoundJoin);
        let fonts =
            [Font::new(b"Inter-Regular", super::file::REGULAR)?, Font::new(b"Inter-SemiBold", super::file::BOLD)?];
        Ok(Self { size, scale, content, opacities: BTreeMap::new(), fonts })
    }

    /// The whole file.
    pub(super) fn finish(self, title: &str) -> anyhow::Result<Vec<u8>> {
        let mut next = Ref::new(1);
        let [catalog, pages, page, content, info] = [(); 5].map(|()| next.bump());
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page]).count(1);
        pdf.document_info(info).title(TextStr(title)).creator(TextStr("overtime"));
        let used: Vec<(usize, Ref)> =
            self.fonts.iter().enumerate().filter(|(_, font)| font.is_used()).map(|(k, _)| (k, next.bump())).collect();
        let [width, height] = [self.size.0, self.size.1].map(|px| (f64::from(px) * self.scale) as f32);
        let mut sheet = pdf.page(page);
        sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(content);
        let mut resources = sheet.resources();
        let mut fonts = resources.fonts();
        for (k, id) in &used {
            fonts.pair(Name(font_name(*k).as_bytes()), *id);
        }
        fonts.finish();
        let mut states = resources.ext_g_states();
        for percent in self.opacities.keys() {
            let alpha = f32::from(*percent) / 100.0;
            let mut state = states
                .insert(Name(state_name(*percent).as_bytes()))
                .start::<pdf_writer::writers::ExtGraphicsState<'_>>();
            state.stroking_alpha(alpha).non_stroking_alpha(alpha);
        }
        states.finish();
        resources.finish();
        sheet.finish();
        let bytes = compress_to_vec_zlib(&self.content.finish(), LEVEL);
        pdf.stream(content, &bytes).filter(Filter::FlateDecode);
        for (k, id) in used {
            if let Some(font) = self.fonts.get(k) {
                font.write(&mut pdf, id, &mut next)?;
            }
        }
        Ok(pdf.finish())
    }

    fn x(&self, x: i32) -> f32 {
        (f64::from(x) * self.scale) as f32
    }

    /// A PDF counts from below.
    fn y(&self, y: i32) -> f32 {
        (f64::from(self.size.1) * self.scale - f64::from(y) * self.scale) as f32
    }

    fn opacity(&mut self, colour: BackendColor) {
        let percent = (colour.alpha.clamp(0.0, 1.0) * 100.0).round() as u8;
        self.opacities.insert(percent, ());
        self.content.set_parameters(Name(state_name(percent).as_bytes()));
    }

    fn fill(&mut self, colour: BackendColor) {
        self.opacity(colour);
        let [r, g, b] = rgb(colour);
        self.content.set_fill_rgb(r, g, b);
    }

    fn stroke<S: BackendStyle>(&mut self, style: &S) {
        self.opacity(style.color());
        let [r, g, b] = rgb(style.color());
        let width = (f64::from(style.stroke_width()) * self.scale) as f32;
        self.content.set_stroke_rgb(r, g, b).set_line_width(width);
    }

    /// Draws or fills what has been begun.
    fn paint(&mut self, fill: bool) {
        if fill {
            self.content.fill_nonzero();
        } else {
            self.content.stroke();
        }
    }

    fn outline(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (k, (x, y)) in points.into_iter().enumerate() {
            let (x, y) = (self.x(x), self.y(y));
            if k == 0 {
                self.content.move_to(x, y);
            } else {
                self.content.line_to(x, y);
            }
        }
    }
}

fn font_name(k: usize) -> String {
    format!("F{k}")
}

fn state_name(percent: u8) -> String {
    format!("A{percent}")
}

fn rgb(colour: BackendColor) -> [f32; 3] {
    let (r, g, b) = colour.rgb;
    [r, g, b].map(|c| f32::from(c) / 255.0)
}

impl DrawingBackend for Page {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Drawn {
        if fill {
            self.fill(style.color())
        } else {
            self.stroke(style)
        }
        let (left, right) = (self.x(a.0.min(b.0)), self.x(a.0.max(b.0)));
        let (top, bottom) = (self.y(a.1.min(b.1)), self.y(a.1.max(b.1)));
        self.content.rect(left, bottom, right - left, top - bottom);
        self.paint(fill);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.stroke(style);
        self.outline(path);
        self.paint(false);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        if fill {
            self.fill(style.color())
        } else {
            self.stroke(style)
        }
        let (x, y, r) = (self.x(x), self.y(y), (f64::from(radius) * self.scale) as f32);
        // Four cubic curves, which are a circle to a thousandth of its radius.
        let k = 0.552_285 * r;
        self.content.move_to(x + r, y);
        self.content.cubic_to(x + r, y + k, x + k, y + r, x, y + r);
        self.content.cubic_to(x - k, y + r, x - r, y + k, x - r, y);
        self.content.cubic_to(x - r, y - k, x - k, y - r, x, y - r);
        self.content.cubic_to(x + k, y - r, x + r, y - k, x + r, y);
        self.paint(fill);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.fill(style.color());
        self.outline(path);
        self.paint(true);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        self.fill(style.color());
        let bold = usize::from(matches!(style.style(), FontStyle::Bold));
        let em = style.size() / TALL * self.scale;
        let Some(font) = self.fonts.get_mut(bold) else { return Ok(()) };
        let (glyphs, width) = font.encode(text);
        let along = em
            * width
            * match style.anchor().h_pos {
                HPos::Left => 0.0,
                HPos::Center => -0.5,
                HPos::Right => -1.0,
            };
        let below = em
            * match style.anchor().v_pos {
                VPos::Top => TOP,
                VPos::Center => CENTER,
                VPos::Bottom => BOTTOM,
            };
        let (x, y) = (f64::from(self.x(x)), f64::from(self.y(y)));
        // The direction of the text, and where its first glyph stands.
        let ([a, b], x, y) = match style.transform() {
            FontTransform::Rotate270 => ([0.0, 1.0], x + below, y + along),
            FontTransform::Rotate90 => ([0.0, -1.0], x - below, y - along),
            FontTransform::Rotate180 => ([-1.0, 0.0], x - along, y + below),
            FontTransform::None => ([1.0, 0.0], x + along, y - below),
        };
        self.content.begin_text().set_font(Name(font_name(bold).as_bytes()), em as f32);
        self.content.set_text_matrix([a, b, -b, a, x as f32, y as f32]).show(Str(&glyphs)).end_text();
        Ok(())
    }
}
