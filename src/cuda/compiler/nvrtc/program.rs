//! Compiles a text with NVRTC and returns the results.

use crate::cuda::driver::library::DynamicLibrary;
use crate::error::Reason;
use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::ptr::{null, null_mut};

type Program = *mut c_void;
type Size = unsafe extern "system" fn(Program, *mut usize) -> c_int;
type Bytes = unsafe extern "system" fn(Program, *mut c_char) -> c_int;

/// NVRTC's functions. Threads may call them concurrently as long as no two share a program.
pub(crate) struct Nvrtc {
    create: unsafe extern "system" fn(
        *mut Program,
        *const c_char,
        *const c_char,
        c_int,
        *const *const c_char,
        *const *const c_char,
    ) -> c_int,
    destroy: unsafe extern "system" fn(*mut Program) -> c_int,
    compile: unsafe extern "system" fn(Program, c_int, *const *const c_char) -> c_int,
    cubin: (Size, Bytes),
    ptx: (Size, Bytes),
    log: (Size, Bytes),
    error_string: unsafe extern "system" fn(c_int) -> *const c_char,
    arch_count: unsafe extern "system" fn(*mut c_int) -> c_int,
    archs: unsafe extern "system" fn(*mut c_int) -> c_int,
}

/// The results of a compilation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    /// Machine code; empty if a virtual architecture (PTX only) was requested.
    pub(crate) cubin: Vec<u8>,
    /// PTX, with its final NUL.
    pub(crate) ptx: Vec<u8>,
    /// The log of the compiler and of `ptxas`.
    pub(crate) log: String,
}

impl Nvrtc {
    /// Opens the library and looks up every function that is used.
    ///
    /// # Errors
    /// If the library cannot be opened or lacks a function.
    pub(crate) fn open(library: &str) -> Result<Self, Reason> {
        let shared = DynamicLibrary::open(OsStr::new(library))
            .map_err(|said| Reason::NoCompiler { looked_in: vec![format!("{library} ({said})")] })?;
        // SAFETY: the types are those of nvrtc.h, the same since CUDA 11.2; nvrtcResult is a C int
        // and nvrtcProgram a pointer.
        unsafe {
            Ok(Self {
                create: shared.function(library, "nvrtcCreateProgram")?,
                destroy: shared.function(library, "nvrtcDestroyProgram")?,
                compile: shared.function(library, "nvrtcCompileProgram")?,
                cubin: (shared.function(library, "nvrtcGetCUBINSize")?, shared.function(library, "nvrtcGetCUBIN")?),
                ptx: (shared.function(library, "nvrtcGetPTXSize")?, shared.function(library, "nvrtcGetPTX")?),
                log: (
                    shared.function(library, "nvrtcGetProgramLogSize")?,
                    shared.function(library, "nvrtcGetProgramLog")?,
                ),
                error_string: shared.function(library, "nvrtcGetErrorString")?,
                arch_count: shared.function(library, "nvrtcGetNumSupportedArchs")?,
                archs: shared.function(library, "nvrtcGetSupportedArchs")?,
            })
        }
    }

    /// Returns an address within the loaded library.
    pub(crate) fn address(&self) -> usize {
        self.create as usize
    }

    /// Returns the architectures that NVRTC compiles for, such as 90 for `sm_90`, in ascending
    /// order.
    pub(crate) fn archs(&self) -> Vec<u32> {
        let mut count = 0;
        // SAFETY: one int is written, to a local.
        let code = unsafe { (self.arch_count)(&raw mut count) };
        let count = if code == 0 { usize::try_from(count).unwrap_or(0).min(1024) } else { 0 };
        // One element more than the count, so that the pointer is valid even for a count of 0.
        let mut archs = vec![0 as c_int; count + 1];
        // SAFETY: the call writes as many ints as the call above returned, and the vector has room
        // for them.
        let code = unsafe { (self.archs)(archs.as_mut_ptr()) };
        archs.truncate(if code == 0 { count } else { 0 });
        let mut archs: Vec<u32> = archs.into_iter().filter_map(|a| u32::try_from(a).ok()).collect();
        archs.sort_unstable();
        archs
    }

