//! The part of the zip format that npz files need: stored and deflated entries, and sizes beyond 4
//! GiB (zip64).

use crate::error::Fault;
use crate::npy;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;
/// The maximum ratio of inflated to compressed bytes that deflate can reach.
const DEFLATE_RATIO: u64 = 1032;
const FULL16: u64 = 0xffff;
const FULL32: u64 = 0xffff_ffff;

/// An entry of the table of contents.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The name without `.npy`.
    pub(crate) name: String,
    pub(crate) deflated: bool,
    crc: u32,
    packed: u64,
    /// The number of bytes after inflation.
    pub(crate) size: u64,
    offset: u64,
}

/// Reads consecutive little-endian numbers from a slice. Beyond its end they are 0; callers check
/// the length before.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn take(&mut self, bytes: usize) -> u64 {
        let (head, tail) = self.0.split_at_checked(bytes).unwrap_or((self.0, &[]));
        self.0 = tail;
        head.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
    }
    fn u16(&mut self) -> u64 {
        self.take(2)
    }
    fn u32(&mut self) -> u64 {
        self.take(4)
    }
    fn u64(&mut self) -> u64 {
        self.take(8)
    }
}

fn bytes_at(mut file: &File, at: u64, len: usize) -> Result<Vec<u8>, Fault> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    npy::take(&mut bytes, len)?;
    bytes.resize(len, 0);
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads the table of contents of a file with `len` bytes.
pub(crate) fn members(file: &File, len: u64) -> Result<Vec<Member>, Fault> {
    let (count, size, offset) = find_table(file, len)?;
    // A record takes at least 46 bytes. The size of the table therefore bounds the number of
    // entries, and the length of the file bounds the size of the table.
    let Ok(size) = usize::try_from(size) else { return Fault::corrupt("the table of contents is larger than memory") };
    if count > size as u64 / 46 {
        return Fault::corrupt(format!("the table of contents has {size} bytes, too few for {count} entries"));
    }
    let table = bytes_at(file, offset, size)?;
    let mut rest = table.as_slice();
    let mut members = Vec::new();
    let mut taken = 0_u64;
    for _ in 0..count {
        let (member, after) = record(rest)?;
        rest = after;
        // Entries that share bytes could be a zip bomb, even if each of them inflates to little
        // data.
        taken = taken.saturating_add(member.packed).saturating_add(30 + member.name.len() as u64);
        if taken > len {
            return Fault::corrupt(format!(
                "entry `{}` and the entries before it take more bytes than the file has",
                member.name
            ));
        }
        members.push(member);
    }
    let names: BTreeSet<&str> = members.iter().map(|m| m.name.as_str()).collect();
    if names.len() != members.len() {
        return Fault::corrupt("two entries have the same name");
    }
    Ok(members)
}

/// Finds the table of contents. Returns its number of entries, its size and its offset within the
/// file.
fn find_table(file: &File, len: u64) -> Result<(u64, u64, u64), Fault> {
    // The end record has 22 bytes, and a comment of at most 65,535 bytes.
    let tail_len = len.min(22 + FULL16);
    let tail_at = len - tail_len;
    let tail = bytes_at(file, tail_at, tail_len as usize)?;
    let found = tail.windows(22).rposition(|w| w[..4] == END.to_le_bytes());
    let Some(found) = found else {
        return Fault::corrupt("the end of the zip archive is missing: the file is truncated, or not an npz file");
    };
    let mut end = Numbers(&tail[found + 4..]);
    let (disk, first_disk, _, mut count) = (end.u16(), end.u16(), end.u16(), end.u16());
    let (mut size, mut offset, comment) = (end.u32(), end.u32(), end.u16());
    let mut end_at = tail_at + found as u64;
    if end_at + 22 + comment != len {
        return Fault::corrupt("there are bytes after the end of the zip archive, or too few bytes before it");
    }
    if count == FULL16 || size == FULL32 || offset == FULL32 {
        let locator_at =
            end_at.checked_sub(20).ok_or_else(|| Fault::Corrupt("the zip64 records are missing".into()))?;
        let locator = bytes_at(file, locator_at, 20)?;
        let mut locator = Numbers(&locator);
        if locator.u32() != u64::from(LOCATOR64) {
            return Fault::corrupt("the zip64 records are missing");
        }
        locator.u32();
        let at = locator.u64();
        if at.checked_add(56).is_none_or(|end| end > locator_at) {
            return Fault::corrupt("the zip64 record is outside the file");
        }
        let record = bytes_at(file, at, 56)?;
        let mut record = Numbers(&record);
        if record.u32() != u64::from(END64) {
            return Fault::corrupt("the zip64 records are missing");
        }
        record.take(8 + 2 + 2);
        let (_disk, _first, _here) = (record.u32(), record.u32(), record.u64());
        (count, size, offset) = (record.u64(), record.u64(), record.u64());
        end_at = at;
    } else if disk != 0 || first_disk != 0 {
        return Fault::unsupported("the archive has several parts");
    }
    if offset.checked_add(size) != Some(end_at) {
        return Fault::corrupt("the table of contents is not where the archive's end says");
    }
    Ok((count, size, offset))
}

