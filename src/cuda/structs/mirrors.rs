//! All structs that kernels have twins of.

use super::gemm::Product;
use super::launch_args::{Job, Port, Probe, Time};
use super::network::{Group, Incoming, Outgoing, Poisson, Receptor};
use crate::cuda::structs::network::Plastic as PlasticTable;
use crate::device::mirror::Mirror;

const ALL: [&Mirror; 12] = [
    &Time::MIRROR,
    &Port::MIRROR,
    &Probe::MIRROR,
    &Job::MIRROR,
    &Group::MIRROR,
    &Receptor::MIRROR,
    &Incoming::MIRROR,
    &Outgoing::MIRROR,
    &PlasticTable::MIRROR,
    &Poisson::MIRROR,
    &Product::MIRROR,
    &crate::connectivity::device::Job::MIRROR,
];

/// A kernel's text, in which the compiler compares each of these structs, field by field.
pub(crate) fn compared(text: String) -> String {
    ALL.iter().fold(text, |text, mirror| {
        let mark = mirror.mark();
        if text.contains(&mark) { text.replace(&mark, &mirror.comparison()) } else { text }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuda::compiler::{compile, nvrtc, source};
    use crate::error::Error;

    #[test]
    fn every_twin_is_compared_where_it_is_declared() {
        for mirror in ALL {
            let declares = |path: &str| source::file(path).is_some_and(|text| text.contains(&format!("struct {} {{", mirror.name)));
            let marked = |path: &str| source::file(path).map_or(0, |text| text.matches(&mirror.mark()).count());
            let files: Vec<String> = source::names("include/").iter().map(|name| format!("include/{name}")).collect();
            let declaring: Vec<_> = files.iter().filter(|path| declares(path)).collect();
            assert_eq!(declaring.len(), 1, "{}", mirror.name);
            assert!(files.iter().all(|path| marked(path) == usize::from(path == declaring[0])), "{}", mirror.name);
        }
    }

    /// Two fields of equal size that change places leave the struct's size what it was.
    #[test]
    fn fields_that_change_places_are_an_error_that_names_them() {
        let Ok(found) = nvrtc::probe(None).0 else {
            assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "no NVRTC");
            return eprintln!("not tested: there is no NVRTC");
        };
        let nvrtc = compile::open(found.first()).unwrap();
        let modules = crate::kernel_report::list();
        for (mirror, from, to, field) in [
            ("Clock", "    u64 i;\n    u64 done;\n", "    u64 done;\n    u64 i;\n", "i"),
            ("Port", "u64 step, row, unit;", "u64 row, step, unit;", "step"),
            ("Probe", "u32 first, every;\n    u32 var;", "u32 every, first;\n    u32 var;", "every"),
            ("Job", "u64 rows, units;", "u64 units, rows;", "units"),
            ("Group", "u32 slots, words;", "u32 words, slots;", "slots"),
            ("Receptor", "Value rise, gain;", "Value gain, rise;", "gain"),
            ("Incoming", "    u32 first;    // neuron of that part\n    u32 exact;", "    u32 exact;\n    u32 first;", "exact"),
            ("Outgoing", "u32 least, most;", "u32 most, least;", "least"),
            ("Plastic", "Value decay_pre, decay_post, a_pre", "Value decay_post, decay_pre, a_pre", "decay_pre"),
            ("Poisson", "    u32 most;\n    u32 stream;", "    u32 stream;\n    u32 most;", "stream"),
            ("Product", "u32 m, n, k, batch;", "u32 n, m, k, batch;", "m"),
            ("Connect", "u32 pre, post;", "u32 post, pre;", "post"),
        ] {
            let mark = ALL.iter().find(|m| m.name == mirror).unwrap().mark();
            // The text of plastic synapses is in every network, and used in some.
            let uses = |text: &str| text.contains(&mark) && (mirror != "Plastic" || text.contains("#define PLASTIC 1"));
            let module = modules.iter().find(|module| compile::flat(&module.request).is_ok_and(|text| uses(&text)));
            let request = &module.unwrap_or_else(|| panic!("no module has {mirror}")).request;
            let text = compile::flat(request).unwrap();
            assert!(text.contains(from), "{mirror}: `{from}` is not in the text");
            // PTX is enough, and machine code takes longer.
            let arch = if request.is_of_one_arch() { "compute_90a" } else { "compute_90" };
            let options = compile::options(request, arch);
            let made = compile::make(&nvrtc, request, arch, &compared(text.replace(from, to)), &options);
            let Err(Error::Compile { log, .. }) = &made else { panic!("{mirror}: that fields change places is not seen") };
            assert!(log.contains(&format!("{mirror}::{field} is not where its twin in Rust is")), "{mirror}: {log}");
            // As it was, it compiles.
            compile::make(&nvrtc, request, arch, &compared(text), &options).unwrap();
        }
    }
}
