//! Every kernel compiles for every architecture, and takes no more than `kernels/budgets.toml` allows.
//!
//! Machine code is made, because PTX hides what an architecture lacks. `BUDGETS=write` writes the budgets anew, as measured;
//! read the difference before you keep it.

use crate::common::alone;
use crate::cuda::machine;
use overtime::DType;
use overtime::kernels::{Compiler, Module, Usage, list};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// An architecture whose machine code is another's, of which a sample is looked at: of all modules it was, with NVRTC 13.0.
const TWINS: [&str; 2] = ["sm_86", "sm_89"];

/// NVRTC; without one, says what is skipped.
fn compiler() -> Option<Compiler> {
    machine::prepare();
    match Compiler::find() {
        Ok(compiler) => Some(compiler),
        Err(error) => {
            assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "{error}");
            eprintln!("SKIPPED: no kernel was compiled, since there is no NVRTC. To get it: pip install nvidia-cuda-nvrtc\n({error})");
            None
        }
    }
}

/// What a kernel may take, on any architecture. What is not named is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Budget {
    registers: u64,
    shared: u64,
    stack: u64,
    spills: u64,
    /// Instructions in double precision; not held for f64.
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

    /// How a budget is written. Registers are given out in eights, so that a few more cost nothing.
    fn text(mut self, dtype: &str) -> String {
        self.registers = self.registers.next_multiple_of(8);
        if dtype == "f64" {
            self.doubles = 0;
        }
        let fields: Vec<_> = FIELDS.iter().zip(self.all()).filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} = {n}")).collect();
        format!("{dtype} = {{ {} }}", fields.join(", "))
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("kernels/budgets.toml")
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

/// What is over its budget, in words.
fn over(module: &Module, arch: &str, measured: Budget, budgets: &Budgets) -> Vec<String> {
    let Some(budget) = budgets.get(&(module.name.clone(), module.dtype.name().to_owned())) else {
        return vec![format!("{module} has no budget; on {arch} it takes [{}]\n    {}", module.name, measured.text(module.dtype.name()))];
    };
    let mut complaints = Vec::new();
    for ((name, has), may) in FIELDS.iter().zip(measured.all()).zip(budget.all()) {
        if has > may && !(*name == "doubles" && module.dtype.name() == "f64") {
            complaints.push(format!("{module} on {arch}: {name} are {has}, budgeted are {may}"));
        }
    }
    complaints
}

/// What there is to compile for an architecture.
fn modules(arch: &str) -> Vec<Module> {
    let number: u32 = arch.trim_start_matches("sm_").trim_end_matches('a').parse().unwrap();
    // What sm_90a has beyond sm_90 is for tensor cores: code that does not use it is the same.
    let differs = |m: &Module| arch != "sm_90a" || m.name.contains("hopper");
    list().into_iter().filter(|m| m.needs() <= number).filter(differs).collect()
}

/// Compiles these for an architecture: what each takes. What does not compile is among the
/// complaints.
fn measure(compiler: &Compiler, arch: &str, modules: Vec<Module>, complaints: &mut Vec<String>) -> Vec<(Module, Budget)> {
    if !compiler.archs().iter().any(|known| known == arch.trim_end_matches('a')) {
        eprintln!("SKIPPED: {arch}, which this NVRTC ({:?}) does not know", compiler.version());
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
        // What is specialised has a kernel that prepares what it needs, too.
        let usage = match built.usage.as_slice() {
            [usage] => Some(usage),
            [..] if module.is_specialised() => built.usage.iter().find(|usage| usage.kernel == module.kernel()),
            _ => None,
        };
        let usage = usage.unwrap_or_else(|| panic!("{module} on {arch} is to have one kernel:\n{}", built.log));
        assert_eq!(usage.kernel, module.kernel(), "{module} on {arch}");
        assert!(usage.registers > 0, "{module} on {arch}: the log says nothing\n{}", built.log);
        measured.push((module, Budget::of(usage, built.doubles(&usage.kernel))));
    }
    measured
}

/// In a process of its own: NVRTC compiles one text at a time in a process, and all of these are
/// half of the tests' time.
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
            eprintln!("SKIPPED: the budgets, which are of NVRTC 13.0 and not {:?}", compiler.version());
        }
        assert!(complaints.is_empty(), "{}\nkernels/budgets.toml says what each kernel may take", complaints.join("\n"));
    };
    alone(module_path!(), test, |_| {}, check);
}

