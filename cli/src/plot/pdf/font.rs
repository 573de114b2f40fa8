//! A font of a PDF: those of its glyphs that are used, and the text that they stand for.

use super::LEVEL;
use anyhow::anyhow;
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use std::collections::BTreeMap;
use subsetter::Profile;
use ttf_parser::{Face, GlyphId, RawFace, Tag};

const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

pub(super) struct Font {
    name: &'static [u8],
    data: &'static [u8],
    face: Face<'static>,
    /// Glyphs that were used, with a character that each stands for.
    used: BTreeMap<u16, char>,
}

impl Font {
    pub(super) fn new(name: &'static [u8], data: &'static [u8]) -> anyhow::Result<Self> {
        let face = Face::parse(data, 0).map_err(|e| anyhow!("the built-in font cannot be read: {e}"))?;
        Ok(Self { name, data, face, used: BTreeMap::new() })
    }

    pub(super) fn is_used(&self) -> bool {
        !self.used.is_empty()
    }

    /// The glyphs of a text, two bytes each, and its width in ems.
    pub(super) fn encode(&mut self, text: &str) -> (Vec<u8>, f64) {
        let (mut bytes, mut width) = (Vec::new(), 0.0);
        for c in text.chars() {
            // What the font lacks is its box for that.
            let glyph = self.face.glyph_index(c).unwrap_or(GlyphId(0));
            bytes.extend(glyph.0.to_be_bytes());
            width += f64::from(self.advance(glyph.0)) / 1000.0;
            self.used.entry(glyph.0).or_insert(c);
        }
        (bytes, width)
    }

    /// In thousandths of an em.
    fn advance(&self, glyph: u16) -> f32 {
        self.em(self.face.glyph_hor_advance(GlyphId(glyph)).map_or(0.0, f32::from))
    }

    fn em(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em())
    }

    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref, next: &mut Ref) -> anyhow::Result<()> {
        let [cid, descriptor, file, map] = [(); 4].map(|()| next.bump());
        // Names of fonts that are there in part begin so.
        let name = [b"OVRTME+".as_slice(), self.name].concat();
        let name = Name(&name);
        let mut whole = pdf.type0_font(id);
        whole.base_font(name).encoding_predefined(Name(b"Identity-H")).descendant_font(cid).to_unicode(map);
        whole.finish();
        let mut font = pdf.cid_font(cid);
        font.subtype(CidFontType::Type0).base_font(name).system_info(IDENTITY).font_descriptor(descriptor);
        font.default_width(0.0);
        let mut widths = font.widths();
        for glyph in self.used.keys() {
            widths.same(*glyph, *glyph, self.advance(*glyph));
        }
        widths.finish();
        font.finish();
        let bounds = self.face.global_bounding_box();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|x| self.em(f32::from(x)));
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(self.em(f32::from(self.face.ascender())))
            .descent(self.em(f32::from(self.face.descender())))
            .cap_height(self.em(self.face.capital_height().map_or(0.0, f32::from)))
            .stem_v(80.0)
            .font_file3(file);
        let bytes = compress_to_vec_zlib(&self.outlines()?, LEVEL);
        pdf.stream(file, &bytes).filter(Filter::FlateDecode).pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        let mut unicode = UnicodeCmap::<u16>::new(Name(b"Custom"), IDENTITY);
        self.used.iter().for_each(|(glyph, c)| unicode.pair(*glyph, *c));
        let bytes = unicode.finish();
        pdf.cmap(map, bytes.as_slice());
        Ok(())
    }

    /// The table of the outlines that are used. Glyphs keep their numbers.
    fn outlines(&self) -> anyhow::Result<Vec<u8>> {
        let glyphs: Vec<u16> = self.used.keys().copied().collect();
        let wrong = || anyhow!("the built-in font cannot be cut to the glyphs that are used");
        let part = subsetter::subset(self.data, 0, Profile::pdf(&glyphs)).map_err(|_| wrong())?;
        let face = RawFace::parse(&part, 0).map_err(|_| wrong())?;
        Ok(face.table(Tag::from_bytes(b"CFF ")).ok_or_else(wrong)?.to_vec())
    }
}
