//! `overtime kernels`: the kernels of a GPU, their registers and memory, and their code.

use crate::args::KernelsArgs;

#[cfg(not(feature = "cuda"))]
pub(crate) fn command(_: &KernelsArgs) -> anyhow::Result<()> {
    let reason = overtime::Reason::NotBuilt;
    Err(overtime::Error::DeviceUnavailable { device: "cuda".into(), reason }.into())
}

#[cfg(feature = "cuda")]
pub(crate) use listing::command;

#[cfg(feature = "cuda")]
mod listing {
    use super::KernelsArgs;
    use crate::console::print;
    use anyhow::Context;
    use overtime::kernels::{Built, Compiler, Module, list};
    use overtime::{DType, Survey};
    use overtime_model::Type;
    use std::fmt::Write;
    use std::path::Path;

    pub(crate) fn command(args: &KernelsArgs) -> anyhow::Result<()> {
        let compiler = Compiler::find()?;
        let arch = args.arch.clone().unwrap_or_else(|| default_arch(&compiler));
        compiler.knows(&arch)?;
        let wanted = args.dtype.map(|dtype| match dtype {
            Type::F64 => DType::F64,
            Type::F32 => DType::F32,
            Type::F16 => DType::F16,
            Type::Bf16 => DType::Bf16,
        });
        let mut modules = list();
        modules.retain(|module| wanted.is_none_or(|dtype| module.dtype == dtype));
        // An architecture never gets a kernel whose instructions it lacks.
        let number = arch
            .trim_start_matches("sm_")
            .trim_end_matches(|c: char| c.is_ascii_alphabetic())
            .parse()
            .unwrap_or(u32::MAX);
        modules.retain(|module| module.needs() <= number);
        // A folder that cannot be created is an error before minutes of compilation.
        if let Some(folder) = &args.out {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let built: Vec<Built> = compiler.compile_all(&modules, &arch).into_iter().collect::<Result<_, _>>()?;
        if let Some(folder) = &args.out {
            for (module, built) in modules.iter().zip(&built) {
                write(folder, module, built, &arch)?;
            }
        }
        let (major, minor) = compiler.version();
        print(&format!(
            "NVRTC of CUDA {major}.{minor}, {arch}; shared memory, stack and spills in bytes\n{}",
            table(&modules, &built)
        ))
    }

    /// The architecture of the first GPU, if the compiler knows it.
    fn default_arch(compiler: &Compiler) -> String {
        let survey = Survey::new();
        let own = survey.gpus().first().map(|gpu| format!("sm_{}{}", gpu.capability.0, gpu.capability.1));
        own.filter(|arch| compiler.archs().contains(arch)).unwrap_or_else(|| "sm_90".to_owned())
    }

    fn table(modules: &[Module], built: &[Built]) -> String {
        let width = modules.iter().map(|m| m.name.len()).max().unwrap_or(0).max(6);
        let mut text = String::new();
        let line = |text: &mut String, [name, dtype, kernel]: [&str; 3], numbers: [&str; 5]| {
            let [registers, shared, stack, spills, double] = numbers;
            let _ = writeln!(
                text,
                "{name:<width$}  {dtype:<5}  {kernel:<15}  {registers:>9}  {shared:>6}  {stack:>6}  {spills:>6}  {double:>6}"
            );
        };
        line(&mut text, ["MODULE", "TYPE", "KERNEL"], ["REGISTERS", "SHARED", "STACK", "SPILLS", "DOUBLE"]);
        for (module, built) in modules.iter().zip(built) {
            for usage in &built.usage {
                let spills = u64::from(usage.spill_stores) + u64::from(usage.spill_loads);
                let numbers = [u64::from(usage.registers), u64::from(usage.shared), u64::from(usage.stack), spills];
                let [registers, shared, stack, spills] = numbers.map(|n| n.to_string());
                let double = built.doubles(&usage.kernel).to_string();
                let names = [module.name.as_str(), module.dtype.name(), usage.kernel.as_str()];
                line(&mut text, names, [&registers, &shared, &stack, &spills, &double]);
            }
        }
        text
    }

    /// Writes NAME.TYPE.cu, NAME.TYPE.ARCH.ptx and NAME.TYPE.ARCH.cubin.
    fn write(folder: &Path, module: &Module, built: &Built, arch: &str) -> anyhow::Result<()> {
        let stem = format!("{}.{}", module.name, module.dtype);
        let source = format!("// nvrtc {}\n{}", built.options.join(" "), built.source);
        overtime_atomic::write(&folder.join(format!("{stem}.cu")), source.as_bytes())?;
        overtime_atomic::write(&folder.join(format!("{stem}.{arch}.ptx")), built.ptx.as_bytes())?;
        overtime_atomic::write(&folder.join(format!("{stem}.{arch}.cubin")), &built.cubin)?;
        Ok(())
    }
}
