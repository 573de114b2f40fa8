//! The functions of the driver and of NVRTC that this program calls, with their C types. The
//! program measures these functions without the library around them.

use libloading::Library;
use overtime::Survey;
use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::path::PathBuf;
use std::ptr::null_mut;

pub(crate) type Handle = *mut c_void;
pub(crate) type Result<V> = std::result::Result<V, String>;

macro_rules! functions {
    ($kind:ident { $($name:ident: $symbol:literal ($($t:ty),*);)* }) => {
        pub(crate) struct $kind { $($name: unsafe extern "system" fn($($t),*) -> c_int),* }
        impl $kind {
            fn find(library: &'static Library) -> Result<Self> {
                // SAFETY: the types are those of CUDA's headers, which have not changed since these
                // functions exist.
                unsafe { Ok(Self { $($name: *library.get($symbol).map_err(|e| e.to_string())?),* }) }
            }
        }
    };
}

functions! { Driver {
    init: "cuInit" (c_uint);
    retain: "cuDevicePrimaryCtxRetain" (*mut Handle, c_int);
    set_current: "cuCtxSetCurrent" (Handle);
    attribute: "cuDeviceGetAttribute" (*mut c_int, c_int, c_int);
    load: "cuModuleLoadData" (*mut Handle, *const c_void);
    get: "cuModuleGetFunction" (*mut Handle, Handle, *const c_char);
    allocate: "cuMemAlloc_v2" (*mut u64, usize);
    pin: "cuMemHostAlloc" (*mut *mut c_void, usize, c_uint);
    fill: "cuMemsetD8Async" (u64, u8, usize, Handle);
    up: "cuMemcpyHtoDAsync_v2" (u64, *const c_void, usize, Handle);
    down: "cuMemcpyDtoHAsync_v2" (*mut c_void, u64, usize, Handle);
    stream: "cuStreamCreate" (*mut Handle, c_uint);
    wait: "cuStreamSynchronize" (Handle);
    launch: "cuLaunchKernel" (Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle, *mut *mut c_void, *mut *mut c_void);
    cooperate: "cuLaunchCooperativeKernel" (Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle, *mut *mut c_void);
    begin: "cuStreamBeginCapture_v2" (Handle, c_uint);
    end: "cuStreamEndCapture" (Handle, *mut Handle);
    instantiate: "cuGraphInstantiateWithFlags" (*mut Handle, Handle, u64);
    replay: "cuGraphLaunch" (Handle, Handle);
} }

functions! { Nvrtc {
    create: "nvrtcCreateProgram" (*mut Handle, *const c_char, *const c_char, c_int, *const *const c_char, *const *const c_char);
    compile: "nvrtcCompileProgram" (Handle, c_int, *const *const c_char);
    log_size: "nvrtcGetProgramLogSize" (Handle, *mut usize);
    log: "nvrtcGetProgramLog" (Handle, *mut c_char);
    ptx_size: "nvrtcGetPTXSize" (Handle, *mut usize);
    ptx: "nvrtcGetPTX" (Handle, *mut c_char);
    cubin_size: "nvrtcGetCUBINSize" (Handle, *mut usize);
    cubin: "nvrtcGetCUBIN" (Handle, *mut c_char);
} }

fn ok(what: &str, code: c_int) -> Result<()> {
    if code == 0 { Ok(()) } else { Err(format!("{what} returned {code}")) }
}

fn open(path: &str) -> Result<&'static Library> {
    // SAFETY: the survey has found these libraries, and has loaded them before.
    let library = unsafe { Library::new(path) }.map_err(|e| e.to_string())?;
    Ok(Box::leak(Box::new(library)))
}

/// A device with a module and a stream.
pub(crate) struct Gpu {
    driver: Driver,
    module: Handle,
    pub(crate) stream: Handle,
    pub(crate) name: String,
    pub(crate) capability: (u32, u32),
    pub(crate) is_simulated: bool,
}