    /// Compiles a text.
    ///
    /// # Errors
    /// If the text does not compile: the compiler's log, or NVRTC's error text if the log is empty.
    pub(crate) fn compile(&self, name: &str, source: &str, options: &[String]) -> Result<Made, String> {
        let text = |what: &str, s: &str| CString::new(s).map_err(|_| format!("{what} contains a NUL"));
        let (name, source) = (text("the name", name)?, text("the text", source)?);
        let options: Vec<CString> = options.iter().map(|o| text("an option", o)).collect::<Result<_, _>>()?;
        let pointers: Vec<*const c_char> = options.iter().map(|o| o.as_ptr()).collect();
        let mut program = Owned { nvrtc: self, program: null_mut() };
        // SAFETY: both texts end in NUL and the call copies them; no headers are given; the program
        // is written to a local.
        let code =
            unsafe { (self.create)(&raw mut program.program, source.as_ptr(), name.as_ptr(), 0, null(), null()) };
        if code != 0 {
            return Err(self.said(code));
        }
        let count = c_int::try_from(pointers.len()).map_err(|_| "too many options".to_owned())?;
        // SAFETY: the program is live; `pointers` has `count` pointers to texts that end in NUL,
        // all of which outlive the call.
        let code = unsafe { (self.compile)(program.program, count, pointers.as_ptr()) };
        let log = String::from_utf8_lossy(&program.get(self.log).unwrap_or_default()).trim_end_matches('\0').to_owned();
        if code != 0 {
            return Err(if log.trim().is_empty() { self.said(code) } else { log });
        }
        // For a virtual architecture, some versions return an error for the CUBIN, and others
        // return 0 bytes.
        Ok(Made { cubin: program.get(self.cubin).unwrap_or_default(), ptx: program.get(self.ptx)?, log })
    }

    fn said(&self, code: c_int) -> String {
        // SAFETY: any int may be passed; the result is a static text or null.
        let text = unsafe { (self.error_string)(code) };
        if text.is_null() {
            return format!("NVRTC returned {code}");
        }
        // SAFETY: the pointer is not null, and NVRTC's texts are static and end in NUL.
        let text = unsafe { CStr::from_ptr(text) };
        format!("NVRTC returned {code}: {}", text.to_string_lossy())
    }
}

/// An NVRTC program, which is destroyed when this value is dropped.
struct Owned<'a> {
    nvrtc: &'a Nvrtc,
    program: Program,
}

impl Owned<'_> {
    /// Calls a pair of NVRTC functions, one for the size and one for the bytes, and returns the
    /// bytes.
    fn get(&self, (size, bytes): (Size, Bytes)) -> Result<Vec<u8>, String> {
        let mut length = 0_usize;
        // SAFETY: the program is live; the call writes one size_t, to a local.
        let code = unsafe { size(self.program, &raw mut length) };
        if code != 0 {
            return Err(self.nvrtc.said(code));
        }
        let mut buffer = Vec::new();
        if buffer.try_reserve_exact(length).is_err() {
            return Err(format!("no memory for the {length} bytes of NVRTC's result"));
        }
        buffer.resize(length, 0_u8);
        if length == 0 {
            return Ok(buffer);
        }
        // SAFETY: the program is live; the call writes as many bytes as the call above returned,
        // and the buffer has room for them.
        let code = unsafe { bytes(self.program, buffer.as_mut_ptr().cast()) };
        if code == 0 { Ok(buffer) } else { Err(self.nvrtc.said(code)) }
    }
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        if !self.program.is_null() {
            // SAFETY: this library created the program, and it is not used afterwards.
            unsafe { (self.nvrtc.destroy)(&raw mut self.program) };
        }
    }
}
