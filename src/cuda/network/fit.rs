//! How many blocks a network's launch has: as many as the device has room for at once, where they wait for each other.

use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::network::{KernelVariant, WarpPartition, share};
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::device::Strategy;
use crate::error::{Error, Result};
use std::borrow::Cow;

/// A network's kernel: all steps of a chunk in one launch, or one.
#[derive(Debug)]
pub(crate) enum NetworkKernel {
    Whole(Kernel<signature::NetworkScan>),
    Step(Kernel<signature::NetworkStep>),
}

/// A network's kernel, the warps that run it, and how its steps get onto the device.
pub(crate) struct FittedNetwork {
    pub(crate) strategy: (Strategy, Cow<'static, str>),
    pub(crate) warps: WarpPartition,
    pub(crate) kernel: NetworkKernel,
}

/// The kernel and the warps for groups of so many tasks. `make` compiles and loads. Where the device does not have room for blocks that wait
/// for each other, steps are captured in a graph, unless all were asked to be one launch.
///
/// # Errors
/// If there are more groups than warps; if one launch was asked for, and cannot be; if a call fails.
pub(crate) fn fit(
    strategy: (Strategy, Cow<'static, str>),
    tasks: &[u64],
    procedural: bool,
    mut make: impl FnMut(KernelVariant, &mut StageBuilder<'_>) -> Result<NetworkKernel>,
    builder: &mut StageBuilder<'_>,
) -> Result<FittedNetwork> {
    let cut = |whole| KernelVariant { whole, alone: false, held: false, procedural };
    let by_steps =
        |strategy, make: &mut dyn FnMut(KernelVariant, &mut StageBuilder<'_>) -> Result<NetworkKernel>, builder: &mut StageBuilder<'_>| {
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
                "the persistent strategy for a network on {device}: {why}; the strategy graph needs no such thing"
            )))
        }
        Err(why) => by_steps((Strategy::Graph, format!("not persistent, since {why}").into()), &mut make, builder),
    }
}

fn shared_out(tasks: &[u64], most: Option<u32>, cut: KernelVariant) -> Result<WarpPartition> {
    let (alone, _) = KernelVariant { alone: true, ..cut }.bounds();
    share(tasks, most, alone).ok_or_else(|| Error::Unsupported(format!("{} groups of {tasks:?} warps", tasks.len())))
}

/// Warps of blocks that are on the device all at once, as many as there is room for, or as there is work for; or why there are none.
fn together(
    tasks: &[u64],
    cut: KernelVariant,
    make: &mut dyn FnMut(KernelVariant, &mut StageBuilder<'_>) -> Result<NetworkKernel>,
    builder: &mut StageBuilder<'_>,
) -> Result<std::result::Result<(WarpPartition, NetworkKernel), String>> {
    let processors = builder.context.processors;
    // Blocks of a processor: what the compiler leaves room for, until the driver says how many there really is room for.
    let bound = cut.bounds().1;
    let mut each = bound;
    let mut found: Option<(WarpPartition, NetworkKernel)> = None;
    loop {
        let warps = match (shared_out(tasks, Some(processors.saturating_mul(each)), cut), &found) {
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
        let kernel = make(KernelVariant { alone: warps.blocks == 1, held: warps.held, ..cut }, builder)?;
        let fit = match &kernel {
            NetworkKernel::Whole(kernel) => kernel.blocks_at_once(warps.threads, 0)?,
            NetworkKernel::Step(kernel) => kernel.blocks_at_once(warps.threads, 0)?,
        };
        if warps.blocks > fit.saturating_mul(processors) {
            // More blocks were tried than fit of this text, which keeps more in registers.
            if found.is_some() {
                break;
            }
            if fit == 0 {
                return Ok(Err(format!("the device has no room for a block of {} threads", warps.threads)));
            }
            // Fewer than the compiler has left room for: others have a part of the device.
            each = fit;
            continue;
        }
        let capped = warps.blocks == processors.saturating_mul(each) && !warps.held;
        let is_first = found.is_none();
        found = Some((warps, kernel));
        if !(is_first && capped && fit > each) {
            break;
        }
        each = fit;
    }
    Ok(found.ok_or_else(|| "the device has no room for its blocks".to_owned()))
}
