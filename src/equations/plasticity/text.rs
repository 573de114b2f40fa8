//! The rule of plasticity in the words of the language, and as CUDA C.

use super::{Roots, Rule};
use crate::equations::cuda;
use crate::equations::graph::{Id, Leaf};
use crate::equations::print::{lines, operations};
use crate::equations::step_text::StepText;
use crate::equations::system::Equations;
use crate::error::Result;
use crate::network::plan::rule::Owner;
use crate::numeric::scalar::Real;
use std::fmt::Write;
use std::ops::Range;

impl Roots {
    /// A function that changes the variables in the array `x`, and a mask of those that it changes.
    fn function(&self, name: &str, roots: &[Id], of: Range<usize>) -> String {
        let changed = self.changed(roots, of);
        let mask = changed.iter().fold(0_u64, |mask, k| mask | 1 << k);
        let stored: Vec<(String, Id)> = changed.iter().map(|k| (format!("x[{k}]"), roots[*k])).collect();
        let leaf = |leaf| if let Leaf::State(k) = leaf { Some(format!("x[{k}]")) } else { None };
        let body = cuda::body(&self.graph, &stored, None, &leaf);
        format!(
            "    static constexpr u64 {} = {mask}ull;\n    __device__ __forceinline__ static void {name}(acc_t* x) {{\n{body}    }}\n",
            name.to_uppercase()
        )
    }
}

impl Equations {
    /// Describes a text of plasticity as [`Equations::step_text`] does.
    pub(in crate::equations) fn rule_text<R: Real>(&self, dt: f64) -> Result<StepText> {
        let rule = self.to_rule::<R>(dt)?;
        let changes = rule.changes();
        let ids: Vec<Id> = changes.iter().map(|(_, id)| *id).collect();
        let graph = &rule.roots.graph;
        let name = |leaf| match leaf {
            Leaf::State(k) => rule.shape.names.get(usize::from(k)).cloned().unwrap_or_default(),
            leaf => self.model.name(leaf),
        };
        let [loops, registers] = rule.costs();
        Ok(StepText {
            lines: lines(graph, &changes, &name),
            operations: operations(graph, &ids),
            loops,
            registers,
            cuda: rule.cuda(0),
            without_gradient: Vec::new(),
        })
    }
}

impl<R: Real> Rule<R> {
    /// The values that change in a step and after spikes, with their names.
    fn changes(&self) -> Vec<(String, Id)> {
        let roots = &self.roots;
        let events = [("", &roots.step), (" after `on pre`", &roots.on_pre), (" after `on post`", &roots.on_post)];
        let all = events.into_iter().flat_map(|(event, ids)| {
            let changed = roots.changed(ids, 0..ids.len()).into_iter();
            changed.map(move |k| (format!("new {}{event}", self.shape.names[k]), ids[k]))
        });
        all.collect()
    }

    /// The loops of all programs, and the most values that one of them keeps at a time.
    fn costs(&self) -> [usize; 2] {
        let changes = [&self.synapse_on_pre, &self.source_on_pre, &self.synapse_on_post, &self.target_on_post];
        let steps = self.steps.iter().flatten().map(|step| &step.tape);
        let tapes: Vec<_> = steps.chain(changes.into_iter().flatten().map(|change| &change.tape)).collect();
        let loops = tapes.iter().map(|tape| tape.loops()).sum();
        [loops, tapes.iter().map(|tape| tape.registers()).max().unwrap_or(0)]
    }

    /// The structure of a rule of this number. The kernels' counterpart of the programs is
    /// `kernels/include/plasticity.cuh`.
    pub(crate) fn cuda(&self, number: usize) -> String {
        let [synapse, source, target] = Owner::ALL.map(|owner| self.shape.of(owner));
        let roots = &self.roots;
        let mut out = format!("struct Rule{number} {{\n");
        // Writing to a String never fails.
        for (name, count) in ["SYNAPSE_VARS", "SOURCE_VARS", "TARGET_VARS"].iter().zip(self.shape.counts) {
            let _ = writeln!(out, "    static constexpr u32 {name} = {count};");
        }
        let _ = writeln!(out, "    static constexpr bool READS_POTENTIAL = {};", self.shape.reads_potential);
        for (name, roots_of, of) in [
            ("step_synapse", &roots.step, synapse.clone()),
            ("step_source", &roots.step, source.clone()),
            ("step_target", &roots.step, target.clone()),
            ("synapse_on_pre", &roots.on_pre, synapse.clone()),
            ("source_on_pre", &roots.on_pre, source),
            ("synapse_on_post", &roots.on_post, synapse),
            ("target_on_post", &roots.on_post, target),
        ] {
            out.push_str(&roots.function(name, roots_of, of));
        }
        out.push_str("};\n");
        out
    }
}
