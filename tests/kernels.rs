//! Every kernel compiles for every architecture, and stays within the budget in
//! `kernels/budgets.toml`.
//!
//! The test compiles to machine code, because PTX hides the limits of an architecture.
//! `BUDGETS=write` replaces the budgets by the measured values: read the difference before you keep
//! it.

use crate::common::{alone, root};
use crate::cuda::machine;
use overtime::DType;
use overtime::kernels::{Compiler, Module, Usage, list};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// Two architectures with the same machine code. The test compares a sample of the modules; with
/// NVRTC 13.0 all of them were compared.
const SAME_CODE: [&str; 2] = ["sm_86", "sm_89"];

/// Returns NVRTC. Without it, prints which tests are skipped.
fn compiler() -> Option<Compiler> {
    machine::prepare();
    match Compiler::find() {
        Ok(compiler) => Some(compiler),
        Err(error) => {
            assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "{error}");
            eprintln!(
                "SKIPPED: no kernel was compiled, because NVRTC was not found. To install it: pip install nvidia-cuda-nvrtc\n({error})"
            );
            None
        }
    }
}

/// The limits of a kernel on any architecture. A limit that is not given is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Budget {
    registers: u64,
    shared: u64,
    stack: u64,
    spills: u64,
    /// The instructions in double precision; not checked for f64.
    doubles: u64,
}

const FIELDS: [&str; 5] = ["registers", "shared", "stack", "spills", "doubles"];

impl Budget {
    fn of(usage: &Usage, doubles: usize) -> Self {
        Self {
            registers: usage.registers.into(),
            shared: usage.shared.into(),
            stack: usage.stack.into(),
            spills: u64::from(usage.spill_stores) + u64::from(usage.spill_loads),
            doubles: doubles as u64,
        }
    }

    fn all(self) -> [u64; 5] {
        [self.registers, self.shared, self.stack, self.spills, self.doubles]
    }

    fn most(self, other: Self) -> Self {
        let mut all = self.all();
        all.iter_mut().zip(other.all()).for_each(|(a, b)| *a = b.max(*a));
        let [registers, shared, stack, spills, doubles] = all;
        Self { registers, shared, stack, spills, doubles }
    }

    /// The text of a budget. The hardware allocates registers in units of eight, so the number is
    /// rounded up.
    fn text(mut self, dtype: &str) -> String {
        self.registers = self.registers.next_multiple_of(8);
        if dtype == "f64" {
            self.doubles = 0;
        }
        let fields: Vec<_> =
            FIELDS.iter().zip(self.all()).filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} = {n}")).collect();
        format!("{dtype} = {{ {} }}", fields.join(", "))
    }
}

fn path() -> PathBuf {
    root().join("kernels/budgets.toml")
}

type Budgets = BTreeMap<(String, String), Budget>;

fn budgets() -> Budgets {
    let text = std::fs::read_to_string(path()).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let mut budgets = BTreeMap::new();
    for (module, types) in &table {
        for (dtype, budget) in types.as_table().unwrap() {
            let budget = budget.as_table().unwrap();
            assert!(budget.keys().all(|k| FIELDS.contains(&k.as_str())), "{module}.{dtype}: {budget:?}");
            let [registers, shared, stack, spills, doubles] =
                FIELDS.map(|name| budget.get(name).map_or(0, |n| u64::try_from(n.as_integer().unwrap()).unwrap()));
            budgets.insert((module.clone(), dtype.clone()), Budget { registers, shared, stack, spills, doubles });
        }
    }
    budgets
}

/// Describes each value that exceeds its budget.
fn over(module: &Module, arch: &str, measured: Budget, budgets: &Budgets) -> Vec<String> {
    let Some(budget) = budgets.get(&(module.name.clone(), module.dtype.name().to_owned())) else {
        return vec![format!(
            "{module} has no budget; on {arch} it uses [{}]\n    {}",
            module.name,
            measured.text(module.dtype.name())
        )];
    };
    let mut complaints = Vec::new();
    for ((name, has), may) in FIELDS.iter().zip(measured.all()).zip(budget.all()) {
        if has > may && !(*name == "doubles" && module.dtype.name() == "f64") {
            complaints.push(format!("{module} on {arch}: {has} {name}, but the budget allows {may}"));
        }
    }
    complaints
}

/// The modules to compile for an architecture.
fn modules(arch: &str) -> Vec<Module> {
    let number: u32 = arch.trim_start_matches("sm_").trim_end_matches('a').parse().unwrap();
    // sm_90a adds only instructions for tensor cores to sm_90. Code that does not use them is the
    // same.
    let differs = |m: &Module| arch != "sm_90a" || m.name.contains("hopper");
    // The kernel with bounded weights has all of this one's code, and is compiled for all.
    let sampled = |m: &Module| m.name != "network_procedural" || ["sm_75", "sm_120"].contains(&arch);
    list().into_iter().filter(|m| m.needs() <= number).filter(|m| differs(m) && sampled(m)).collect()
}

