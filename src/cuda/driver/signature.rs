//! The parameter lists of kernels: a type for each list. A [`Kernel`](super::module::Kernel) has
//! one of these types, and so the one function of `launch.rs` that passes such a list.

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
    /// All steps of a chunk, or any other work of one launch: launch arguments, and the model's
    /// parameters.
    Whole: ["pointwise_scan", "map_rows", "cell_scan", "tile_scan", "tile_begin"] ("LaunchArgs", "Params");
    /// One step: addresses of launch arguments and of the cursor, the model's parameters, and the
    /// step's offset from the cursor.
    Step: ["pointwise_step", "cell_step", "tile_step", "tile_gates"] ("LaunchArgs*", "Params", "u32*", "u32");
    /// Several layers: the address of their launch arguments and parameters.
    FusedLayers: ["stack_scan"] ("char*");
    /// A pass that makes synapses.
    Connect: ["connect_count", "connect_fill", "connect_order", "connect_weights"] ("ConnectArgs");
    /// All steps of a network: addresses of the groups' tables and of the barrier's counter, the
    /// steps, whether warps share long rows.
    NetworkScan: ["network_scan"] ("char*", "u32*", "u32", "u32");
    /// One step of a network: addresses of the groups' tables and of the cursor, the step's offset,
    /// and as above.
    NetworkStep: ["network_step"] ("char*", "u32*", "u32", "u32");
    /// A cell's weights, and where they go.
    Pack: ["tile_pack"] ("scalar_t*", "Lane*");
    /// A product of matrices.
    Product: ["product", "product_reduce"] ("GemmArgs");
    /// A product whose operands come by tensor maps, and its number of tiles.
    ByMaps: ["product_by_maps"] ("GemmArgs", "TensorMap", "TensorMap", "u32");
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
