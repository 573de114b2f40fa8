//! The context of a device, the calls that need one, and the meaning of their failures.

use super::functions;
use crate::device::found::{Compilers, Gpu};
use crate::error::Reason;
use crate::error::{Error, Result};
use cudarc::driver::sys::{CUcontext, CUdevice_attribute};
use cudarc::driver::{DriverError, result};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The primary context of one device. All loops on the device share it, and it lives as long as the
/// process.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) gpu: Gpu,
    /// The CUDA version that the driver supports.
    pub(crate) driver: (u32, u32),
    /// The compilers for kernels, or why there is none. Without a compiler only embedded kernels
    /// are available.
    pub(crate) compiler: std::result::Result<Compilers, Reason>,
    /// The number of SMs.
    pub(crate) sms: u32,
    /// Whether the device supports cooperative launches, in which all thread blocks run at once and
    /// can wait for each other.
    pub(crate) cooperative: bool,
    /// The maximum shared memory of a thread block, in bytes.
    pub(crate) shared: usize,
    /// The size of L2, in bytes.
    pub(crate) l2: u32,
    /// Whether a watchdog ends long-running kernels, as on a GPU that drives a display.
    pub(crate) watched: bool,
    context: CUcontext,
    /// The error that made the context unusable, if there was one.
    poison: OnceLock<String>,
}

// SAFETY: a CUcontext is a handle to an object of the driver, whose functions may be called from
// any thread.
unsafe impl Send for Context {}
// SAFETY: as above; the only field of this struct that changes is a OnceLock.
unsafe impl Sync for Context {}

/// The contexts, by ordinal. All loops of a device share one, and learn from it when the device is
/// lost. No context is released before the process ends, because creating it again for the next
/// loop takes the driver a fifth of a second.
static CONTEXTS: Mutex<Vec<(usize, Arc<Context>)>> = Mutex::new(Vec::new());

/// The driver's error codes after which no further call in the context succeeds. `cuda.h` says so
/// for all of them except three: for 46 (device unavailable), 214 (uncorrectable ECC error) and 999
/// (unknown error) it does not say that the context can be used again.
const FATAL: &[i32] = &[
    4,   // DEINITIALIZED
    46,  // DEVICE_UNAVAILABLE
    214, // ECC_UNCORRECTABLE
    220, // NVLINK_UNCORRECTABLE
    226, // CONTAINED
    700, // ILLEGAL_ADDRESS
    702, // LAUNCH_TIMEOUT
    709, // CONTEXT_IS_DESTROYED
    710, // ASSERT
    714, // HARDWARE_STACK_ERROR
    715, // ILLEGAL_INSTRUCTION
    716, // MISALIGNED_ADDRESS
    717, // INVALID_ADDRESS_SPACE
    718, // INVALID_PC
    719, // LAUNCH_FAILED
    721, // TENSOR_MEMORY_LEAK
    810, // MPS_CLIENT_TERMINATED
    911, // EXTERNAL_DEVICE
    999, // UNKNOWN
];

/// A device, the CUDA version of its driver, and the compilers for it or why there is none.
pub(crate) type Usable = (Gpu, (u32, u32), std::result::Result<Compilers, Reason>);

impl Context {
    /// Returns the context of a device. The first use of the device in this process calls `look` to
    /// find it.
    ///
    /// # Errors
    /// The reason that `look` returns, or a failed driver call. A device that was lost remains lost
    /// until the process ends, and `bind` returns the error.
    pub(crate) fn of(ordinal: usize, look: impl FnOnce() -> std::result::Result<Usable, Reason>) -> Result<Arc<Self>> {
        let mut contexts = CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, context)) = contexts.iter().find(|(n, _)| *n == ordinal) {
            return Ok(context.clone());
        }
        let context = Arc::new(Self::retain(ordinal, look)?);
        contexts.push((ordinal, context.clone()));
        Ok(context)
    }

    fn retain(ordinal: usize, look: impl FnOnce() -> std::result::Result<Usable, Reason>) -> Result<Self> {
        let unavailable = |reason| Error::DeviceUnavailable { device: format!("cuda:{ordinal}"), reason };
        let (gpu, driver, compiler) = look().map_err(unavailable)?;
        functions::complete().map_err(unavailable)?;
        let of = |call, answer: std::result::Result<_, DriverError>| answer.map_err(|e| said(call, &e));
        of("cuInit", result::init())?;
        let device =
            result::device::get(i32::try_from(ordinal).unwrap_or(i32::MAX)).map_err(|e| said("cuDeviceGet", &e))?;
        let attribute = |which| {
            // SAFETY: `device` is a handle that the driver has just returned.
            let answer = unsafe { result::device::get_attribute(device, which) };
            answer.map(|n| u32::try_from(n).unwrap_or(0)).map_err(|e| said("cuDeviceGetAttribute", &e))
        };
        let sms = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?.max(1);
        let cooperative = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH)? != 0;
        let shared = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)? as usize;
        let l2 = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)?;
        let watched = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT)? != 0;
        // SAFETY: `device` is a handle of the driver. The reference that this call takes belongs to
        // the process and is released when it ends.
        let context =
            unsafe { result::primary_ctx::retain(device) }.map_err(|e| said("cuDevicePrimaryCtxRetain", &e))?;
        Ok(Self { gpu, driver, compiler, sms, cooperative, shared, l2, watched, context, poison: OnceLock::new() })
    }

    /// Makes this context current on the calling thread, which every following call needs.
    ///
    /// # Errors
    /// If the context is lost.
    pub(crate) fn bind(&self) -> Result<()> {
        if let Some(reason) = self.poison.get() {
            return Err(Error::DeviceLost { device: self.name(), reason: reason.clone() });
        }
        // SAFETY: the context was retained and is never released.
        self.check("cuCtxSetCurrent", unsafe { result::ctx::set_current(self.context) })
    }

    /// Converts the result of a driver call. If no later call could succeed after this error, it is
    /// stored, and all later calls are refused.
    pub(crate) fn check<V>(&self, call: &'static str, answer: std::result::Result<V, DriverError>) -> Result<V> {
        answer.map_err(|e| {
            let code = e.0 as i32;
            let error = said(call, &e);
            if FATAL.contains(&code) {
                let _ = self.poison.set(error.to_string());
            }
            error
        })
    }

    /// Returns the free memory of the device, in bytes. The context must be bound.
    pub(crate) fn free(&self) -> Result<u64> {
        Ok(self.check("cuMemGetInfo", result::mem_get_info())?.0 as u64)
    }

    /// The name by which users select the device, such as `cuda:0`.
    pub(crate) fn name(&self) -> String {
        format!("cuda:{}", self.gpu.ordinal)
    }

    /// Marks the context as lost: every later `bind` fails with this reason.
    pub(crate) fn lose(&self, reason: String) {
        let _ = self.poison.set(reason);
    }
}

/// Converts a failed call to an error with the driver's name and text for it.
fn said(call: &'static str, error: &DriverError) -> Error {
    let text =
        |words: std::result::Result<&std::ffi::CStr, DriverError>| words.map(|w| w.to_string_lossy().into_owned()).ok();
    let name = text(error.error_name()).unwrap_or_else(|| "unknown".into());
    let words = text(error.error_string()).unwrap_or_default();
    Error::Cuda { call, code: error.0 as i32, reason: format!("{name}: {words}"), steps: None }
}