/// Compiles these modules for an architecture, and measures each. A module that does not compile is
/// added to the complaints.
fn measure(
    compiler: &Compiler,
    arch: &str,
    modules: Vec<Module>,
    complaints: &mut Vec<String>,
) -> Vec<(Module, Budget)> {
    if !compiler.archs().iter().any(|known| known == arch.trim_end_matches('a')) {
        eprintln!("SKIPPED: {arch}, which this NVRTC ({:?}) does not support", compiler.version());
        return Vec::new();
    }
    let mut measured = Vec::new();
    for module in modules {
        let built = match compiler.compile(&module, arch) {
            Ok(built) => built,
            Err(error) => {
                complaints.push(error.to_string());
                continue;
            }
        };
        assert!(built.cubin.starts_with(b"\x7fELF"), "{module} on {arch}");
        // A specialised module also has a kernel that prepares its data.
        let usage = match built.usage.as_slice() {
            [usage] => Some(usage),
            [..] if module.is_specialised() => built.usage.iter().find(|usage| usage.kernel == module.kernel()),
            _ => None,
        };
        let usage = usage.unwrap_or_else(|| panic!("{module} on {arch} must have exactly one kernel:\n{}", built.log));
        assert_eq!(usage.kernel, module.kernel(), "{module} on {arch}");
        assert!(usage.registers > 0, "{module} on {arch}: the log has no measurements\n{}", built.log);
        measured.push((module, Budget::of(usage, built.doubles(&usage.kernel))));
    }
    measured
}

/// Runs in its own process: NVRTC compiles one text at a time in a process, and these compilations
/// take half of the tests' time.
fn compile_and_keep_to_budgets(test: &str, arch: &str, dtype: DType) {
    if compiler().is_none() || is_writing() {
        return;
    }
    let there: Vec<Module> = modules(arch).into_iter().filter(|m| m.dtype == dtype).collect();
    assert!(!there.is_empty());
    let check = || {
        let (compiler, budgets, mut complaints) = (Compiler::find().unwrap(), budgets(), Vec::new());
        let measured = measure(&compiler, arch, there, &mut complaints);
        eprintln!("{} compilations for {arch}", measured.len());
        for (module, measured) in measured {
            complaints.extend(over(&module, arch, measured, &budgets));
        }
        if compiler.version() != (13, 0) {
            complaints.retain(|complaint| complaint.contains("does not compile"));
            eprintln!("SKIPPED: the budgets, which hold for NVRTC 13.0 and not for {:?}", compiler.version());
        }
        assert!(complaints.is_empty(), "{}\nkernels/budgets.toml has the budget of each kernel", complaints.join("\n"));
    };
    alone(module_path!(), test, |_| {}, check);
}

macro_rules! each {
    ($($arch:ident: $($name:ident $dtype:ident)*;)*) => {
        /// Every kernel compiles for every architecture, and stays within its budget.
        mod every_kernel {
            $(mod $arch {
                $(#[test]
                fn $name() {
                    let test = concat!("every_kernel::", stringify!($arch), "::", stringify!($name));
                    super::super::compile_and_keep_to_budgets(test, stringify!($arch), overtime::DType::$dtype);
                })*
            })*
        }
        const ARCHS: &[&str] = &[$(stringify!($arch)),*];
        const TYPES: &[(&str, DType)] = &[$($((stringify!($arch), DType::$dtype)),*),*];
    };
}

each! {
    sm_75: f64 F64 f32 F32 f16 F16 bf16 Bf16;
    sm_80: f64 F64 f32 F32 f16 F16 bf16 Bf16;
    sm_89: f64 F64 f32 F32 f16 F16 bf16 Bf16;
    sm_90: f64 F64 f32 F32 f16 F16 bf16 Bf16;
    sm_90a: f16 F16 bf16 Bf16;
    sm_100: f64 F64 f32 F32 f16 F16 bf16 Bf16;
    sm_120: f64 F64 f32 F32 f16 F16 bf16 Bf16;
}

fn is_writing() -> bool {
    std::env::var_os("BUDGETS").is_some_and(|how| how == "write")
}

