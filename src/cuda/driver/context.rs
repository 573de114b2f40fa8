//! A device's context: the calls that need one, and what their failures mean.

use super::functions;
use crate::device::found::{Compilers, Gpu};
use crate::error::Reason;
use crate::error::{Error, Result};
use cudarc::driver::sys::{CUcontext, CUdevice_attribute};
use cudarc::driver::{DriverError, result};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The primary context of one device, shared by all loops on it, and kept as long as the process lives.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) gpu: Gpu,
    /// CUDA version of the driver.
    pub(crate) driver: (u32, u32),
    /// What compiles kernels; without one, there are those that were compiled ahead of time.
    pub(crate) compiler: std::result::Result<Compilers, Reason>,
    /// The SMs, streaming SMs.
    pub(crate) sms: u32,
    /// Whether all blocks of a launch can be on the device at once, and wait for each other.
    pub(crate) cooperative: bool,
    /// Most bytes of shared memory of a block.
    pub(crate) shared: usize,
    /// Whether the device ends a launch that takes long, as one that draws a screen does.
    pub(crate) watched: bool,
    context: CUcontext,
    /// What made the context unusable, once something has.
    poison: OnceLock<String>,
}

// SAFETY: a CUcontext is a handle to an object of the driver, whose functions may be called from any thread.
unsafe impl Send for Context {}
// SAFETY: as above; what this struct itself changes is behind a OnceLock.
unsafe impl Sync for Context {}

/// The contexts, by ordinal: all loops of a device share one, and know when it is lost. One that the last loop gave back would have to be
/// made anew for the next, which takes the driver a fifth of a second, so that none is given back before the process ends.
static CONTEXTS: Mutex<Vec<(usize, Arc<Context>)>> = Mutex::new(Vec::new());

/// The driver's result codes after which no call in the context succeeds any more, as `cuda.h` has them. It says so of all but three: 46
/// (a device that is unavailable), 214 and 999 (an uncorrectable error of memory, an unknown one) do not say that they pass.
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

/// A device, the CUDA version of its driver, and the compilers for it.
pub(crate) type Usable = (Gpu, (u32, u32), std::result::Result<Compilers, Reason>);

impl Context {
    /// The context of this device. The first use of the device in this process asks `look` for it.
    ///
    /// # Errors
    /// The reason that `look` gives, or a failed call of the driver. A device that was lost stays lost until the process ends: `bind` says so.
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
        let device = result::device::get(i32::try_from(ordinal).unwrap_or(i32::MAX)).map_err(|e| said("cuDeviceGet", &e))?;
        let attribute = |which| {
            // SAFETY: `device` is one that the driver has just given.
            let answer = unsafe { result::device::get_attribute(device, which) };
            answer.map(|n| u32::try_from(n).unwrap_or(0)).map_err(|e| said("cuDeviceGetAttribute", &e))
        };
        let sms = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?.max(1);
        let cooperative = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH)? != 0;
        let shared = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)? as usize;
        let watched = attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT)? != 0;
        // SAFETY: `device` is the driver's. The reference that this takes is the process's, and goes with it.
        let context = unsafe { result::primary_ctx::retain(device) }.map_err(|e| said("cuDevicePrimaryCtxRetain", &e))?;
        Ok(Self { gpu, driver, compiler, sms, cooperative, shared, watched, context, poison: OnceLock::new() })
    }

    /// Makes the context the calling thread's own, as every call that follows needs.
    ///
    /// # Errors
    /// If the context is lost.
    pub(crate) fn bind(&self) -> Result<()> {
        if let Some(reason) = self.poison.get() {
            return Err(Error::DeviceLost { device: self.name(), reason: reason.clone() });
        }
        // SAFETY: the context was retained, and is never given back.
        self.check("cuCtxSetCurrent", unsafe { result::ctx::set_current(self.context) })
    }

    /// What a call answered. A failure that no later call would survive is kept, and all later calls are refused.
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

    /// Bytes of the device's memory that can still be taken. The context must be bound.
    pub(crate) fn free(&self) -> Result<u64> {
        Ok(self.check("cuMemGetInfo", result::mem_get_info())?.0 as u64)
    }

    /// As users name it.
    pub(crate) fn name(&self) -> String {
        format!("cuda:{}", self.gpu.ordinal)
    }

    /// From now on, refuses every call.
    pub(crate) fn lose(&self, reason: String) {
        let _ = self.poison.set(reason);
    }
}

/// A failed call as an error, in the driver's own words.
fn said(call: &'static str, error: &DriverError) -> Error {
    let text = |words: std::result::Result<&std::ffi::CStr, DriverError>| words.map(|w| w.to_string_lossy().into_owned()).ok();
    let name = text(error.error_name()).unwrap_or_else(|| "unknown".into());
    let words = text(error.error_string()).unwrap_or_default();
    Error::Cuda { call, code: error.0 as i32, reason: format!("{name}: {words}"), steps: None }
}
