//! Launches: their limits, and their arguments.

use std::ffi::c_void;
use std::sync::Arc;

use super::code::Code;
use super::queue::Op;
use super::state::{Function, Outcome, State};
use crate::exec::{Kernel, Launch};

/// The configuration of a launch.
pub(crate) struct Shape {
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    pub(crate) dynamic: u32,
    pub(crate) cooperative: bool,
    pub(crate) cluster: Option<[u32; 3]>,
}

impl State {
    pub(crate) fn function(&mut self, f: usize) -> Result<&mut Function, super::Failure> {
        self.functions.get_mut(&f).ok_or_else(|| Code::ERROR_INVALID_HANDLE.why(format!("no function {f:#x}")))
    }

    /// # Safety
    /// `args` has a pointer for each parameter of the kernel, or `extra` is a list in CUDA's
    /// format.
    pub(crate) unsafe fn launch(
        &mut self,
        f: usize,
        shape: Shape,
        stream: usize,
        args: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> Outcome {
        let (kernel, limit, large) = {
            let f = self.function(f)?;
            (f.kernel.clone(), f.dynamic_limit, f.large_clusters)
        };
        let size = self.cluster(&kernel, &shape, large)?;
        self.check(&kernel, &shape, limit, size)?;
        // SAFETY: the arguments are valid, as the caller guarantees.
        let params = unsafe { if extra.is_null() { gather(&kernel, args) } else { packed(&kernel, extra) } }?;
        self.count_launch(&kernel.name)?;
        self.kernels.entry(kernel.name.clone()).or_default().0 += 1;
        let Shape { grid, block, dynamic, cooperative, cluster } = shape;
        let launch = Arc::new(Launch { grid, block, dynamic_shared: dynamic as usize, cooperative, cluster, params });
        self.queue(stream, Op::Launch { kernel, launch })
    }

    /// Counts a launch of a kernel or a graph, and fails if this one is chosen to fail.
    pub(crate) fn count_launch(&mut self, name: &str) -> Outcome {
        self.launches += 1;
        let n = self.launches;
        if n == self.config.fail_launch {
            return Err(Code::ERROR_LAUNCH_OUT_OF_RESOURCES.why(format!("launch {n} of {name} fails, as injected")));
        }
        if n == self.config.lose_device {
            self.lost = Some(Code::ERROR_DEVICE_UNAVAILABLE);
            return Err(Code::ERROR_DEVICE_UNAVAILABLE.why(format!("the device is lost at launch {n}, as injected")));
        }
        Ok(())
    }

    /// The number of blocks of a cluster, or an error if the cluster's size is not possible.
    pub(crate) fn cluster(&self, kernel: &Kernel, s: &Shape, large: bool) -> Result<u32, super::Failure> {
        let name = &kernel.name;
        let bad = |what: String| Err(Code::ERROR_INVALID_CLUSTER_SIZE.why(format!("{name}: {what}")));
        let size = match (kernel.cluster, s.cluster) {
            (Some(k), Some(l)) if k != l => {
                return bad(format!("a launch with clusters of {l:?} blocks, but the kernel requires {k:?}"));
            }
            (k, l) => k.or(l),
        };
        let Some(size) = size else { return Ok(1) };
        if self.config.arch.as_ref().is_none_or(|a| a.major < 9) {
            return bad("a launch with clusters, which this architecture does not have".into());
        }
        let blocks = size.iter().map(|&n| n as u64).product::<u64>();
        if blocks > 8 && !large && blocks <= 16 {
            return bad(format!(
                "clusters of {blocks} blocks, a non-portable size that the function's attribute must allow"
            ));
        }
        if blocks == 0 || blocks > 16 || kernel.max_cluster.is_some_and(|m| blocks > m as u64) {
            return bad(format!("clusters of {size:?} blocks are not possible"));
        }
        if (0..3).any(|a| !s.grid[a].is_multiple_of(size[a])) {
            return bad(format!("a grid of {:?} blocks does not consist of clusters of {size:?}", s.grid));
        }
        Ok(blocks as u32)
    }

    fn check(&self, kernel: &Kernel, s: &Shape, limit: i32, cluster: u32) -> Outcome {
        let name = &kernel.name;
        let Some(arch) = &self.config.arch else { return Err(Code::ERROR_NOT_INITIALIZED.into()) };
        let bad = |what: String| Err(Code::ERROR_INVALID_VALUE.why(format!("{name}: {what}")));
        let threads: u64 = s.block.iter().map(|&n| n as u64).product();
        let blocks: u64 = s.grid.iter().map(|&n| n as u64).product();
        let most = kernel.max_threads.unwrap_or(1024).min(1024) as u64;
        if threads == 0 || threads > most || s.block[2] > 64 {
            return bad(format!("a block of {:?} threads, but at most {most} are allowed", s.block));
        }
        if kernel.required.is_some_and(|r| r != s.block) {
            return bad(format!("a block of {:?} threads, but {:?} are required", s.block, kernel.required));
        }
        if blocks == 0 || s.grid[0] > i32::MAX as u32 || s.grid[1] > 65535 || s.grid[2] > 65535 {
            return bad(format!("a grid of {:?} blocks exceeds the limits", s.grid));
        }
        if blocks > u32::MAX as u64 {
            return bad(format!("a grid of {blocks} blocks, which is more than this driver can count"));
        }
        let shared = kernel.shared_bytes() + s.dynamic as usize;
        if s.dynamic as i64 > limit as i64 || shared > (48 << 10) && limit <= 48 << 10 {
            return bad(format!(
                "{shared} bytes of shared memory: the function's attribute must allow more than 48 KiB (it allows {limit})"
            ));
        }
        let each = arch.occupancy(kernel.registers() as i32, threads as i32, shared);
        if each == 0 {
            return Err(Code::ERROR_LAUNCH_OUT_OF_RESOURCES
                .why(format!("{name}: a block of {threads} threads does not fit on an SM")));
        }
        let fit = arch.clusters(each, cluster as i32) as u64 * cluster as u64;
        if fit == 0 {
            return Err(Code::ERROR_INVALID_CLUSTER_SIZE
                .why(format!("{name}: a cluster of {cluster} blocks does not fit on the device")));
        }
        if s.cooperative {
            if !arch.cooperative {
                return Err(Code::ERROR_NOT_SUPPORTED
                    .why(format!("{name}: a cooperative launch, which this device does not support")));
            }
            if blocks > fit {
                return Err(Code::ERROR_COOPERATIVE_LAUNCH_TOO_LARGE
                    .why(format!("{name}: {blocks} blocks, but only {fit} fit at once")));
            }
        }
        Ok(())
    }
}

/// Copies the arguments, each with the size that the kernel declares. It refuses arguments that
/// cannot be right: a pointer that is not aligned to the parameter's type, or an argument that
/// overlaps another argument.
unsafe fn gather(kernel: &Kernel, args: *mut *mut c_void) -> Result<Vec<u8>, super::Failure> {
    let name = &kernel.name;
    let mut params = vec![0; kernel.param_bytes];
    if kernel.params.is_empty() {
        return Ok(params);
    }
    if args.is_null() {
        return Err(
            Code::ERROR_INVALID_VALUE.why(format!("{name}: no arguments, but the kernel has {}", kernel.params.len()))
        );
    }
    // SAFETY: there is a pointer for each parameter, as the caller guarantees.
    let list: Vec<usize> = (0..kernel.params.len()).map(|n| unsafe { *args.add(n) } as usize).collect();
    for (n, (&(offset, size), &at)) in kernel.params.iter().zip(&list).enumerate() {
        let align = if size.is_power_of_two() && size <= 8 { size } else { 1 };
        if at == 0 || at % align != 0 {
            return Err(Code::ERROR_INVALID_VALUE
                .why(format!("{name}: argument {n} at {at:#x} cannot be a parameter of {size} bytes")));
        }
        if let Some(other) = list.iter().position(|&o| at < o && o < at + size) {
            return Err(Code::ERROR_INVALID_VALUE
                .why(format!("{name}: argument {n} has {size} bytes in the kernel, but argument {other} lies within them: a wrong size")));
        }
        // SAFETY: the argument has the parameter's size, as the caller guarantees.
        unsafe { std::ptr::copy_nonoverlapping(at as *const u8, params[offset..].as_mut_ptr(), size) };
    }
    Ok(params)
}

/// `CU_LAUNCH_PARAM_BUFFER_POINTER`, `…_SIZE`, `…_END`. In this form, the size can be compared with
/// the kernel's.
unsafe fn packed(kernel: &Kernel, extra: *mut *mut c_void) -> Result<Vec<u8>, super::Failure> {
    let (mut at, mut size, mut n) = (0usize, 0usize, 0);
    loop {
        // SAFETY: the list ends with 0.
        let (key, value) = unsafe {
            (*extra.add(n) as usize, if *extra.add(n) as usize == 0 { 0 } else { *extra.add(n + 1) as usize })
        };
        match key {
            0 => break,
            1 => at = value,
            // SAFETY: `value` points to the size.
            2 => size = unsafe { *(value as *const usize) },
            _ => return Err(Code::ERROR_INVALID_VALUE.into()),
        }
        n += 2;
    }
    if size != kernel.param_bytes || at == 0 && size > 0 {
        return Err(Code::ERROR_INVALID_VALUE
            .why(format!("{}: {size} bytes of arguments, but the kernel has {}", kernel.name, kernel.param_bytes)));
    }
    // SAFETY: `at` points to `size` bytes, as the caller guarantees.
    Ok(if size == 0 { Vec::new() } else { unsafe { std::slice::from_raw_parts(at as *const u8, size) }.to_vec() })
}
