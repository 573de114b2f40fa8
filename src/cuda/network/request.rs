//! The text of a network's kernel: each group's model and loop in a namespace of its own, and the
//! entry that assigns warps to groups.

use super::warp_partition::{ALONE, THREADS};
use crate::active_time::ActiveTime;
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::request::Probes;
use crate::cuda::compiler::source;
use crate::cuda::compiler::source::NamespacedSource;
use crate::error::{Error, Result};
use crate::network::plan::release::{KineticsPlan, ReleaseModel};
use crate::network::plan::{GroupPlan, ProjectionPlan, ReceptorPlan};
use crate::numeric::scalar::DType;
use crate::system::program::network::NetworkProgram;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The facts about a network's launch that its kernel is compiled for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KernelVariant {
    /// All steps of a chunk in one launch.
    pub(crate) whole: bool,
    /// One block computes everything.
    pub(crate) alone: bool,
    /// Neurons stay in registers.
    pub(crate) in_registers: bool,
    /// Some projection has procedural connectivity.
    pub(crate) procedural: bool,
    /// Some projection adds to a ring of sums.
    pub(crate) sum_ring: bool,
}

impl KernelVariant {
    /// The launch bounds: the most threads of a block, and the blocks of an SM. They give a thread
    /// 128 registers, enough for the models in all types, or 256 registers with procedural
    /// connectivity.
    pub(crate) fn bounds(self) -> (u32, u32) {
        match (self.alone, self.procedural) {
            (true, false) => (ALONE, 1),
            (true, true) => (ALONE / 2, 1),
            (false, false) => (THREADS, 4),
            (false, true) => (THREADS, 2),
        }
    }
}

/// The kernel of a network, `network_scan` or `network_step`, for each group's probes and for the
/// offset of its table.
pub(crate) fn request(
    dtype: DType,
    network: &NetworkProgram,
    probes: &[Probes<'_>],
    places: &[usize],
    cut: KernelVariant,
) -> Result<Request> {
    let neurons = source::file("include/neurons.cuh")
        .ok_or_else(|| Error::unknown("include", "neurons.cuh", source::names("include/")))?;
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
        parts.push((model, opening, closing, [release_functions(network, n), rules(network, n)]));
        let step = if cut.whole {
            "all_steps(group, warp, arrived, has_long_rows)"
        } else {
            "one_step(group, warp, *cursor + offset, has_long_rows)"
        };
        let _ = writeln!(calls, "    {{\n        const GroupArgs& group = *(const GroupArgs*)(tables + {place});");
        let _ = writeln!(calls, "        if (warp < group.last) return group{n}::{step};\n    }}");
    }
    let apart: Vec<_> = (parts.iter())
        .map(|(model, opening, closing, texts)| {
            let mut files = vec![(model.model.0.as_str(), model.model.1.as_ref())];
            let named = ["releases.cu", "rules.cu"].into_iter().zip(texts);
            files.extend(named.filter_map(|(name, text)| Some((name, text.as_ref()?.as_str()))));
            files.push(("neurons.cuh", neurons));
            NamespacedSource { opening: opening.clone(), files, closing: closing.clone() }
        })
        .collect();
    let mut text = source::flatten_apart(&["deliver.cuh"], &apart)?;
    let (threads, blocks) = cut.bounds();
    let (name, given) = if cut.whole {
        // Warps without a group wait at the barriers, too.
        let _ = writeln!(
            calls,
            "    for (u32 k = 0; k < steps; ++k) {{\n        drain_long_rows(has_long_rows, k);\n        all_blocks(arrived, k + 1);\n    }}"
        );
        ("network_scan", "u32* arrived, u32 steps, u32 has_long_rows")
    } else {
        let _ = writeln!(calls, "    drain_long_rows(has_long_rows, *cursor + offset);");
        ("network_step", "const u32* __restrict__ cursor, u32 offset, u32 has_long_rows")
    };
    let _ = write!(
        text,
        "#line 1 \"network.cu\"\nextern \"C\" __global__ void __launch_bounds__({threads}, {blocks})\n{name}(const char* __restrict__ tables, \
         {given}) {{\n    open_long_rows(has_long_rows);\n    const u32 warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32;\n{calls}}}\n"
    );
    let mut request = Request {
        name: name.into(),
        dtype,
        model: ("network.cu".into(), text.into()),
        loops: &[],
        defines: Vec::new(),
    };
    let kinetics = plan.groups.iter().any(|group| !group.kinetics.is_empty());
    request.defines.push(("HAS_KINETICS".to_owned(), u32::from(kinetics).to_string()));
    request.defines.push(("PROCEDURAL".to_owned(), u32::from(cut.procedural).to_string()));
    request.defines.push(("SUM_RING".to_owned(), u32::from(cut.sum_ring).to_string()));
    let bounded = plan.projections.iter().any(|projection| projection.spec.makes_bounded_weights());
    request.defines.push(("BOUNDED".to_owned(), u32::from(bounded).to_string()));
    Ok(request)
}