/// Every budget belongs to an existing kernel, and a test above compiles every kernel. With
/// `BUDGETS=write`, this test writes the budgets.
#[test]
fn budgets_and_kernels_match() {
    let mut there: Budgets = BTreeMap::new();
    for arch in ARCHS {
        for module in modules(arch) {
            assert!(TYPES.contains(&(*arch, module.dtype)), "no test compiles {module} for {arch}");
            there.insert((module.name.clone(), module.dtype.name().to_owned()), Budget::default());
        }
    }
    if !is_writing() {
        let budgets = budgets();
        let stale: Vec<_> = budgets.keys().filter(|key| !there.contains_key(*key)).collect();
        assert!(stale.is_empty(), "budgets without a kernel: {stale:?}");
        return;
    }
    let (compiler, mut complaints) = (Compiler::find().unwrap(), Vec::new());
    for arch in ARCHS {
        for (module, measured) in measure(&compiler, arch, modules(arch), &mut complaints) {
            let most = there.get_mut(&(module.name, module.dtype.name().to_owned())).unwrap();
            *most = most.most(measured);
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    write(&there);
}

/// The reason why one of two architectures is enough: modules of each kind and type have the same
/// PTX and the same measurements on both.
#[test]
fn architectures_have_the_same_code() {
    if compiler().is_some() {
        alone(module_path!(), "architectures_have_the_same_code", |_| {}, architectures_with_the_same_code);
    }
}

fn architectures_with_the_same_code() {
    let compiler = Compiler::find().unwrap();
    if !SAME_CODE.iter().all(|arch| compiler.archs().iter().any(|known| known == arch)) {
        eprintln!("SKIPPED: {SAME_CODE:?}, which this NVRTC ({:?}) does not support", compiler.version());
        return;
    }
    let modules: Vec<Module> = list().into_iter().filter(|m| m.needs() <= 86).collect();
    for module in modules.iter().step_by(16) {
        let [a, b] = SAME_CODE.map(|arch| {
            let built = compiler.compile(module, arch).unwrap();
            (
                built.usage,
                built.ptx.lines().filter(|l| !l.starts_with(".target")).map(str::to_owned).collect::<Vec<_>>(),
            )
        });
        assert!(a == b, "{module} differs between {SAME_CODE:?}: list both architectures in `each!`");
    }
}

fn write(most: &Budgets) {
    let mut text = String::from(
        "# The limits of each kernel on any architecture: registers of a thread, bytes of shared memory, of stack and of spills, and\n\
         # instructions in double precision (not checked for f64). A missing number is 0. tests/kernels.rs checks them, with NVRTC 13.0.\n\
         # A kernel's `__launch_bounds__` sets the compiler's own limit of registers. It stands in the kernel's file, for networks in\n\
         # src/cuda/network/request.rs, and for fused layers in src/cuda/engine/fused_layers.rs.\n",
    );
    let mut last = "";
    for ((module, dtype), budget) in most {
        if module != last {
            let _ = write!(text, "\n[{module}]\n");
            last = module;
        }
        let _ = writeln!(text, "{}", budget.text(dtype));
    }
    std::fs::write(path(), text).unwrap();
    eprintln!("written: {}", path().display());
}

#[test]
fn values_over_budget_are_described() {
    let modules = list();
    let module = modules.iter().find(|m| m.name == "check" && m.dtype.name() == "f32").unwrap();
    let key = ("check".to_owned(), "f32".to_owned());
    let budget = Budget { registers: 16, shared: 8, ..Budget::default() };
    let measured = |registers, spills, doubles| Budget { registers, spills, doubles, ..Budget::default() };
    let of = |measured| over(module, "sm_90", measured, &BTreeMap::from([(key.clone(), budget)]));
    assert!(of(measured(16, 0, 0)).is_empty() && of(measured(3, 0, 0)).is_empty());
    assert_eq!(of(measured(17, 0, 0)), ["check (f32) on sm_90: 17 registers, but the budget allows 16"]);
    assert_eq!(of(measured(1, 4, 1)).len(), 2);
    assert!(over(module, "sm_90", measured(9, 0, 0), &BTreeMap::new())[0].contains("f32 = { registers = 16 }"));
    let f64 = modules.iter().find(|m| m.name == "check" && m.dtype.name() == "f64").unwrap();
    let key = ("check".to_owned(), "f64".to_owned());
    assert!(over(f64, "sm_90", measured(1, 0, 99), &BTreeMap::from([(key, budget)])).is_empty());
}

#[test]
fn an_unknown_architecture_is_an_error_that_names_the_known_ones() {
    let Some(compiler) = compiler() else { return };
    let modules = list();
    for arch in ["sm_12", "90", "compute_90", "sm_90x", "", "sm_90 -I/"] {
        let error = compiler.compile(&modules[0], arch).unwrap_err().to_string();
        assert!(error.contains("no architecture named") && error.contains("sm_90"), "{error}");
    }
}

#[test]
fn a_compilation_returns_source_ptx_and_options() {
    let Some(compiler) = compiler() else { return };
    let module = list().into_iter().find(|m| m.name == "check").unwrap();
    let built = compiler.compile(&module, "sm_90").unwrap();
    assert!(built.source.contains("#line 1 \"scalar.cuh\"") && !built.source.contains("#include"), "{}", built.source);
    assert!(built.ptx.contains(".entry check_finite") && !built.ptx.contains('\0'));
    assert!(
        built.options.contains(&"--gpu-architecture=sm_90".to_owned())
            && built.options.contains(&"--fmad=false".to_owned())
    );
}
