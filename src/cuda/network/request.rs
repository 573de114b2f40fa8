//! The text of a network's loops: each group's model and loop in a namespace of its own, and the kernel that tells its warps which group
//! they are of.

use super::warp_partition::{ALONE, THREADS};
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::request::Probes;
use crate::cuda::compiler::source;
use crate::cuda::compiler::source::NamespacedSource;
use crate::error::{Error, Result};
use crate::network::plan::ReceptorPlan;
use crate::numeric::scalar::DType;
use crate::system::program::network::NetworkProgram;
use std::fmt::Write;

/// What a network's kernel is compiled for beside its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KernelVariant {
    /// All steps of a chunk in one launch.
    pub(crate) whole: bool,
    /// One block does all.
    pub(crate) alone: bool,
    /// Neurons stay in registers.
    pub(crate) held: bool,
    /// Some projection stores no synapses.
    pub(crate) procedural: bool,
}

impl KernelVariant {
    /// Most threads of a block, and the blocks that a processor must have room for: so that a thread has 128 registers, which models do
    /// with in all types, or twice as many where rows are made beside them.
    pub(crate) fn bounds(self) -> (u32, u32) {
        match (self.alone, self.procedural) {
            (true, false) => (ALONE, 1),
            (true, true) => (ALONE / 2, 1),
            (false, false) => (THREADS, 4),
            (false, true) => (THREADS, 2),
        }
    }
}

/// The kernel of a network, `network_scan` or `network_step`: for each group its probes, and the place of its table among all tables.
pub(crate) fn request(
    dtype: DType,
    network: &NetworkProgram,
    probes: &[Probes<'_>],
    places: &[usize],
    cut: KernelVariant,
) -> Result<Request> {
    let neurons = source::file("include/neurons.cuh").ok_or_else(|| Error::unknown("include", "neurons.cuh", source::names("include/")))?;
    let plan = &network.plan;
    let mut parts = Vec::with_capacity(plan.groups.len());
    let mut calls = String::new();
    for (n, ((group, probes), place)) in plan.groups.iter().zip(probes).zip(places).enumerate() {
        let model = Request::pointwise(dtype, &network.models[n], cut.whole, [group.vars.len(), group.ports], probes);
        let (mut opening, mut closing) = (String::new(), "\n}\n".to_owned());
        for (name, value) in model.defines.iter().cloned().chain(defines(network, n, cut)) {
            // Writing to a String never fails.
            let _ = writeln!(opening, "#define {name} {value}");
            let _ = writeln!(closing, "#undef {name}");
        }
        let _ = writeln!(opening, "namespace group{n} {{");
        parts.push((model, opening, closing));
        let step = if cut.whole { "all_steps(group, warp, arrived, shares)" } else { "one_step(group, warp, *cursor + offset, shares)" };
        let _ = writeln!(calls, "    {{\n        const GroupArgs& group = *(const GroupArgs*)(tables + {place});");
        let _ = writeln!(calls, "        if (warp < group.last) return group{n}::{step};\n    }}");
    }
    let apart: Vec<_> = (parts.iter())
        .map(|(model, opening, closing)| {
            let files = vec![(model.model.0.as_str(), model.model.1.as_ref()), ("neurons.cuh", neurons)];
            NamespacedSource { opening: opening.clone(), files, closing: closing.clone() }
        })
        .collect();
    let mut text = source::flatten_apart(&["network.cuh"], &apart)?;
    let (threads, blocks) = cut.bounds();
    let (name, given) = if cut.whole {
        // Warps of no group wait for the others as well.
        let _ = writeln!(
            calls,
            "    for (u32 k = 0; k < steps; ++k) {{\n        share(shares, k);\n        all_blocks(arrived, k + 1);\n    }}"
        );
        ("network_scan", "u32* arrived, u32 steps, u32 shares")
    } else {
        let _ = writeln!(calls, "    share(shares, *cursor + offset);");
        ("network_step", "const u32* __restrict__ cursor, u32 offset, u32 shares")
    };
    let _ = write!(
        text,
        "#line 1 \"network.cu\"\nextern \"C\" __global__ void __launch_bounds__({threads}, {blocks})\n{name}(const char* __restrict__ tables, \
         {given}) {{\n    open_shelf(shares);\n    const u32 warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32;\n{calls}}}\n"
    );
    let mut request = Request { name: name.into(), dtype, model: ("network.cu".into(), text.into()), loops: &[], defines: Vec::new() };
    let presynapses = plan.groups.iter().any(|group| !group.presynapses.is_empty());
    request.defines.push(("TERMINALS".to_owned(), u32::from(presynapses).to_string()));
    request.defines.push(("PROCEDURAL".to_owned(), u32::from(cut.procedural).to_string()));
    Ok(request)
}

/// What `neurons.cuh` wants to know of a group.
fn defines(network: &NetworkProgram, number: usize, cut: KernelVariant) -> Vec<(String, String)> {
    let group = &network.plan.groups[number];
    let kind = |receptor: &ReceptorPlan| receptor.kind.bits(receptor.var.saturating_sub(group.vars.start)).to_string();
    let holder = |receptor: &ReceptorPlan| receptor.held_by.map_or("-1".to_owned(), |counter| (counter - group.vars.start).to_string());
    let conductance = group.conductance.map_or(-1, |port| i64::try_from(port).unwrap_or(-1));
    let bit = |has: bool| i64::from(has).to_string();
    let mut defines = vec![
        ("N_RECEPTORS", group.receptors.len().to_string()),
        ("CONDUCTANCE", conductance.to_string()),
        ("CURRENT", bit(network.currents[number].is_some())),
        ("INPUT", bit(group.input.is_some())),
        ("NOISY", bit(group.noise.is_some())),
        ("RAINY", bit(!group.poisson.is_empty())),
        ("PLASTIC", bit(network.plan.is_plastic(number))),
        ("HELD", bit(cut.held)),
        ("MEMBRANE", group.membrane.unwrap_or_default().to_string()),
        ("TERMINAL_VARS", group.presynapses.iter().map(|presynapse| presynapse.kinetics.names().len()).sum::<usize>().to_string()),
    ];
    if !group.receptors.is_empty() {
        defines.push(("RECEPTORS", group.receptors.iter().map(kind).collect::<Vec<_>>().join(",")));
        defines.push(("HOLDERS", group.receptors.iter().map(holder).collect::<Vec<_>>().join(",")));
    }
    defines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
