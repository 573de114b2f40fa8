//! Compiles a request and loads the image into the driver: which compiler, which form (machine code
//! or PTX), and what to try next if the driver refuses an image.

use super::compile;
use super::compile::{Image, Request};
use super::embedded;
use crate::cuda::driver::context::Context;
use crate::cuda::driver::module::Module;
use crate::device::found::{Compiler, Compilers};
use crate::error::Reason;
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The driver's error codes for an image that is meant for a newer driver or another device:
/// `INVALID_IMAGE`, `NO_BINARY_FOR_GPU`, `UNSUPPORTED_PTX_VERSION`.
const NOT_FOR_IT: [i32; 3] = [200, 209, 222];

impl Module {
    /// Compiles for the context's device and loads the image. The order of attempts: machine code
    /// from the compiler that suits the driver best, machine code from the other compilers, then
    /// PTX. Also returns warnings about failures that did not prevent loading. The context must be
    /// bound.
    ///
    /// # Errors
    /// If the text does not compile; if the driver refuses every image (the error lists all
    /// attempts); if there is no compiler and no embedded image.
    pub(crate) fn make(context: &Arc<Context>, request: &Request) -> Result<(Arc<Self>, Vec<String>)> {
        let (capability, driver) = (context.gpu.capability, context.driver);
        match &context.compiler {
            Ok(compilers) => {
                let make = |compiler: &Compiler, ptx| compile::compile(compiler, request, capability, driver, ptx);
                first_that_loads(compilers, wants_ptx()?, make, |image| Self::load(context, image))
                    .map_err(|error| of_driver(error, driver))
            }
            Err(reason) => match embedded::find(request, capability)? {
                Some(image) => {
                    let said = |error| of_driver(tried(error, "machine code embedded at build time"), driver);
                    Ok((Self::load(context, image).map_err(said)?, Vec::new()))
                }
                None => Err(compile::unavailable(reason.clone())),
            },
        }
    }
}

/// Whether `OVERTIME_IMAGE` requests PTX even if machine code can be compiled, for drivers that
/// read only PTX.
fn wants_ptx() -> Result<bool> {
    match std::env::var_os("OVERTIME_IMAGE") {
        None => Ok(false),
        Some(image) if image == "ptx" => Ok(true),
        Some(image) if image == "cubin" || image.is_empty() => Ok(false),
        Some(image) => Err(Error::value("OVERTIME_IMAGE", image.to_string_lossy(), "is neither ptx nor cubin")),
    }
}

/// Tries machine code from each compiler in order, then PTX from each, and returns the first that
/// loads. A combination that the driver has refused once is not tried again.
fn first_that_loads<V>(
    compilers: &Compilers,
    ptx_alone: bool,
    make: impl Fn(&Compiler, bool) -> Result<Image>,
    load: impl Fn(&[u8]) -> Result<V>,
) -> Result<(V, Vec<String>)> {
    let forms: &[bool] = if ptx_alone { &[true] } else { &[false, true] };
    let ways: Vec<_> =
        forms.iter().flat_map(|ptx| compilers.all().iter().map(move |compiler| (compiler, *ptx))).collect();
    let skipped = compilers.refused.load(Ordering::Relaxed).min(ways.len() - 1);
    let mut failures: Vec<(String, Error)> = Vec::new();
    for (n, (compiler, ptx)) in ways.into_iter().enumerate().skip(skipped) {
        let form = if ptx { "PTX" } else { "machine code" };
        let (major, minor) = compiler.version;
        let way = format!("{form} of NVRTC {major}.{minor} ({})", compiler.library);
        let error = match make(compiler, ptx) {
            Ok(Image { bytes, mut warnings }) => match load(&bytes) {
                Ok(loaded) => {
                    if failures.iter().any(|(_, error)| is_refusal(error)) {
                        compilers.refused.fetch_max(n, Ordering::Relaxed);
                        warnings.push(format!(
                            "kernels are {way}, because the driver refused other images: {}",
                            list(&failures)
                        ));
                    }
                    return Ok((loaded, warnings));
                }
                Err(error) if is_refusal(&error) => error,
                Err(error) => return Err(tried(error, &way)),
            },
            // This compiler makes nothing for the device, or cannot be opened: try the next one.
            // Any other error is the text's.
            Err(error @ Error::DeviceUnavailable { .. }) => error,
            Err(error) => return Err(error),
        };
        failures.push((way, error));
    }
    Err(all_failed(compilers, failures))
}

fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Cuda { call: "cuModuleLoadData", code, .. } if NOT_FOR_IT.contains(code))
}

/// Lists each attempt with its error.
fn list(failures: &[(String, Error)]) -> String {
    let said = |error: &Error| match error {
        Error::Cuda { reason, .. } => reason.clone(),
        Error::DeviceUnavailable { reason, .. } => reason.to_string(),
        other => other.to_string(),
    };
    failures.iter().map(|(way, error)| format!("{way}: {}", said(error))).collect::<Vec<_>>().join("; ")
}

/// Builds the final error, which lists all attempts. It is the driver's refusal if there was one,
/// otherwise the reason why no compiler made an image.
fn all_failed(compilers: &Compilers, mut failures: Vec<(String, Error)>) -> Error {
    let all = list(&failures);
    if let Some(Error::Cuda { call, code, steps, .. }) =
        failures.iter().map(|(_, error)| error).find(|error| is_refusal(error))
    {
        let advice =
            "install the NVRTC of the driver's version of CUDA (OVERTIME_NVRTC names one), or update the driver";
        let reason = format!("no compiler makes an image that the driver loads. Tried: {all}. To solve this, {advice}");
        return Error::Cuda { call, code: *code, reason, steps: steps.clone() };
    }
    match failures.pop() {
        Some((_, error)) if compilers.all().len() == 1 => error,
        _ => {
            compile::unavailable(Reason::NoKernels(format!("no compiler makes kernels for this device; tried: {all}")))
        }
    }
}

/// Adds to a driver error which image the driver was given.
fn tried(error: Error, what: &str) -> Error {
    match error {
        Error::Cuda { call, code, reason, steps } => {
            Error::Cuda { call, code, reason: format!("{reason}; the image was {what}"), steps }
        }
        other => other,
    }
}