impl Gpu {
    /// The first device, with this text compiled for it.
    pub(crate) fn new(text: &str) -> Result<Self> {
        let survey = Survey::new();
        let found = |what: &str| {
            let finding = survey.findings.iter().find(|f| f.what == what).ok_or("the survey does not list it")?;
            // The text is "PATH, of CUDA 13.0", perhaps with a reason for the choice, or "PATH, for
            // CUDA 13.0".
            let path = |text: &str| {
                text.split(", of CUDA").next().and_then(|text| text.split(", for CUDA").next()).map(str::to_owned)
            };
            finding.result.clone().map(|text| path(&text).unwrap_or(text))
        };
        let (library, compiler) = (found("CUDA driver")?, found("NVRTC")?);
        let gpu = survey.gpus().first().ok_or("no device")?;
        let driver = Driver::find(open(&library)?)?;
        let is_simulated =
            PathBuf::from(&library).file_name().is_some_and(|n| n.to_string_lossy().contains("fakecuda"));
        let image = compile(&Nvrtc::find(open(&compiler)?)?, text, gpu.capability, is_simulated)?;
        let mut new = Self {
            driver,
            module: null_mut(),
            stream: null_mut(),
            name: gpu.name.clone(),
            capability: gpu.capability,
            is_simulated,
        };
        let mut context = null_mut();
        // SAFETY: results go to locals and fields, and the image is a whole CUBIN, or PTX that ends
        // with NUL.
        unsafe {
            let d = &new.driver;
            ok("cuInit", (d.init)(0))?;
            ok("cuDevicePrimaryCtxRetain", (d.retain)(&raw mut context, 0))?;
            ok("cuCtxSetCurrent", (d.set_current)(context))?;
            ok("cuModuleLoadData", (d.load)(&raw mut new.module, image.as_ptr().cast()))?;
            ok("cuStreamCreate", (d.stream)(&raw mut new.stream, 1))?;
        }
        Ok(new)
    }

    pub(crate) fn attribute(&self, n: c_int) -> Result<u32> {
        let mut value = 0;
        // SAFETY: the call writes one int to a local.
        ok("cuDeviceGetAttribute", unsafe { (self.driver.attribute)(&raw mut value, n, 0) })?;
        Ok(u32::try_from(value).unwrap_or(0))
    }

    pub(crate) fn function(&self, name: &str) -> Result<Handle> {
        let (mut function, text) = (null_mut(), CString::new(name).map_err(|e| e.to_string())?);
        // SAFETY: the module is loaded, and the name ends with NUL.
        ok(name, unsafe { (self.driver.get)(&raw mut function, self.module, text.as_ptr()) })?;
        Ok(function)
    }

    /// Device memory filled with zeros. It is never freed, because this program is short.
    pub(crate) fn zeros(&self, bytes: usize) -> Result<u64> {
        let mut at = 0;
        // SAFETY: the call writes one address to a local; the next call writes `bytes` bytes at
        // that address.
        unsafe {
            ok("cuMemAlloc", (self.driver.allocate)(&raw mut at, bytes))?;
            ok("cuMemsetD8Async", (self.driver.fill)(at, 0, bytes, self.stream))?;
        }
        Ok(at)
    }

    /// Pinned memory, which is never freed.
    pub(crate) fn pinned(&self, bytes: usize) -> Result<*mut c_void> {
        let mut at = null_mut();
        // SAFETY: the call writes one pointer to a local.
        ok("cuMemHostAlloc", unsafe { (self.driver.pin)(&raw mut at, bytes, 0) })?;
        Ok(at)
    }

