//! With the feature `embed-cubin`, compiles the kernels if NVRTC is installed. Otherwise does
//! nothing.

// The modules below replace as much of the library as the included files need.
#[cfg(feature = "embed-cubin")]
mod error {
    pub(crate) type Result<V> = std::result::Result<V, Error>;
    #[derive(Debug)]
    pub(crate) enum Error {
        Source { file: String, line: usize, reason: String },
    }
    impl std::fmt::Display for Error {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let Self::Source { file, line, reason } = self;
            write!(f, "{file}:{line}: {reason}")
        }
    }
    pub(crate) enum Reason {
        MissingSymbol { library: String, symbol: String },
        NoCompiler { looked_in: Vec<String> },
    }
    impl std::fmt::Display for Reason {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Self::MissingSymbol { library, symbol } => write!(f, "{library} has no `{symbol}`"),
                Self::NoCompiler { looked_in } => write!(f, "no NVRTC in {}", looked_in.join(", ")),
            }
        }
    }
}
#[cfg(feature = "embed-cubin")]
mod device {
    pub(crate) mod found {
        pub(crate) struct Compiler {
            pub(crate) library: String,
            pub(crate) version: (u32, u32),
        }
        pub(crate) struct Compilers(Vec<Compiler>);
        impl Compilers {
            /// The newest compiler first: the driver that will load the images is not known.
            pub(crate) fn new(mut all: Vec<Compiler>, _driver: Option<(u32, u32)>) -> Option<Self> {
                all.sort_by(|a, b| b.version.cmp(&a.version));
                (!all.is_empty()).then(|| Self(all))
            }
            pub(crate) fn first(&self) -> &Compiler {
                &self.0[0]
            }
        }
    }
}
#[cfg(feature = "embed-cubin")]
mod cuda {
    pub(crate) mod driver {
        pub(crate) use crate::library;
    }
}
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/compiler/embed_key.rs"]
mod embed_key;
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/compiler/hash.rs"]
mod hash;
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/driver/library.rs"]
mod library;
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/compiler/options.rs"]
mod options;
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/compiler/nvrtc/probe.rs"]
mod probe;
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/compiler/nvrtc/program.rs"]
#[allow(dead_code)]
mod program;
#[cfg(feature = "embed-cubin")]
#[path = "src/cuda/compiler/source.rs"]
#[allow(dead_code)]
mod source;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "embed-cubin")]
    embed::main();
}

#[cfg(feature = "embed-cubin")]
mod embed {
    use super::embed_key::key;
    use super::options::OPTIONS;
    use super::program::Nvrtc;
    use super::{probe, source};
    use std::fmt::Write;
    use std::path::PathBuf;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// One architecture of each generation, whose machine code the generation's later GPUs also
    /// run.
    const ARCHS: &[u32] = &[75, 80, 90, 100, 120];
    /// The element types.
    const TYPES: &[&str] = &["f64", "f32", "f16", "bf16"];
    const LINES: &str = include_str!("kernels/embedded.txt");

    pub(super) fn main() {
        println!("cargo:rerun-if-changed=kernels");
        for name in [
            "OVERTIME_NVRTC",
            "CUDA_PATH",
            "CUDA_HOME",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "DOCS_RS",
            "OVERTIME_EMBED",
            "OVERTIME_EMBED_TYPES",
        ] {
            println!("cargo:rerun-if-env-changed={name}");
        }
        let (types, images) = types().and_then(|types| images(&types).map(|all| (types, all))).unwrap_or_else(|why| {
            println!("cargo:warning=the feature embed-cubin embeds no kernels: {why}");
            (Vec::new(), Vec::new())
        });
        let mut archs: Vec<u32> = images.iter().map(|(arch, ..)| *arch).collect();
        archs.sort_unstable();
        archs.dedup();
        let (mut index, mut blob) = (String::new(), Vec::new());
        for (_, key, image) in &images {
            let _ = writeln!(index, "    ({key:#x}, {}, {}),", blob.len(), image.len());
            blob.extend_from_slice(image);
        }
        let code = format!(
            "pub(super) const ARCHS: &[u32] = &{archs:?};\npub(super) const TYPES: &[&str] = &{types:?};\n\
             pub(super) const INDEX: &[(u128, usize, usize)] = &[\n{index}];\n\
             pub(super) const IMAGES: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/embedded.bin\"));\n"
        );
        let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        std::fs::write(folder.join("embedded.bin"), blob).expect("OUT_DIR can be written to");
        std::fs::write(folder.join("embedded.rs"), code).expect("OUT_DIR can be written to");
    }

