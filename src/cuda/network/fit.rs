//! The number of blocks of a network's launch. Blocks that wait for each other must all be resident
//! on the device.

use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::network::{KernelVariant, WarpPartition, share};
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::device::Strategy;
use crate::error::{Error, Result};
use std::borrow::Cow;

/// A network's kernel: all steps of a chunk in one launch, or one step.
#[derive(Debug)]
pub(crate) enum NetworkKernel {
    Whole(Kernel<signature::NetworkScan>),
    Step(Kernel<signature::NetworkStep>),
}

/// A network's kernel, the warps that run it, and the strategy.
pub(crate) struct FittedNetwork {
    pub(crate) strategy: (Strategy, Cow<'static, str>),
    pub(crate) warps: WarpPartition,
    pub(crate) kernel: NetworkKernel,
}

/// Returns the kernel and the warps for groups of these numbers of tasks. `make` compiles and loads
/// a kernel; the variant `base` says which synapses it delivers. If the blocks are not all resident at once, the strategy is a graph of steps, unless
/// the caller requires one launch.
///
/// # Errors
/// If there are more groups than warps, if one launch is required and impossible, or if a call
/// fails.
pub(crate) fn fit(
    strategy: (Strategy, Cow<'static, str>),
    tasks: &[u64],
    base: KernelVariant,
    mut make: impl FnMut(KernelVariant, &mut StageBuilder<'_>) -> Result<NetworkKernel>,
    builder: &mut StageBuilder<'_>,
) -> Result<FittedNetwork> {
    let cut = |whole| KernelVariant { whole, ..base };
    let by_steps = |strategy,
                    make: &mut dyn FnMut(KernelVariant, &mut StageBuilder<'_>) -> Result<NetworkKernel>,
                    builder: &mut StageBuilder<'_>| {
        let warps = shared_out(tasks, None, cut(false))?;
        Ok(FittedNetwork { strategy, kernel: make(cut(false), builder)?, warps })
    };
    if strategy.0 != Strategy::Persistent {
        return by_steps(strategy, &mut make, builder);
    }
    match together(tasks, cut(true), &mut make, builder)? {
        Ok((warps, kernel)) => Ok(FittedNetwork { strategy, warps, kernel }),
        Err(why) if builder.strategy == Strategy::Persistent => {
            let device = builder.context.name();
            Err(Error::Unsupported(format!(
                "the persistent strategy for a network on {device}: {why}; the strategy graph does not need this"
            )))
        }
        Err(why) => by_steps((Strategy::Graph, format!("not persistent, since {why}").into()), &mut make, builder),
    }
}

fn shared_out(tasks: &[u64], most: Option<u32>, cut: KernelVariant) -> Result<WarpPartition> {
    let (alone, _) = KernelVariant { alone: true, ..cut }.bounds();
    share(tasks, most, alone).ok_or_else(|| Error::Internal(format!("{} groups of {tasks:?} warps", tasks.len())))
}

/// Returns the warps of resident blocks: as many blocks as the device has room for, or as the tasks
/// need. If no block fits, returns the reason.
fn together(
    tasks: &[u64],
    cut: KernelVariant,
    make: &mut dyn FnMut(KernelVariant, &mut StageBuilder<'_>) -> Result<NetworkKernel>,
    builder: &mut StageBuilder<'_>,
) -> Result<std::result::Result<(WarpPartition, NetworkKernel), String>> {
    let sms = builder.context.sms;
    // Resident blocks of an SM: the number that the launch bounds guarantee, then the number that
    // the driver reports.
    let bound = cut.bounds().1;
    let mut each = bound;
    let mut found: Option<(WarpPartition, NetworkKernel)> = None;
    loop {
        let warps = match (shared_out(tasks, Some(sms.saturating_mul(each)), cut), &found) {
            (Ok(warps), _) => warps,
            (Err(_), Some(_)) => break,
            (Err(error), None) => return Err(error),
        };
        if found.as_ref().is_some_and(|(best, _)| best.blocks == warps.blocks) {
            break;
        }
        if warps.blocks > 1 && !builder.context.cooperative {
            return Ok(Err("the device cannot hold all blocks of a launch at once".into()));
        }
        let kernel =
            make(KernelVariant { alone: warps.blocks == 1, in_registers: warps.in_registers, ..cut }, builder)?;
        let fit = match &kernel {
            NetworkKernel::Whole(kernel) => kernel.blocks_at_once(warps.threads, 0)?,
            NetworkKernel::Step(kernel) => kernel.blocks_at_once(warps.threads, 0)?,
        };
        if warps.blocks > fit.saturating_mul(sms) {
            // This variant keeps more in registers, and fewer of its blocks fit.
            if found.is_some() {
                break;
            }
            if fit == 0 {
                return Ok(Err(format!("the device has no room for a block of {} threads", warps.threads)));
            }
            // Fewer blocks fit than the launch bounds allow: other processes use a part of the
            // device.
            each = fit;
            continue;
        }
        let capped = warps.blocks == sms.saturating_mul(each) && !warps.in_registers;
        let is_first = found.is_none();
        found = Some((warps, kernel));
        if !(is_first && capped && fit > each) {
            break;
        }
        each = fit;
    }
    Ok(found.ok_or_else(|| "the device has no room for its blocks".to_owned()))
}