/// The kinetics of a group that are texts, with their numbers.
fn texts(group: &GroupPlan) -> impl Iterator<Item = (usize, &KineticsPlan)> {
    group.kinetics.iter().filter_map(|kinetics| match kinetics.model {
        ReleaseModel::Equations(number) => Some((number, kinetics)),
        _ => None,
    })
}

/// The functions of the texts of a group's kinetics, and `release`, which calls the one of a number.
fn release_functions(network: &NetworkProgram, group: usize) -> Option<String> {
    let texts: Vec<_> = texts(network.plan.groups.get(group)?).collect();
    if texts.is_empty() {
        return None;
    }
    let mut out = "#include \"math.cuh\"\n#include \"deliver.cuh\"\n\n".to_owned();
    let mut calls = String::new();
    for (number, kinetics) in texts {
        out.push_str(network.releases.get(number).map(String::as_str).unwrap_or_default());
        let states = kinetics.names.len().saturating_sub(1);
        let _ = writeln!(calls, "    if (text == {number}) {{\n        transmitted = vars + {states} * all;");
        let _ = writeln!(calls, "        return release{number}(vars, all, potential, spiked);\n    }}");
    }
    let _ = write!(
        out,
        "\n__device__ __forceinline__ acc_t release(u64 text, scalar_t* vars, u64 all, acc_t potential, acc_t spiked, scalar_t*& \
         transmitted) {{\n{calls}    transmitted = vars;\n    return acc_t(0);\n}}\n"
    );
    Some(out)
}

/// The rules of the plastic projections from and to a group, and `with_rule`, which calls a function with
/// the rule of a number.
fn rules(network: &NetworkProgram, group: usize) -> Option<String> {
    let of = |p: &ProjectionPlan| (p.from == group || p.to == group).then_some(p.plastic.as_ref()?.rule);
    let numbers: BTreeSet<usize> = network.plan.projections.iter().filter_map(of).collect();
    let (mut out, mut calls) = ("#include \"math.cuh\"\n\n".to_owned(), String::new());
    let last = *numbers.last()?;
    for number in numbers {
        out.push_str(network.rules.get(number).map(String::as_str).unwrap_or_default());
        // Writing to a String never fails.
        let test = if number == last { String::new() } else { format!("if (number == {number}) ") };
        let _ = writeln!(calls, "    {test}return f(Rule{number}());");
    }
    let _ = write!(
        out,
        "\ntemplate <class F>\n__device__ __forceinline__ void with_rule(u32 number, const F& f) {{\n{calls}}}\n"
    );
    Some(out)
}

/// The defines of `neurons.cuh` for a group.
fn defines(network: &NetworkProgram, number: usize, cut: KernelVariant) -> Vec<(String, String)> {
    let group = &network.plan.groups[number];
    let kind = |receptor: &ReceptorPlan| receptor.bits(group.vars.start).to_string();
    let holder = |receptor: &ReceptorPlan| {
        receptor.held_by.map_or("-1".to_owned(), |counter| (counter - group.vars.start).to_string())
    };
    let conductance = group.conductance.map_or(-1, |port| i64::try_from(port).unwrap_or(-1));
    let bit = |has: bool| i64::from(has).to_string();
    let mut defines = vec![
        ("N_RECEPTORS", group.receptors.len().to_string()),
        ("CONDUCTANCE", conductance.to_string()),
        ("HAS_CURRENT", bit(network.currents[number].is_some())),
        ("HAS_INPUT", bit(group.input.is_some())),
        ("HAS_NOISE", bit(group.noise.is_some())),
        ("HAS_POISSON", bit(!group.poisson.is_empty())),
        ("TIMED_POISSON", bit(group.poisson.iter().any(|drive| drive.active != ActiveTime::ALWAYS))),
        ("HAS_PLASTIC", bit(network.plan.is_plastic(number))),
        ("IN_REGISTERS", bit(cut.in_registers)),
        ("RELEASE_TEXTS", bit(texts(group).next().is_some())),
        ("MEMBRANE", group.membrane.unwrap_or_default().to_string()),
        ("KINETICS_VARS", group.kinetics.iter().map(|kinetics| kinetics.names.len()).sum::<usize>().to_string()),
    ];
    if !group.receptors.is_empty() {
        defines.push(("RECEPTORS", group.receptors.iter().map(kind).collect::<Vec<_>>().join(",")));
        defines.push(("HOLDERS", group.receptors.iter().map(holder).collect::<Vec<_>>().join(",")));
    }
    defines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
