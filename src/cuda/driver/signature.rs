//! What kernels are given: a type for each list of parameters. A [`Kernel`](super::module::Kernel) has one of them, and so the one function in
//! `launch.rs` that hands over such a list.

/// A list of parameters.
pub(crate) trait Signature {
    /// The kernels that have it.
    const KERNELS: &'static [&'static str];
    /// The parameters' types, as the kernels declare them.
    #[cfg_attr(not(test), allow(dead_code, reason = "the kernels' texts are compared with it"))]
    const PARAMETERS: &'static [&'static str];
}

macro_rules! signatures {
    ($($(#[$doc:meta])* $name:ident: [$($kernel:literal),*] ($($parameter:literal),*);)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct $name;

            impl Signature for $name {
                const KERNELS: &'static [&'static str] = &[$($kernel),*];
                const PARAMETERS: &'static [&'static str] = &[$($parameter),*];
            }
        )*

        /// All of them.
        #[cfg(test)]
        const ALL: &[(&[&str], &[&str])] = &[$(($name::KERNELS, $name::PARAMETERS)),*];
    };
}

signatures! {
    /// All steps of a chunk, or whatever else takes one launch: a job, and the model's parameters.
    Whole: ["pointwise_scan", "map_rows", "cell_scan", "tile_scan", "tile_begin"] ("Job", "Params");
    /// One step: where a job lies, the model's parameters, where the cursor lies, and how far behind it the step is.
    Step: ["pointwise_step", "cell_step", "tile_step", "tile_gates"] ("Job*", "Params", "u32*", "u32");
    /// Several layers: where their jobs and parameters lie.
    FusedLayers: ["stack_scan"] ("char*");
    /// A pass that makes synapses.
    Connect: ["connect_count", "connect_fill", "connect_order", "connect_weights"] ("Connect");
    /// All steps of a network: where the groups' tables lie, the counter that blocks wait for, the steps, whether warps share long rows.
    NetworkScan: ["network_scan"] ("char*", "u32*", "u32", "u32");
    /// One step of a network: where the groups' tables and the cursor lie, how far behind it the step is, and as above.
    NetworkStep: ["network_step"] ("char*", "u32*", "u32", "u32");
    /// A cell's weights, and where they go.
    Pack: ["tile_pack"] ("scalar_t*", "Lane*");
    /// A product of matrices.
    Product: ["product", "product_reduce"] ("Product");
    /// A product whose operands come by tensor maps, and its number of tiles.
    ByMaps: ["product_by_maps"] ("Product", "TensorMap", "TensorMap", "u32");
    /// Where the cursor lies, and by how much it moves on.
    Advance: ["cursor_advance"] ("u32*", "u32");
    /// Elements, how many, and where to say which is not finite.
    Check: ["check_finite"] ("scalar_t*", "u64", "u64*");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuda::compiler::compile::flat;
    use std::collections::BTreeSet;

    /// A parameter's type, without what makes no other type of it.
    fn of_type(parameter: &str) -> String {
        let words: Vec<&str> =
            parameter.split_whitespace().filter(|w| !["const", "__grid_constant__", "__restrict__"].contains(w)).collect();
        // The last word is the name, to which a star may belong.
        let (name, of) = words.split_last().unwrap();
        let stars = parameter.matches('*').count();
        let of = if of.is_empty() { vec![*name] } else { of.to_vec() };
        let plain = of.concat().replace('*', "").replace("tile::", "");
        plain + &"*".repeat(stars)
    }

    /// The kernels of a text, each with its parameters' types.
    fn kernels(text: &str) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for part in text.split("extern \"C\" __global__ void").skip(1) {
            let head = part.split('{').next().unwrap();
            let (before, parameters) = head.trim().trim_end_matches(')').rsplit_once('(').unwrap();
            let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            found.push((name.to_owned(), parameters.split(',').map(of_type).collect()));
        }
        found
    }

    #[test]
    fn kernels_declare_the_parameters_that_they_are_given() {
        let mut seen = BTreeSet::new();
        for module in crate::kernel_report::list() {
            for (name, parameters) in kernels(&flat(&module.request).unwrap()) {
                let signature = ALL.iter().find(|(kernels, _)| kernels.contains(&name.as_str()));
                let (_, expected) = signature.unwrap_or_else(|| panic!("no signature has the kernel {name}"));
                assert_eq!(parameters, *expected, "{name} of {}", module.name);
                seen.insert(name);
            }
            let entry = module.request.entry();
            assert!(ALL.iter().any(|(kernels, _)| kernels.contains(&entry)), "{entry} of {}", module.name);
        }
        let all: BTreeSet<String> = ALL.iter().flat_map(|(kernels, _)| *kernels).map(|k| (*k).to_owned()).collect();
        assert_eq!(seen, all);
        // A kernel has one signature.
        assert_eq!(ALL.iter().map(|(kernels, _)| kernels.len()).sum::<usize>(), all.len());
    }
}
