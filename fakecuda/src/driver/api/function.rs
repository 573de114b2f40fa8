//! Functions: attributes, occupancy and launches.

use std::ffi::c_void;

use super::put;
use crate::driver::launch::Shape;
use crate::driver::{Code, Failure, State};

fn occupancy(s: &mut State, f: usize, threads: i32, dynamic: usize) -> Result<i32, Failure> {
    let kernel = s.function(f)?.kernel.clone();
    let Some(arch) = &s.config.arch else { return Err(Code::ERROR_NOT_INITIALIZED.into()) };
    Ok(arch.occupancy(kernel.registers() as i32, threads, kernel.shared_bytes() + dynamic))
}

/// `CUlaunchConfig`.
#[repr(C)]
#[allow(missing_docs)]
pub struct Config {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    pub dynamic: u32,
    pub stream: usize,
    pub attributes: *const Attribute,
    pub count: u32,
}

/// `CUlaunchAttribute`.
#[repr(C)]
#[allow(missing_docs)]
pub struct Attribute {
    pub id: i32,
    pub pad: i32,
    pub value: [u64; 8],
}

/// The configuration and the stream of a launch.
unsafe fn shape(config: *const Config) -> Result<(Shape, usize), Failure> {
    // SAFETY: `config` is a configuration with `count` attributes, as the caller guarantees.
    let (c, attributes) = unsafe {
        (
            &*config,
            if (*config).count == 0 {
                &[]
            } else {
                std::slice::from_raw_parts((*config).attributes, (*config).count as usize)
            },
        )
    };
    let (mut cooperative, mut cluster) = (false, None);
    for a in attributes {
        match a.id {
            // These attributes do not change the result: none; access order; order of streams and
            // clusters; overlap with the preceding launch; priority; memory domains.
            0 | 1 | 3 | 5 | 6 | 8..=10 => {}
            2 => cooperative = a.value[0] as u32 != 0,
            4 => cluster = Some([a.value[0] as u32, (a.value[0] >> 32) as u32, a.value[1] as u32]),
            id => return Err(Code::ERROR_NOT_SUPPORTED.why(format!("launch attribute {id} is not supported"))),
        }
    }
    Ok((Shape { grid: c.grid, block: c.block, dynamic: c.dynamic, cooperative, cluster }, c.stream))
}

entries! {
    Context fn cuFuncGetAttribute(s, value: *mut i32, attribute: i32, function: usize) {
        let capability = s.config.arch.as_ref().map_or(0, |a| a.capability());
        let f = s.function(function)?;
        let k = &f.kernel;
        put(value, match attribute {
            0 => k.max_threads.unwrap_or(1024).min(1024) as i32,
            1 => k.shared_bytes() as i32,
            2 | 7 => 0,
            3 => k.local_bytes() as i32,
            4 => k.registers() as i32,
            5 | 6 => capability,
            8 => f.dynamic_limit,
            9 => -1,
            10 => 0,
            11..=13 => k.cluster.map_or(0, |c| c[attribute as usize - 11] as i32),
            14 => f.large_clusters as i32,
            15 => 0,
            _ => return Err(Code::ERROR_INVALID_VALUE.why(format!("function attribute {attribute} is unknown"))),
        })?;
    }
    Context fn cuFuncSetAttribute(s, function: usize, attribute: i32, value: i32) {
        let most = s.config.arch.as_ref().map_or(0, |a| a.shared_block << 10);
        let f = s.function(function)?;
        match attribute {
            8 if value >= 0 && value as usize + f.kernel.shared_bytes() <= most as usize => f.dynamic_limit = value,
            8 => return Err(Code::ERROR_INVALID_VALUE.why(format!("{value} bytes of dynamic shared memory, but a block has at most {most}"))),
            9 | 15 => {}
            14 => f.large_clusters = value != 0,
            _ => return Err(Code::ERROR_INVALID_VALUE.why(format!("function attribute {attribute} cannot be set"))),
        }
    }
    Context fn cuFuncSetCacheConfig(s, function: usize, config: u32) {}
    Context fn cuFuncGetParamInfo(s, function: usize, index: usize, offset: *mut usize, size: *mut usize) {
        let Some(&(at, n)) = s.function(function)?.kernel.params.get(index) else { return Err(Code::ERROR_INVALID_VALUE.into()) };
        put(offset, at)?;
        if !size.is_null() {
            put(size, n)?;
        }
    }
    Context fn cuOccupancyMaxActiveBlocksPerMultiprocessor(s, n: *mut i32, function: usize, threads: i32, dynamic: usize) {
        let fit = occupancy(s, function, threads, dynamic)?;
        put(n, fit)?;
    }
    Context fn cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(s, n: *mut i32, function: usize, threads: i32, dynamic: usize, flags: u32) {
        let fit = occupancy(s, function, threads, dynamic)?;
        put(n, fit)?;
    }
    Context fn cuLaunchKernel(s, function: usize, gx: u32, gy: u32, gz: u32, bx: u32, by: u32, bz: u32, dynamic: u32, stream: usize, args: *mut *mut c_void, extra: *mut *mut c_void) {
        let shape = Shape { grid: [gx, gy, gz], block: [bx, by, bz], dynamic, cooperative: false, cluster: None };
        s.launch(function, shape, stream, args, extra)?;
    }
    Context fn cuLaunchCooperativeKernel(s, function: usize, gx: u32, gy: u32, gz: u32, bx: u32, by: u32, bz: u32, dynamic: u32, stream: usize, args: *mut *mut c_void) {
        let shape = Shape { grid: [gx, gy, gz], block: [bx, by, bz], dynamic, cooperative: true, cluster: None };
        s.launch(function, shape, stream, args, std::ptr::null_mut())?;
    }
    Context fn cuLaunchKernelEx(s, config: *const Config, function: usize, args: *mut *mut c_void, extra: *mut *mut c_void) {
        let (shape, stream) = shape(config)?;
        s.launch(function, shape, stream, args, extra)?;
    }
    Context fn cuOccupancyMaxActiveClusters(s, n: *mut i32, function: usize, config: *const Config) {
        let (shape, _) = shape(config)?;
        let (kernel, large) = (s.function(function)?.kernel.clone(), s.function(function)?.large_clusters);
        let size = s.cluster(&kernel, &shape, large)?;
        let each = occupancy(s, function, shape.block.iter().product::<u32>() as i32, shape.dynamic as usize)?;
        put(n, s.config.arch.as_ref().map_or(0, |a| a.clusters(each, size as i32)))?;
    }
    Context fn cuOccupancyMaxPotentialClusterSize(s, n: *mut i32, function: usize, config: *const Config) {
        let f = s.function(function)?;
        let (large, most) = (f.large_clusters, f.kernel.max_cluster);
        let (shape, _) = shape(config)?;
        let each = occupancy(s, function, shape.block.iter().product::<u32>() as i32, shape.dynamic as usize)?;
        let portable = if large { 16 } else { 8 };
        let most = most.map_or(portable, |m| portable.min(m as i32));
        let fits = s.config.arch.as_ref().and_then(|a| (1..=most).rev().find(|size| a.clusters(each, *size) > 0));
        put(n, fits.unwrap_or(0))?;
    }
}
