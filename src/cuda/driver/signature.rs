//! The parameters of kernels: one type for each parameter list. A [`Kernel`](super::module::Kernel)
//! has such a type, and `launch.rs` has one launch function for each type.

/// A parameter list.
pub(crate) trait Signature {
    /// The kernels with these parameters.
    const KERNELS: &'static [&'static str];
    /// The types of the parameters, as the kernels declare them.
    #[cfg_attr(not(test), allow(dead_code, reason = "a test compares it with the kernels' text"))]
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

        /// The kernels and parameters of all signatures.
        #[cfg(test)]
        const ALL: &[(&[&str], &[&str])] = &[$(($name::KERNELS, $name::PARAMETERS)),*];
    };
}

signatures! {
    /// All steps of a chunk, or other work that takes one launch: a job, and the model's
    /// parameters.
    Whole: ["pointwise_scan", "map_rows", "cell_scan", "tile_scan", "tile_begin"] ("LaunchArgs", "Params");
    /// One step: the address of a job, the model's parameters, the address of the cursor, and the
    /// number of steps from the cursor to this step.
    Step: ["pointwise_step", "cell_step", "tile_step", "tile_gates"] ("LaunchArgs*", "Params", "u32*", "u32");
    /// Several layers: the address of their jobs and parameters.
    FusedLayers: ["stack_scan"] ("char*");
    /// A pass that makes synapses.
    Connect: ["connect_count", "connect_fill", "connect_order", "connect_weights"] ("ConnectArgs");
    /// All steps of a network: the address of the groups' tables, the address of the counter at
    /// which thread blocks wait, the number of steps, and whether warps share long synapse rows.
    NetworkScan: ["network_scan"] ("char*", "u32*", "u32", "u32");
    /// One step of a network: the addresses of the groups' tables and of the cursor, the number of
    /// steps from the cursor to this step, and whether warps share long synapse rows.
    NetworkStep: ["network_step"] ("char*", "u32*", "u32", "u32");
    /// The address of a cell's weights, and the address to copy them to in packed order.
    Pack: ["tile_pack"] ("scalar_t*", "Lane*");
    /// A matrix product.
    Product: ["product", "product_reduce"] ("GemmArgs");
    /// A matrix product whose operands are loaded through tensor maps, and its number of tiles.
    ByMaps: ["product_by_maps"] ("GemmArgs", "TensorMap", "TensorMap", "u32");
    /// The address of the cursor, and the number of steps to advance it by.
    Advance: ["cursor_advance"] ("u32*", "u32");
    /// The address of the elements, their number, and the address for the index of the first
    /// element that is not finite.
    Check: ["check_finite"] ("scalar_t*", "u64", "u64*");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuda::compiler::compile::flat;
    use std::collections::BTreeSet;

    /// The type of a parameter, without qualifiers.
    fn of_type(parameter: &str) -> String {
        let words: Vec<&str> = parameter
            .split_whitespace()
            .filter(|w| !["const", "__grid_constant__", "__restrict__"].contains(w))
            .collect();
        // The last word is the name, and a star may be attached to it.
        let (name, of) = words.split_last().unwrap();
        let stars = parameter.matches('*').count();
        let of = if of.is_empty() { vec![*name] } else { of.to_vec() };
        let plain = of.concat().replace('*', "").replace("tile::", "");
        plain + &"*".repeat(stars)
    }

    /// The kernels in a text, each with the types of its parameters.
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
        // Each kernel has one signature.
        assert_eq!(ALL.iter().map(|(kernels, _)| kernels.len()).sum::<usize>(), all.len());
    }
}