/// Parses one record of the table. Returns the entry, and the bytes after the record.
fn record(bytes: &[u8]) -> Result<(Member, &[u8]), Fault> {
    let Some((fixed, rest)) = bytes.split_at_checked(46) else {
        return Fault::corrupt("the table of contents is truncated");
    };
    let mut n = Numbers(fixed);
    if n.u32() != u64::from(CENTRAL) {
        return Fault::corrupt("the table of contents is damaged");
    }
    n.u32();
    let (flags, method) = (n.u16(), n.u16());
    n.u32();
    let (crc, mut packed, mut size) = (n.u32(), n.u32(), n.u32());
    let (name_len, extra_len, comment_len) = (n.u16() as usize, n.u16() as usize, n.u16() as usize);
    n.take(8);
    let mut offset = n.u32();
    let Some((variable, after)) = rest.split_at_checked(name_len + extra_len + comment_len) else {
        return Fault::corrupt("the table of contents is truncated");
    };
    let (name, mut extra) = (&variable[..name_len], &variable[name_len..name_len + extra_len]);
    let Ok(name) = std::str::from_utf8(name) else { return Fault::corrupt("the name of an entry is not text") };
    let name = name.strip_suffix(".npy").unwrap_or(name).to_owned();
    while let Some((head, rest)) = extra.split_at_checked(4) {
        let (id, len) = (Numbers(head).u16(), Numbers(&head[2..]).u16() as usize);
        let Some((field, rest)) = rest.split_at_checked(len) else { break };
        extra = rest;
        if id != 1 {
            continue;
        }
        let mut left = field.len();
        let mut field = Numbers(field);
        for number in [&mut size, &mut packed, &mut offset] {
            if *number == FULL32 && left >= 8 {
                *number = field.u64();
                left -= 8;
            }
        }
    }
    if flags & 1 != 0 {
        return Fault::unsupported(format!("entry `{name}` is encrypted"));
    }
    let deflated = match method {
        0 if packed != size => {
            return Fault::corrupt(format!("entry `{name}` is stored in {packed} bytes, but has a size of {size}"));
        }
        0 => false,
        8 if size / DEFLATE_RATIO > packed => {
            return Fault::corrupt(format!(
                "entry `{name}` claims that {packed} bytes inflate to {size}, which is impossible"
            ));
        }
        8 => true,
        other => {
            return Fault::unsupported(format!(
                "entry `{name}` is compressed by method {other}; the supported methods are 0 (stored) and 8 (deflate)"
            ));
        }
    };
    Ok((Member { name, deflated, crc: crc as u32, packed, size, offset }, after))
}

impl Member {
    /// Opens the entry in a file with `len` bytes.
    pub(crate) fn open<'f>(&self, file: &'f File, len: u64) -> Result<Contents<'f>, Fault> {
        let outside = || Fault::Corrupt("the entry lies outside the file".into());
        if self.offset.checked_add(30).is_none_or(|end| end > len) {
            return Err(outside());
        }
        let head = bytes_at(file, self.offset, 30)?;
        if Numbers(&head).u32() != u64::from(LOCAL) {
            return Fault::corrupt("the entry is not where the table of contents says");
        }
        let mut lengths = Numbers(&head[26..]);
        let data = self.offset + 30 + lengths.u16() + lengths.u16();
        if data.checked_add(self.packed).is_none_or(|end| end > len) {
            return Err(outside());
        }
        let mut source = file;
        source.seek(SeekFrom::Start(data))?;
        let packed = source.take(self.packed);
        let bytes =
            if self.deflated { Bytes::Deflated(Box::new(Inflater::new(packed))) } else { Bytes::Stored(packed) };
        Ok(Contents { bytes, crc: crc32fast::Hasher::new() })
    }

    /// Checks that all bytes were read, and that their checksum is correct.
    pub(crate) fn close(&self, mut contents: Contents<'_>) -> Result<(), Fault> {
        if contents.read(&mut [0])? != 0 {
            return Fault::corrupt("the entry is longer than its size in the table of contents");
        }
        let found = contents.crc.finalize();
        if found == self.crc {
            return Ok(());
        }
        Fault::corrupt(format!("checksum {found:08x}, but the file says {:08x}: the data is damaged", self.crc))
    }
}

/// The inflated bytes of an entry, and their checksum so far.
pub(crate) struct Contents<'f> {
    bytes: Bytes<'f>,
    crc: crc32fast::Hasher,
}

enum Bytes<'f> {
    Stored(Take<&'f File>),
    Deflated(Box<Inflater<'f>>),
}

impl Read for Contents<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.bytes {
            Bytes::Stored(file) => file.read(out),
            Bytes::Deflated(inflater) => inflater.read(out),
        }?;
        self.crc.update(&out[..n]);
        Ok(n)
    }
}

struct Inflater<'f> {
    packed: Take<&'f File>,
    state: Box<InflateState>,
    buffer: [u8; 8192],
    /// The range of the buffer that is not yet inflated.
    from: usize,
    to: usize,
    ended: bool,
}

impl<'f> Inflater<'f> {
    fn new(packed: Take<&'f File>) -> Self {
        Self {
            packed,
            state: InflateState::new_boxed(DataFormat::Raw),
            buffer: [0; 8192],
            from: 0,
            to: 0,
            ended: false,
        }
    }

    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !out.is_empty() {
            if self.from == self.to {
                (self.from, self.to) = (0, self.packed.read(&mut self.buffer)?);
            }
            let no_more = self.from == self.to;
            let result = inflate(&mut self.state, &self.buffer[self.from..self.to], out, MZFlush::None);
            self.from += result.bytes_consumed;
            match result.status {
                Ok(MZStatus::StreamEnd) => self.ended = true,
                Ok(_) | Err(MZError::Buf) if result.bytes_written > 0 || result.bytes_consumed > 0 => {}
                Ok(_) | Err(MZError::Buf) if no_more => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(e) => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("the compressed data is damaged ({e:?})"),
                    ));
                }
            }
            if result.bytes_written > 0 {
                return Ok(result.bytes_written);
            }
        }
        Ok(0)
    }
}
