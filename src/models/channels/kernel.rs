//! The CUDA text of the kinetics of a channel, which is made from the record of their operations.
//! `kernels/include/channel.cuh` has the contract.

use super::ChannelKind;
use super::kinetics::{Kinetics, WithKinetics};
use crate::equations::graph::Leaf;
use crate::equations::trace_text;
use crate::equations::traced::{Traced, record};
use std::fmt::Write;

impl ChannelKind {
    /// The CUDA text of its kinetics.
    pub(crate) fn kernel(self) -> String {
        let mut text = String::new();
        self.with(Text(&mut text));
        text
    }
}

struct Text<'t>(&'t mut String);

impl WithKinetics for Text<'_> {
    fn call<K: Kinetics<G, P>, const G: usize, const P: usize>(self) {
        let leaf = |leaf| match leaf {
            Leaf::State(k) => format!("x[{k}]"),
            Leaf::Param(k) => format!("p.{}", K::NAMES.get(usize::from(k)).unwrap_or(&"e")),
            _ => "v".to_owned(),
        };
        // Writing to a String never fails.
        let text = self.0;
        let _ =
            writeln!(text, "constexpr int GATES = {G};\nstruct Params {{\n    acc_t {};\n}};\n", K::NAMES.join(", "));

        let (lines, open) = trace_text::text(&record(|| vec![K::open(Traced::states())]), &leaf);
        text.push_str("__device__ __forceinline__ acc_t open(const acc_t* x) {\n");
        let _ = writeln!(text, "{lines}    return {};\n}}\n", open.concat());

        let rates = || K::rates(Traced::leaf(Leaf::Input(0)), &Traced::params().into());
        let record = record(|| rates().into_iter().flat_map(|(a, s)| [a, s]).collect());
        let (lines, rates) = trace_text::text(&record, &leaf);
        text.push_str("__device__ __forceinline__ void rates(acc_t v, const Params& p, Rate* gates) {\n");
        text.push_str(&lines);
        for (gate, rate) in rates.chunks(2).enumerate() {
            let _ = writeln!(text, "    gates[{gate}] = {{{}}};", rate.join(", "));
        }
        text.push_str("}\n");
    }
}