    /// Launches a kernel with the parameters (pointer, number).
    pub(crate) fn launch(
        &self,
        function: Handle,
        [grid, block]: [u32; 2],
        x: u64,
        times: u32,
        together: bool,
    ) -> Result<()> {
        let mut args = [(&raw const x).cast_mut().cast::<c_void>(), (&raw const times).cast_mut().cast()];
        let (d, s) = (&self.driver, self.stream);
        // SAFETY: the kernels here have these two parameters, or only the first one, and the driver
        // copies the parameters before it returns.
        let code = unsafe {
            if together {
                (d.cooperate)(function, grid, 1, 1, block, 1, 1, 0, s, args.as_mut_ptr())
            } else {
                (d.launch)(function, grid, 1, 1, block, 1, 1, 0, s, args.as_mut_ptr(), null_mut())
            }
        };
        ok("a launch", code)
    }

    pub(crate) fn wait(&self) -> Result<()> {
        // SAFETY: the stream belongs to this object.
        ok("cuStreamSynchronize", unsafe { (self.driver.wait)(self.stream) })
    }

    pub(crate) fn up(&self, to: u64, from: *const c_void, bytes: usize) -> Result<()> {
        // SAFETY: both sides have `bytes` bytes, and the host's memory is pinned and never freed.
        ok("cuMemcpyHtoDAsync", unsafe { (self.driver.up)(to, from, bytes, self.stream) })
    }

    pub(crate) fn down(&self, to: *mut c_void, from: u64, bytes: usize) -> Result<()> {
        // SAFETY: as in `up`.
        ok("cuMemcpyDtoHAsync", unsafe { (self.driver.down)(to, from, bytes, self.stream) })
    }

    /// The launches of `work` as a graph.
    pub(crate) fn graph(&self, work: impl FnOnce() -> Result<()>) -> Result<Handle> {
        let (mut graph, mut ready) = (null_mut(), null_mut());
        // SAFETY: the stream belongs to this object, and results go to locals.
        unsafe {
            ok("cuStreamBeginCapture", (self.driver.begin)(self.stream, 2))?;
            let worked = work();
            ok("cuStreamEndCapture", (self.driver.end)(self.stream, &raw mut graph))?;
            worked?;
            ok("cuGraphInstantiate", (self.driver.instantiate)(&raw mut ready, graph, 0))?;
        }
        Ok(ready)
    }

    pub(crate) fn replay(&self, graph: Handle) -> Result<()> {
        // SAFETY: the graph has been instantiated.
        ok("cuGraphLaunch", unsafe { (self.driver.replay)(graph, self.stream) })
    }
}

/// Compiles a CUBIN for this device, or PTX for the simulated driver, which reads nothing else.
fn compile(nvrtc: &Nvrtc, text: &str, (major, minor): (u32, u32), ptx: bool) -> Result<Vec<u8>> {
    let kind = if ptx { "compute" } else { "sm" };
    let options: Vec<CString> = CString::new(format!("--gpu-architecture={kind}_{major}{minor}")).into_iter().collect();
    let pointers: Vec<*const c_char> = options.iter().map(|o| o.as_ptr()).collect();
    let (text, mut program, mut n) = (CString::new(text).map_err(|e| e.to_string())?, null_mut(), 0);
    // SAFETY: the texts end with NUL and outlive the calls, and the buffers have the sizes that
    // NVRTC returned.
    unsafe {
        let created = (nvrtc.create)(
            &raw mut program,
            text.as_ptr(),
            c"latencies.cu".as_ptr(),
            0,
            std::ptr::null(),
            std::ptr::null(),
        );
        ok("nvrtcCreateProgram", created)?;
        if (nvrtc.compile)(program, pointers.len() as c_int, pointers.as_ptr()) != 0 {
            (nvrtc.log_size)(program, &raw mut n);
            let mut log = vec![0_u8; n];
            (nvrtc.log)(program, log.as_mut_ptr().cast());
            return Err(String::from_utf8_lossy(&log).into_owned());
        }
        let (size, get) = if ptx { (nvrtc.ptx_size, nvrtc.ptx) } else { (nvrtc.cubin_size, nvrtc.cubin) };
        ok("the image's size", size(program, &raw mut n))?;
        let mut image = vec![0_u8; n];
        ok("the image", get(program, image.as_mut_ptr().cast()))?;
        Ok(image)
    }
}
