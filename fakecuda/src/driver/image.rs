//! The images of modules. PTX text is interpreted. A CUBIN stands for the PTX file `<hash>.ptx` in
//! `FAKECUDA_PTX_DIR`, where the hash is the FNV-1a hash of the CUBIN's bytes in 16 hexadecimal
//! digits.

use super::code::Code;
use super::state::State;
use crate::types::Space;

/// The FNV-1a hash of 64 bits.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ b as u64).wrapping_mul(0x0100_0000_01b3))
}

/// The length of an ELF file, computed from its headers, because the caller does not pass it.
///
/// # Safety
/// `image` must be a whole ELF.
unsafe fn elf_length(image: *const u8) -> usize {
    let at = |offset: usize, n: usize| {
        let mut x = [0u8; 8];
        // SAFETY: the bytes are within the headers, as the caller guarantees.
        unsafe { std::ptr::copy_nonoverlapping(image.add(offset), x.as_mut_ptr(), n) };
        u64::from_le_bytes(x) as usize
    };
    let (segments, sections) = (at(0x20, 8), at(0x28, 8));
    let mut end = 64.max(segments + at(0x36, 2) * at(0x38, 2)).max(sections + at(0x3a, 2) * at(0x3c, 2));
    for n in 0..at(0x3c, 2) {
        let header = sections + n * at(0x3a, 2);
        // A section of type 8 (`SHT_NOBITS`) takes no space in the file.
        if at(header + 4, 4) != 8 {
            end = end.max(at(header + 0x18, 8) + at(header + 0x20, 8));
        }
    }
    end
}

/// The major CUDA version of the compiler of a CUBIN, which the file's format shows.
fn compiler(elf: &[u8]) -> i32 {
    // This byte is `EI_OSABI`.
    if elf.get(7) == Some(&0x41) { 13 } else { 12 }
}

impl State {
    /// # Safety
    /// `image` is PTX text that ends with NUL, or a whole CUBIN.
    pub(crate) unsafe fn load(&mut self, image: *const u8) -> Result<usize, super::Failure> {
        if image.is_null() {
            return Err(Code::ERROR_INVALID_VALUE.into());
        }
        // SAFETY: every image has at least four bytes, or ends with NUL before that.
        let is_elf = b"\x7fELF".iter().enumerate().all(|(i, &b)| unsafe { *image.add(i) } == b);
        let text = if is_elf {
            // SAFETY: `image` is a whole CUBIN, as the caller guarantees.
            let bytes = unsafe { std::slice::from_raw_parts(image, elf_length(image)) };
            self.admit(&compiler(bytes).to_string())?;
            if compiler(bytes) > self.config.version / 1000 {
                let of = compiler(bytes);
                return Err(Code::ERROR_INVALID_IMAGE
                    .why(format!("a CUBIN in the format of CUDA {of}, which is later than this driver")));
            }
            let name = format!("{:016x}.ptx", hash(bytes));
            let dir = self
                .config
                .ptx_dir
                .clone()
                .ok_or_else(|| Code::ERROR_NO_BINARY_FOR_GPU.why("a CUBIN, but FAKECUDA_PTX_DIR is not set"))?;
            std::fs::read_to_string(dir.join(&name)).map_err(|e| {
                Code::ERROR_NO_BINARY_FOR_GPU.why(format!("a CUBIN whose PTX file {name} cannot be read: {e}"))
            })?
        } else {
            self.admit("ptx")?;
            // SAFETY: the text ends with NUL, as the caller guarantees.
            unsafe { std::ffi::CStr::from_ptr(image.cast()) }.to_string_lossy().into_owned()
        };
        // A CUBIN has no PTX version, and its compiler's version was checked above.
        let reads = if is_elf { (u32::MAX, 0) } else { super::arch::ptx(self.config.version) };
        match &self.config.replace {
            Some((this, that)) => self.load_text(&text.replace(this, that), reads),
            None => self.load_text(&text, reads),
        }
    }

    /// Refuses images of this kind if `FAKECUDA_REFUSE` names it.
    fn admit(&self, kind: &str) -> super::state::Outcome {
        match &self.config.refuse {
            Some((code, kinds)) if kinds.split(',').any(|k| k == kind) => {
                let code =
                    [Code::ERROR_INVALID_IMAGE, Code::ERROR_NO_BINARY_FOR_GPU, Code::ERROR_UNSUPPORTED_PTX_VERSION]
                        .into_iter()
                        .find(|c| *c as i32 == *code);
                Err(code
                    .unwrap_or(Code::ERROR_INVALID_IMAGE)
                    .why(format!("an image of kind {kind} is refused, as FAKECUDA_REFUSE demands")))
            }
            _ => Ok(()),
        }
    }

    fn load_text(&mut self, text: &str, reads: (u32, u32)) -> Result<usize, super::Failure> {
        let memory = &mut self.memory;
        let module = crate::parse::parse(text, &mut |v| {
            let at = memory.variable(&v.name, v.size, &v.init, v.space == Space::Const);
            at.ok_or_else(|| format!("no room for variable '{}'", v.name))
        });
        let module = module.map_err(|e| Code::ERROR_INVALID_PTX.why(e.to_string()))?;
        if module.version > reads {
            let why = format!("PTX {:?}, but this driver reads versions up to {reads:?}", module.version);
            return Err(Code::ERROR_UNSUPPORTED_PTX_VERSION.why(why));
        }
        let wanted: i32 = module
            .target
            .trim_start_matches("sm_")
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse()
            .unwrap_or(0);
        let has = self.config.arch.as_ref().map_or(0, |a| a.capability());
        if wanted > has {
            return Err(
                Code::ERROR_NO_BINARY_FOR_GPU.why(format!("PTX for {} on a device with sm_{has}", module.target))
            );
        }
        let handle = self.handle();
        self.modules.insert(handle, module);
        Ok(handle)
    }
}
