//! Finds the driver: its library, version and devices.

use super::library::DynamicLibrary;
use crate::device::found::{Driver, Gpu, MIN_DRIVER, visible};
use crate::error::Reason;
use std::ffi::{OsString, c_char, c_int, c_uint};

/// Names of the driver's library, used if `OVERTIME_LIBCUDA` is not set.
#[cfg(windows)]
const NAMES: &[&str] = &["nvcuda.dll"];
#[cfg(target_os = "macos")]
const NAMES: &[&str] = &["libcuda.dylib"];
#[cfg(not(any(windows, target_os = "macos")))]
const NAMES: &[&str] = &["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"];

/// The maximum number of devices that is accepted from the driver; more than any machine has, in
/// case the driver is broken.
const MOST: c_int = 1024;

/// The driver functions that describe the driver and its devices.
struct Functions {
    init: unsafe extern "system" fn(c_uint) -> c_int,
    version: unsafe extern "system" fn(*mut c_int) -> c_int,
    count: unsafe extern "system" fn(*mut c_int) -> c_int,
    get: unsafe extern "system" fn(*mut c_int, c_int) -> c_int,
    name: unsafe extern "system" fn(*mut c_char, c_int, c_int) -> c_int,
    attribute: unsafe extern "system" fn(*mut c_int, c_int, c_int) -> c_int,
    memory: unsafe extern "system" fn(*mut usize, c_int) -> c_int,
}

impl Functions {
    fn find(shared: DynamicLibrary, library: &str) -> Result<Self, Reason> {
        // SAFETY: the types are those of the CUDA driver API, the same in every version since CUDA
        // 4; CUresult, CUdevice and CUdevice_attribute are C ints.
        unsafe {
            Ok(Self {
                init: shared.function(library, "cuInit")?,
                version: shared.function(library, "cuDriverGetVersion")?,
                count: shared.function(library, "cuDeviceGetCount")?,
                get: shared.function(library, "cuDeviceGet")?,
                name: shared.function(library, "cuDeviceGetName")?,
                attribute: shared.function(library, "cuDeviceGetAttribute")?,
                memory: shared.function(library, "cuDeviceTotalMem_v2")?,
            })
        }
    }

    fn version(&self) -> Result<(u32, u32), Reason> {
        let mut version = 0;
        // SAFETY: one int is written, to a local; this call does not need an initialised driver.
        answer("cuDriverGetVersion", unsafe { (self.version)(&raw mut version) })?;
        let version = u32::try_from(version).unwrap_or(0);
        Ok((version / 1000, version % 1000 / 10))
    }

    fn count(&self) -> Result<c_int, Reason> {
        let mut count = 0;
        // SAFETY: cuInit has succeeded; one int is written, to a local.
        answer("cuDeviceGetCount", unsafe { (self.count)(&raw mut count) })?;
        Ok(count.clamp(0, MOST))
    }

    fn gpu(&self, ordinal: c_int) -> Result<Gpu, Reason> {
        let (mut device, mut major, mut minor, mut memory) = (0, 0, 0, 0_usize);
        let mut name = [0_u8; 257];
        // SAFETY: cuInit has succeeded and `ordinal` is below the count. Each call writes to locals
        // of the declared type; the name has at most 256 bytes including its NUL, and the array has
        // 257. 75 and 76 are the attributes of the compute capability.
        unsafe {
            answer("cuDeviceGet", (self.get)(&raw mut device, ordinal))?;
            answer("cuDeviceGetName", (self.name)(name.as_mut_ptr().cast(), 256, device))?;
            answer("cuDeviceGetAttribute", (self.attribute)(&raw mut major, 75, device))?;
            answer("cuDeviceGetAttribute", (self.attribute)(&raw mut minor, 76, device))?;
            answer("cuDeviceTotalMem_v2", (self.memory)(&raw mut memory, device))?;
        }
        let text = name.split(|b| *b == 0).next().unwrap_or_default();
        let whole = |x: c_int| u32::try_from(x).unwrap_or(0);
        Ok(Gpu {
            ordinal: usize::try_from(ordinal).unwrap_or(0),
            name: String::from_utf8_lossy(text).into_owned(),
            capability: (whole(major), whole(minor)),
            memory: memory as u64,
        })
    }
}

fn answer(call: &'static str, code: c_int) -> Result<(), Reason> {
    if code == 0 { Ok(()) } else { Err(Reason::DriverCall { call, code }) }
}

/// The error with which the toolkit's stub of the driver answers every call:
/// `CUDA_ERROR_STUB_LIBRARY`.
const STUB: c_int = 34;

