//! Launches: limits, and what the host gives as arguments.

use std::ffi::c_void;
use std::sync::Arc;

use super::code::Code;
use super::queue::Op;
use super::state::{Function, Outcome, State};
use crate::exec::{Kernel, Launch};

/// The figures of a launch.
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
    /// `args` has a pointer for each parameter of the kernel, or `extra` is a list as CUDA has it.
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
        // SAFETY: the caller's word.
        let params = unsafe { if extra.is_null() { gather(&kernel, args) } else { packed(&kernel, extra) } }?;
        self.count_launch(&kernel.name)?;
        self.kernels.entry(kernel.name.clone()).or_default().0 += 1;
        let Shape { grid, block, dynamic, cooperative, cluster } = shape;
        let launch = Arc::new(Launch { grid, block, dynamic_shared: dynamic as usize, cooperative, cluster, params });
        self.queue(stream, Op::Launch { kernel, launch })
    }

    /// Counts a launch, of a kernel or of a graph, which fails where that was asked for.
    pub(crate) fn count_launch(&mut self, name: &str) -> Outcome {
        self.launches += 1;
        let n = self.launches;
        if n == self.config.fail_launch {
            return Err(Code::ERROR_LAUNCH_OUT_OF_RESOURCES.why(format!("launch {n} of {name} fails as asked for")));
        }
        if n == self.config.lose_device {
            self.lost = Some(Code::ERROR_DEVICE_UNAVAILABLE);
            return Err(Code::ERROR_DEVICE_UNAVAILABLE.why(format!("the device is lost at launch {n}, as asked for")));
        }
        Ok(())
    }

    /// The blocks of a cluster, which must be possible.
    pub(crate) fn cluster(&self, kernel: &Kernel, s: &Shape, large: bool) -> Result<u32, super::Failure> {
        let name = &kernel.name;
        let bad = |what: String| Err(Code::ERROR_INVALID_CLUSTER_SIZE.why(format!("{name}: {what}")));
        let size = match (kernel.cluster, s.cluster) {
            (Some(k), Some(l)) if k != l => return bad(format!("a launch in clusters of {l:?}, where {k:?} are required")),
            (k, l) => k.or(l),
        };
        let Some(size) = size else { return Ok(1) };
        if self.config.arch.as_ref().is_none_or(|a| a.major < 9) {
            return bad("clusters, which this architecture does not have".into());
        }
        let blocks = size.iter().map(|&n| n as u64).product::<u64>();
        if blocks > 8 && !large && blocks <= 16 {
            return bad(format!("clusters of {blocks} blocks, which is not portable and must be asked for by the function's attribute"));
        }
        if blocks == 0 || blocks > 16 || kernel.max_cluster.is_some_and(|m| blocks > m as u64) {
            return bad(format!("clusters of {size:?} blocks"));
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
            return bad(format!("a block of {:?} threads, where {most} are allowed", s.block));
        }
        if kernel.required.is_some_and(|r| r != s.block) {
            return bad(format!("a block of {:?} threads, where {:?} are required", s.block, kernel.required));
        }
        if blocks == 0 || s.grid[0] > i32::MAX as u32 || s.grid[1] > 65535 || s.grid[2] > 65535 {
            return bad(format!("a grid of {:?} blocks is outside of the limits", s.grid));
        }
        if blocks > u32::MAX as u64 {
            return bad(format!("a grid of {blocks} blocks is more than this driver counts"));
        }
        let shared = kernel.shared_bytes() + s.dynamic as usize;
        if s.dynamic as i64 > limit as i64 || shared > (48 << 10) && limit <= 48 << 10 {
            return bad(format!(
                "{shared} bytes of shared memory: more than 48 KiB must be asked for by the function's attribute (now {limit})"
            ));
        }
        let each = arch.occupancy(kernel.registers() as i32, threads as i32, shared);
        if each == 0 {
            return Err(Code::ERROR_LAUNCH_OUT_OF_RESOURCES.why(format!("{name}: a block of {threads} threads fits no multiprocessor")));
        }
        let fit = arch.clusters(each, cluster as i32) as u64 * cluster as u64;
        if fit == 0 {
            return Err(Code::ERROR_INVALID_CLUSTER_SIZE.why(format!("{name}: a cluster of {cluster} blocks fits nowhere")));
        }
        if s.cooperative {
            if !arch.cooperative {
                return Err(Code::ERROR_NOT_SUPPORTED.why(format!("{name}: a cooperative launch, which this device does not have")));
            }
            if blocks > fit {
                return Err(Code::ERROR_COOPERATIVE_LAUNCH_TOO_LARGE.why(format!("{name}: {blocks} blocks, of which {fit} fit at once")));
            }
        }
        Ok(())
    }
}

/// Copies the arguments, each of the size the kernel declares. What cannot be right is refused: a pointer that is not
/// aligned as the parameter's type, or a parameter that reaches into another argument's place.
unsafe fn gather(kernel: &Kernel, args: *mut *mut c_void) -> Result<Vec<u8>, super::Failure> {
    let name = &kernel.name;
    let mut params = vec![0; kernel.param_bytes];
    if kernel.params.is_empty() {
        return Ok(params);
    }
    if args.is_null() {
        return Err(Code::ERROR_INVALID_VALUE.why(format!("{name}: no arguments, where {} are wanted", kernel.params.len())));
    }
    // SAFETY: a pointer for each parameter, by the caller's word.
    let list: Vec<usize> = (0..kernel.params.len()).map(|n| unsafe { *args.add(n) } as usize).collect();
    for (n, (&(offset, size), &at)) in kernel.params.iter().zip(&list).enumerate() {
        let align = if size.is_power_of_two() && size <= 8 { size } else { 1 };
        if at == 0 || at % align != 0 {
            return Err(Code::ERROR_INVALID_VALUE.why(format!("{name}: argument {n} at {at:#x} is no {size} bytes of a parameter")));
        }
        if let Some(other) = list.iter().position(|&o| at < o && o < at + size) {
            return Err(Code::ERROR_INVALID_VALUE
                .why(format!("{name}: argument {n} has {size} bytes in the kernel, but argument {other} lies within them: a wrong size")));
        }
        // SAFETY: the argument has the parameter's size, by the caller's word.
        unsafe { std::ptr::copy_nonoverlapping(at as *const u8, params[offset..].as_mut_ptr(), size) };
    }
    Ok(params)
}

/// `CU_LAUNCH_PARAM_BUFFER_POINTER`, `…_SIZE`, `…_END`: here the size can be compared.
unsafe fn packed(kernel: &Kernel, extra: *mut *mut c_void) -> Result<Vec<u8>, super::Failure> {
    let (mut at, mut size, mut n) = (0usize, 0usize, 0);
    loop {
        // SAFETY: the list ends with 0.
        let (key, value) = unsafe { (*extra.add(n) as usize, if *extra.add(n) as usize == 0 { 0 } else { *extra.add(n + 1) as usize }) };
        match key {
            0 => break,
            1 => at = value,
            // SAFETY: a pointer to the size.
            2 => size = unsafe { *(value as *const usize) },
            _ => return Err(Code::ERROR_INVALID_VALUE.into()),
        }
        n += 2;
    }
    if size != kernel.param_bytes || at == 0 && size > 0 {
        return Err(
            Code::ERROR_INVALID_VALUE.why(format!("{}: {size} bytes of arguments, where {} are wanted", kernel.name, kernel.param_bytes))
        );
    }
    // SAFETY: the caller's word.
    Ok(if size == 0 { Vec::new() } else { unsafe { std::slice::from_raw_parts(at as *const u8, size) }.to_vec() })
}
