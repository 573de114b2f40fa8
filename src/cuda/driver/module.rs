//! Loaded modules and their kernels.

use super::context::Context;
use super::signature::Signature;
use crate::error::{Error, Result};
use cudarc::driver::result;
use cudarc::driver::sys::{CUfunction, CUfunction_attribute, CUmodule};
use std::ffi::CString;
use std::marker::PhantomData;
use std::sync::Arc;

/// A module that the driver has loaded.
#[derive(Debug)]
pub(crate) struct Module {
    context: Arc<Context>,
    module: CUmodule,
}

// SAFETY: a CUmodule is a handle that the driver accepts from any thread.
unsafe impl Send for Module {}
// SAFETY: as above; a module does not change after it is loaded.
unsafe impl Sync for Module {}

impl Module {
    /// Loads a CUBIN, or PTX that ends in NUL. The context must be bound.
    pub(crate) fn load(context: &Arc<Context>, image: &[u8]) -> Result<Arc<Self>> {
        let is_cubin = image.starts_with(b"\x7fELF");
        if !is_cubin && image.last() != Some(&0) {
            return Err(Error::Internal("the image is neither a CUBIN nor PTX that ends in NUL".into()));
        }
        // SAFETY: the context is bound. The driver reads an ELF file by the sizes in it, or text up
        // to its NUL; both lie within `image`, which came from the compiler, from the crate itself,
        // or from a cache that verified it.
        let module = context.check("cuModuleLoadData", unsafe { result::module::load_data(image.as_ptr().cast()) })?;
        Ok(Arc::new(Self { context: context.clone(), module }))
    }

    /// Returns the kernel with this name. A launch may use `shared` bytes of dynamic shared memory.
    pub(crate) fn kernel<S: Signature>(self: &Arc<Self>, name: &str, shared: usize) -> Result<Kernel<S>> {
        if !S::KERNELS.contains(&name) {
            return Err(Error::Internal(format!(
                "the kernel {name} does not have the parameters of {}",
                S::KERNELS.join(", ")
            )));
        }
        let text =
            CString::new(name).map_err(|_| Error::Internal(format!("the kernel's name {name:?} contains a NUL")))?;
        // SAFETY: the module is loaded.
        let function =
            self.context.check("cuModuleGetFunction", unsafe { result::module::get_function(self.module, text) })?;
        let kernel = Kernel { module: self.clone(), function, signature: PhantomData };
        if shared > STATIC_LIMIT {
            let bytes = i32::try_from(shared).unwrap_or(i32::MAX);
            let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function belongs to a loaded module.
            let answer = unsafe { result::function::set_function_attribute(function, attribute, bytes) };
            self.context.check("cuFuncSetAttribute", answer)?;
        }
        Ok(kernel)
    }
}

/// Shared memory of a thread block, in bytes, up to which a kernel needs no opt-in.
pub(crate) const STATIC_LIMIT: usize = 48 << 10;

impl Drop for Module {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: `load` loaded the module, and it is unloaded once, when no kernel refers to
            // it any more.
            let _ = unsafe { result::module::unload(self.module) };
        }
    }
}

/// A kernel of a loaded module. The type `S` is its list of parameters.
#[derive(Debug)]
pub(crate) struct Kernel<S> {
    pub(crate) module: Arc<Module>,
    pub(crate) function: CUfunction,
    signature: PhantomData<fn(S)>,
}

impl<S> Clone for Kernel<S> {
    fn clone(&self) -> Self {
        Self { module: self.module.clone(), ..*self }
    }
}

// SAFETY: a CUfunction is a handle that the driver accepts from any thread. It is valid as long as
// its module, which this value keeps alive.
unsafe impl<S> Send for Kernel<S> {}

impl<S> Kernel<S> {
    pub(crate) fn context(&self) -> &Context {
        &self.module.context
    }
}