macro_rules! each {
    ($($arch:ident: $($name:ident $dtype:ident)*;)*) => {
        /// Every kernel compiles for every architecture, and keeps to its budget.
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

/// None but of kernels that there are, and every one of those is compiled by a test above. Writes
/// the budgets where that is asked for.
#[test]
fn budgets_are_of_what_there_is() {
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
        assert!(stale.is_empty(), "budgets of what there is no kernel of: {stale:?}");
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

/// Why one of two architectures is enough: texts of each kind, in each type, come to the same PTX and take the same.
#[test]
fn twins_have_the_same_code() {
    if compiler().is_some() {
        alone(module_path!(), "twins_have_the_same_code", |_| {}, twins);
    }
}

fn twins() {
    let compiler = Compiler::find().unwrap();
    if !TWINS.iter().all(|twin| compiler.archs().iter().any(|arch| arch == twin)) {
        eprintln!("SKIPPED: {TWINS:?}, which this NVRTC ({:?}) does not know", compiler.version());
        return;
    }
    let modules: Vec<Module> = list().into_iter().filter(|m| m.needs() <= 86).collect();
    for module in modules.iter().step_by(16) {
        let [a, b] = TWINS.map(|arch| {
            let built = compiler.compile(module, arch).unwrap();
            (built.usage, built.ptx.lines().filter(|l| !l.starts_with(".target")).map(str::to_owned).collect::<Vec<_>>())
        });
        assert!(a == b, "{module} is not the same on {TWINS:?}: list both in `each!`");
    }
}

fn write(most: &Budgets) {
    let mut text = String::from(
        "# What each kernel may take at most, on any architecture: registers of a thread, bytes of shared memory, of stack and of spills,\n\
         # and instructions in double precision (not held for f64). What is not named is 0. Held by tests/kernels.rs, with NVRTC 13.0.\n",
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
fn what_is_over_budget_is_said() {
    let modules = list();
    let module = modules.iter().find(|m| m.name == "check" && m.dtype.name() == "f32").unwrap();
    let key = ("check".to_owned(), "f32".to_owned());
    let budget = Budget { registers: 16, shared: 8, ..Budget::default() };
    let measured = |registers, spills, doubles| Budget { registers, spills, doubles, ..Budget::default() };
    let of = |measured| over(module, "sm_90", measured, &BTreeMap::from([(key.clone(), budget)]));
    assert!(of(measured(16, 0, 0)).is_empty() && of(measured(3, 0, 0)).is_empty());
    assert_eq!(of(measured(17, 0, 0)), ["check (f32) on sm_90: registers are 17, budgeted are 16"]);
    assert_eq!(of(measured(1, 4, 1)).len(), 2);
    assert!(over(module, "sm_90", measured(9, 0, 0), &BTreeMap::new())[0].contains("f32 = { registers = 16 }"));
    let f64 = modules.iter().find(|m| m.name == "check" && m.dtype.name() == "f64").unwrap();
    let key = ("check".to_owned(), "f64".to_owned());
    assert!(over(f64, "sm_90", measured(1, 0, 99), &BTreeMap::from([(key, budget)])).is_empty());
}

#[test]
fn an_architecture_that_is_not_known_is_an_error_with_those_that_are() {
    let Some(compiler) = compiler() else { return };
    let modules = list();
    for arch in ["sm_12", "90", "compute_90", "sm_90x", "", "sm_90 -I/"] {
        let error = compiler.compile(&modules[0], arch).unwrap_err().to_string();
        assert!(error.contains("no architecture named") && error.contains("sm_90"), "{error}");
    }
}

#[test]
fn what_is_built_is_whole() {
    let Some(compiler) = compiler() else { return };
    let module = list().into_iter().find(|m| m.name == "check").unwrap();
    let built = compiler.compile(&module, "sm_90").unwrap();
    assert!(built.source.contains("#line 1 \"scalar.cuh\"") && !built.source.contains("#include"), "{}", built.source);
    assert!(built.ptx.contains(".entry check_finite") && !built.ptx.contains('\0'));
    assert!(built.options.contains(&"--gpu-architecture=sm_90".to_owned()) && built.options.contains(&"--fmad=false".to_owned()));
}