/// Adds the driver's CUDA version to a driver error, since the driver's own text does not contain
/// it.
fn of_driver(error: Error, (major, minor): (u32, u32)) -> Error {
    match error {
        Error::Cuda { call: call @ "cuModuleLoadData", code, reason, steps } => {
            Error::Cuda { call, code, reason: format!("{reason}; the driver is for CUDA {major}.{minor}"), steps }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const OLD: (u32, u32) = (12, 9);
    const NEW: (u32, u32) = (13, 0);

    fn compilers(versions: &[(u32, u32)]) -> Compilers {
        let all = versions
            .iter()
            .map(|version| Compiler { library: format!("nvrtc{}", version.0), version: *version })
            .collect();
        Compilers::new(all, Some(NEW)).unwrap()
    }

    fn refusal(code: i32) -> Error {
        Error::Cuda { call: "cuModuleLoadData", code, reason: format!("code {code}"), steps: None }
    }

    /// An image, and warnings.
    type Loaded = (Vec<u8>, Vec<String>);

    /// Returns what is loaded if the driver refuses the images `refused` with this code, and the
    /// attempts that were made. An image is a pair: compiler version, and whether it is PTX.
    fn loaded(
        compilers: &Compilers,
        ptx_alone: bool,
        refused: &[(u32, bool)],
        code: i32,
    ) -> (Result<Loaded>, Vec<(u32, bool)>) {
        let tried = RefCell::new(Vec::new());
        let make = |compiler: &Compiler, ptx: bool| {
            tried.borrow_mut().push((compiler.version.0, ptx));
            Ok(Image { bytes: vec![compiler.version.0 as u8, u8::from(ptx)], warnings: Vec::new() })
        };
        let load = |image: &[u8]| {
            let way = (u32::from(image[0]), image[1] == 1);
            if refused.contains(&way) { Err(refusal(code)) } else { Ok(image.to_vec()) }
        };
        let found = first_that_loads(compilers, ptx_alone, make, load);
        (found, tried.into_inner())
    }

    #[test]
    fn the_next_compiler_and_then_ptx_is_tried_where_the_driver_refuses() {
        for code in NOT_FOR_IT {
            let both = compilers(&[OLD, NEW]);
            let (found, tried) = loaded(&both, false, &[], code);
            assert_eq!((found.unwrap(), tried), ((vec![13, 0], Vec::new()), vec![(13, false)]));
            let (found, tried) = loaded(&both, false, &[(13, false)], code);
            let (image, warnings) = found.unwrap();
            assert_eq!((image, tried), (vec![12, 0], vec![(13, false), (12, false)]));
            assert!(
                warnings.len() == 1 && warnings[0].contains("NVRTC 12.9 (nvrtc12)") && warnings[0].contains("nvrtc13"),
                "{warnings:?}"
            );
            // From now on the attempts start there, without another warning.
            let (found, tried) = loaded(&both, false, &[(13, false)], code);
            assert_eq!((found.unwrap(), tried), ((vec![12, 0], Vec::new()), vec![(12, false)]));
            let (found, tried) = loaded(&both, false, &[(13, false), (12, false)], code);
            assert_eq!((found.unwrap().0, tried), (vec![13, 1], vec![(12, false), (13, true)]));
            let (found, tried) = loaded(&compilers(&[OLD, NEW]), true, &[(13, true)], code);
            assert_eq!((found.unwrap().0, tried), (vec![12, 1], vec![(13, true), (12, true)]));
        }
    }

    #[test]
    fn the_error_at_the_end_lists_all_that_was_tried() {
        let (found, tried) =
            loaded(&compilers(&[OLD, NEW]), false, &[(13, false), (12, false), (13, true), (12, true)], 209);
        assert_eq!(tried.len(), 4);
        let error = found.unwrap_err();
        let Error::Cuda { code: 209, reason, .. } = of_driver(error, OLD) else { panic!("another error") };
        for part in [
            "machine code of NVRTC 13.0 (nvrtc13): code 209",
            "machine code of NVRTC 12.9 (nvrtc12): code 209",
            "PTX of NVRTC 13.0",
            "PTX of NVRTC 12.9",
            "OVERTIME_NVRTC",
            "the driver is for CUDA 12.9",
        ] {
            assert!(reason.contains(part), "`{part}` is not in: {reason}");
        }
    }

    #[test]
    fn what_is_not_the_images_fault_is_not_tried_again() {
        // Out of memory.
        let (found, tried) = loaded(&compilers(&[OLD, NEW]), false, &[(13, false)], 2);
        assert!(
            matches!(found, Err(Error::Cuda { code: 2, reason, .. }) if reason.contains("machine code of NVRTC 13.0"))
        );
        assert_eq!(tried.len(), 1);
        let wrong = |_: &Compiler, _| Err(Error::Unsupported("the text".into()));
        let found = first_that_loads(&compilers(&[OLD, NEW]), false, wrong, |_| Ok(()));
        assert!(matches!(found, Err(Error::Unsupported(_))));
    }

    #[test]
    fn a_compiler_that_makes_nothing_for_the_device_is_passed_over() {
        let of = |compiler: &Compiler, ptx| {
            let none = compile::unavailable(Reason::CompilerTooNew {
                compiler: compiler.version,
                driver: OLD,
                capability: (9, 0),
            });
            if compiler.version == NEW {
                Err(none)
            } else {
                Ok(Image { bytes: vec![u8::from(ptx)], warnings: Vec::new() })
            }
        };
        let (image, warnings) =
            first_that_loads(&compilers(&[OLD, NEW]), false, of, |image| Ok(image.to_vec())).unwrap();
        assert_eq!((image, warnings), (vec![0], Vec::new()));
        // If it is the only compiler, its own reason is the error.
        let alone = first_that_loads(&compilers(&[NEW]), false, of, |_| Ok(())).unwrap_err();
        assert!(matches!(alone, Error::DeviceUnavailable { reason: Reason::CompilerTooNew { .. }, .. }), "{alone}");
        let none = |_: &Compiler, _| Err(compile::unavailable(Reason::NoKernels("nothing".into())));
        let both = first_that_loads(&compilers(&[OLD, NEW]), false, none, |_| Ok(())).unwrap_err();
        assert!(both.to_string().contains("nvrtc12") && both.to_string().contains("nvrtc13"), "{both}");
    }
}