/// Searches for the driver and its devices. Also returns the places that were searched. The
/// toolkit's stub of the driver is skipped.
pub(crate) fn probe() -> (Result<Driver, Reason>, Vec<String>) {
    let named = std::env::var_os("OVERTIME_LIBCUDA").filter(|v| !v.is_empty());
    let names = named.map_or_else(|| NAMES.iter().map(OsString::from).collect(), |name| vec![name]);
    let mut looked_in = Vec::new();
    let mut stub = None;
    for name in names {
        let library = name.to_string_lossy().into_owned();
        match DynamicLibrary::open(&name).map(|shared| ask(shared, &library)) {
            Ok(Err(reason @ Reason::StubDriver { .. })) => {
                looked_in.push(format!("{library} (the toolkit's stub)"));
                stub.get_or_insert(reason);
            }
            Ok(found) => {
                looked_in.push(library);
                // The engine's calls (cudarc) find the library by their own names.
                return (found.and_then(|driver| engines_stub().map_or(Ok(driver), Err)), looked_in);
            }
            Err(said) => looked_in.push(format!("{library} ({said})")),
        }
    }
    (Err(stub.unwrap_or_else(|| Reason::NoDriver { looked_in: looked_in.clone() })), looked_in)
}

/// Every function that the engine calls, directly or through cudarc.
const NEEDED: &[&str] = &[
    "cuInit",
    "cuDeviceGet",
    "cuDeviceGetAttribute",
    "cuDevicePrimaryCtxRetain",
    "cuCtxSetCurrent",
    "cuCtxGetCurrent",
    "cuGetErrorName",
    "cuGetErrorString",
    "cuMemGetInfo_v2",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemHostAlloc",
    "cuMemFreeHost",
    "cuMemcpyHtoD_v2",
    "cuMemcpyDtoH_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyDtoDAsync_v2",
    "cuMemsetD8Async",
    "cuStreamCreate",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuStreamWaitEvent",
    "cuStreamBeginCapture_v2",
    "cuStreamEndCapture",
    "cuEventCreate",
    "cuEventDestroy_v2",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuModuleGetFunction",
    "cuFuncSetAttribute",
    "cuOccupancyMaxActiveBlocksPerMultiprocessor",
    "cuOccupancyMaxActiveClusters",
    "cuLaunchKernel",
    "cuLaunchKernelEx",
    "cuTensorMapEncodeTiled",
    "cuGraphInstantiateWithFlags",
    "cuGraphLaunch",
    "cuGraphDestroy",
    "cuGraphExecDestroy",
];

/// The names by which the engine's calls find the library. A library that the probe opened by
/// another path is found by its own name (its soname), which the loader remembers.
#[cfg(windows)]
const FOUND_AS: &[&str] = &["cuda.dll", "nvcuda.dll"];
#[cfg(not(windows))]
const FOUND_AS: &[&str] = &["libcuda.so", "libcuda.so.1"];

/// Opens the library that the engine's calls will find, and returns its name; otherwise returns
/// where it was searched for.
fn engines() -> Result<(DynamicLibrary, &'static str), Vec<String>> {
    let mut looked_in = Vec::new();
    for name in FOUND_AS {
        match DynamicLibrary::open(OsString::from(name).as_os_str()) {
            Ok(shared) => return Ok((shared, name)),
            Err(said) => looked_in.push(format!("{name} ({said})")),
        }
    }
    Err(looked_in)
}

/// Returns the reason if the engine's calls would reach the toolkit's stub, which the loader finds
/// before the driver if `LD_LIBRARY_PATH` contains it.
fn engines_stub() -> Option<Reason> {
    let (shared, name) = engines().ok()?;
    // SAFETY: the type of cuInit in every version of the driver API.
    let init: unsafe extern "system" fn(c_uint) -> c_int = unsafe { shared.function(name, "cuInit") }.ok()?;
    // SAFETY: the flags must be 0, and are. A driver may be initialised any number of times.
    (unsafe { init(0) } == STUB).then(|| Reason::StubDriver { library: name.to_owned() })
}

/// Checks that the library that the engine's calls will find has every function that they need. A
/// missing function would not be an error there: it would abort the process.
pub(crate) fn complete() -> Result<(), Reason> {
    let (shared, name) = engines().map_err(|looked_in| Reason::NoDriver { looked_in })?;
    NEEDED.iter().try_for_each(|symbol| {
        // SAFETY: the pointer is looked up but never called.
        unsafe { shared.function::<*const std::ffi::c_void>(name, symbol) }.map(|_| ())
    })
}

fn ask(shared: DynamicLibrary, library: &str) -> Result<Driver, Reason> {
    let functions = Functions::find(shared, library)?;
    // SAFETY: the flags must be 0, and are.
    let initialised = unsafe { (functions.init)(0) };
    if initialised == STUB {
        return Err(Reason::StubDriver { library: library.to_owned() });
    }
    let version = functions.version()?;
    if version < MIN_DRIVER {
        return Err(Reason::DriverTooOld { has: version, needs: MIN_DRIVER });
    }
    let initialised = answer("cuInit", initialised);
    let none = || Reason::NoDevice { ordinal: 0, count: 0, visible: visible() };
    initialised
        .map_err(|reason| if matches!(reason, Reason::DriverCall { code: 100, .. }) { none() } else { reason })?;
    let gpus = (0..functions.count()?).map(|ordinal| functions.gpu(ordinal)).collect::<Result<Vec<_>, _>>()?;
    if gpus.is_empty() { Err(none()) } else { Ok(Driver { library: library.to_owned(), version, gpus }) }
}