    type Image = (u32, u128, Vec<u8>);

    /// The names in a variable, divided by commas, or all names.
    ///
    /// # Errors
    /// If a name is unknown.
    fn named<T: Copy + ToString + std::fmt::Debug>(variable: &str, all: &[T]) -> Result<Vec<T>, String> {
        let Some(names) = std::env::var(variable).ok().filter(|names| !names.trim().is_empty()) else {
            return Ok(all.to_vec());
        };
        let one = |name: &str| all.iter().find(|known| known.to_string() == name.trim()).copied();
        names
            .split(',')
            .map(|name| one(name).ok_or_else(|| format!("{variable}: `{name}` is not one of {all:?}")))
            .collect()
    }

    /// The architectures to compile for.
    fn architectures() -> Result<Vec<u32>, String> {
        named("OVERTIME_EMBED", ARCHS)
    }

    /// The element types to compile for.
    fn types() -> Result<Vec<&'static str>, String> {
        named("OVERTIME_EMBED_TYPES", TYPES)
    }

    /// Compiles every line of `kernels/embedded.txt` that has one of the types, for every
    /// architecture that the compiler knows.
    fn images(types: &[&str]) -> Result<Vec<Image>, String> {
        if std::env::var_os("DOCS_RS").is_some() {
            return Ok(Vec::new());
        }
        let compilers = probe::probe(None).0.map_err(|reason| reason.to_string())?;
        let compiler = compilers.first();
        let (major, minor) = compiler.version;
        let nvrtc =
            Nvrtc::open(&compiler.library).map_err(|reason| format!("NVRTC of CUDA {major}.{minor}: {reason}"))?;
        let known = nvrtc.archs();
        let lines = || LINES.lines().filter(|line| line.split(' ').nth(1).is_some_and(|dtype| types.contains(&dtype)));
        let jobs: Vec<(u32, &str)> = architectures()?
            .into_iter()
            .filter(|a| known.contains(a))
            .flat_map(|a| lines().map(move |line| (a, line)))
            .collect();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    while let Some((arch, line)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let image = image(&nvrtc, *arch, line);
                        done.lock().expect("no thread panics").push(image);
                    }
                });
            }
        });
        let mut images: Vec<Image> =
            done.into_inner().expect("no thread panics").into_iter().collect::<Result<_, _>>()?;
        images.sort();
        Ok(images)
    }

    /// Compiles one image. A line is `models/hh.cu+loops/pointwise_scan.cu f32 NAME=VALUE …`.
    fn image(nvrtc: &Nvrtc, arch: u32, line: &str) -> Result<Image, String> {
        let mut words = line.split(' ');
        let (files, dtype) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let parts: Option<Vec<_>> =
            files.split('+').map(|path| Some((path.rsplit('/').next()?, source::file(path)?))).collect();
        let parts =
            parts.ok_or_else(|| format!("kernels/embedded.txt names a file that kernels/ does not have: {line}"))?;
        let text = source::flatten(&parts).map_err(|e| e.to_string())?;
        let mut options = vec![format!("--gpu-architecture=sm_{arch}"), format!("-DSCALAR_{}=1", dtype.to_uppercase())];
        options.extend(OPTIONS.map(str::to_owned));
        options.extend(words.map(|define| format!("-D{define}")));
        let made = nvrtc.compile(files, &text, &options)?;
        Ok((arch, key(arch, line, &text), made.cubin))
    }
}
