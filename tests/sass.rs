//! The cost of a neuron's step: instructions in the machine code of the loop, which can be counted
//! without a GPU.

use crate::common::alone;
use crate::cuda::machine;
use overtime::DType;
use overtime::kernels::{Compiler, list};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of `nvdisasm`: from the environment, from `PATH`, or from pip's folder.
fn nvdisasm() -> Option<PathBuf> {
    let name = if cfg!(windows) { "nvdisasm.exe" } else { "nvdisasm" };
    if let Some(named) = std::env::var_os("OVERTIME_NVDISASM").filter(|v| !v.is_empty()) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut folders = on_path.clone();
    for python in on_path.iter().map(|dir| dir.join("python3")).filter(|python| python.is_file()) {
        for prefix in [Some(python.clone()), python.canonicalize().ok()]
            .into_iter()
            .flatten()
            .filter_map(|p| p.ancestors().nth(2).map(Path::to_path_buf))
        {
            for library in entries(&prefix.join("lib")) {
                folders.extend(entries(&library.join("site-packages/nvidia")).into_iter().map(|part| part.join("bin")));
            }
        }
    }
    folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Returns NVRTC and `nvdisasm`. Without them, prints that tests are skipped.
fn tools() -> Option<(Compiler, PathBuf)> {
    machine::prepare();
    match (Compiler::find(), nvdisasm()) {
        (Ok(compiler), Some(nvdisasm)) => Some((compiler, nvdisasm)),
        (compiler, nvdisasm) => {
            let lacks = compiler.err().map_or_else(|| format!("{nvdisasm:?}"), |error| error.to_string());
            assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "NVRTC and nvdisasm are required: {lacks}");
            eprintln!(
                "SKIPPED: no instructions were counted. To count them: pip install nvidia-cuda-nvrtc 'nvidia-cuda-nvdisasm>=13.2.51'"
            );
            None
        }
    }
}

/// Runs in its own process, so that the compiler does not wait for other tests: it compiles one
/// text at a time in a process.
fn apart(test: &str, body: impl FnOnce(&Compiler, &Path)) {
    if let Some((compiler, nvdisasm)) = tools() {
        alone(module_path!(), test, |_| {}, || body(&compiler, &nvdisasm));
    }
}

/// The machine code as text.
fn sass(nvdisasm: &Path, cubin: &[u8]) -> String {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let file = std::env::temp_dir().join(format!("overtime-sass-{}-{number}.cubin", std::process::id()));
    std::fs::write(&file, cubin).unwrap();
    let said = Command::new(nvdisasm).arg("-c").arg(&file).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(said.status.success(), "{}: {}", nvdisasm.display(), String::from_utf8_lossy(&said.stderr));
    String::from_utf8_lossy(&said.stdout).into_owned()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// The instructions of each innermost loop, that is, up to a branch backwards.
fn loops(text: &str) -> Vec<Vec<&str>> {
    let mut labels = Vec::new();
    let mut code = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(label) = line.strip_suffix(':') {
            labels.push((label, code.len()));
        } else if let Some((_, instruction)) = line.strip_prefix("/*").and_then(|l| l.split_once("*/")) {
            code.push(instruction.trim().trim_end_matches(';').trim());
        }
    }
    let start = |instruction: &str| {
        let to = instruction.contains("BRA").then(|| instruction.split_once("(.")?.1.split_once(')'))??.0;
        labels.iter().find(|(label, _)| label.strip_prefix('.') == Some(to)).map(|(_, at)| *at)
    };
    let ranges: Vec<_> = code
        .iter()
        .enumerate()
        .filter_map(|(at, i)| start(i).filter(|from| *from <= at).map(|from| (from, at)))
        .collect();
    let is_innermost =
        |(from, to): (usize, usize)| !ranges.iter().any(|(f, t)| (*f, *t) != (from, to) && from <= *f && *t <= to);
    ranges.iter().filter(|range| is_innermost(**range)).map(|(from, to)| code[*from..=*to].to_vec()).collect()
}

fn count(code: &[&str], opcode: &str) -> usize {
    code.iter().filter(|i| i.split_whitespace().any(|word| word.split('.').next() == Some(opcode))).count()
}

#[test]
fn loops_are_found() {
    let text = "
.text.kernel:
        /*0000*/                   MOV R1, c[0x0][0x28] ;
.L_x_1:
        /*0010*/                   FFMA R1, R1, R2, R3 ;
.L_x_0:
        /*0020*/              @!P0 MUFU.RCP R0, R17 ;
        /*0030*/               @P2 BRA `(.L_x_2) ;
        /*0040*/              @!P4 BRA `(.L_x_0) ;
        /*0050*/                   BRA `(.L_x_1) ;
.L_x_2:
        /*0060*/                   EXIT ;";
    let found = loops(text);
    assert_eq!(found, [vec!["@!P0 MUFU.RCP R0, R17", "@P2 BRA `(.L_x_2)", "@!P4 BRA `(.L_x_0)"]]);
    assert_eq!((count(&found[0], "MUFU"), count(&found[0], "BRA"), count(&found[0], "FFMA")), (1, 2, 0));
}

/// The inner loops of products consist of the tensor instruction, if the type has one, or mostly of
/// multiply-adds.
#[test]
fn products_spend_their_loops_on_products() {
    apart("products_spend_their_loops_on_products", |compiler, nvdisasm| {
        let modules = list();
        // The module, the type, the opcode, its count, and its least share of the loop in percent.
        for (name, dtype, opcode, times, share) in [
            ("product_simt_large", DType::F32, "FFMA", 512, 85),
            ("product_simt_middle", DType::F32, "FFMA", 256, 75),
            ("product_simt_large", DType::F64, "DFMA", 256, 66),
            ("product_mma_large", DType::F16, "HMMA", 32, 28),
            ("product_mma_large", DType::Bf16, "HMMA", 32, 28),
            ("product_mma_large", DType::F32, "HMMA", 32, 14),
        ] {
            let module = modules.iter().find(|m| m.name == name && m.dtype == dtype).expect(name);
            let built = compiler.compile(module, "sm_90").unwrap();
            let text = sass(nvdisasm, &built.cubin);
            let found = loops(&text);
            let most =
                found.iter().max_by_key(|code| count(code, opcode)).unwrap_or_else(|| panic!("{module} has no loop"));
            let (has, all) = (count(most, opcode), most.len());
            println!("{module}: {has} {opcode} of {all} instructions, {}%", 100 * has / all);
            assert_eq!(has, times, "{module}: {opcode}");
            assert!(100 * has >= share * all, "{module}: {has} {opcode} of {all} instructions");
            assert_eq!(count(most, "LDL") + count(most, "STL"), 0, "{module}");
        }
    });
}

/// Fast cells use tensor instructions if the type has them, keep weights in registers, and do not
/// spill.
#[test]
fn cells_use_tensor_cores_where_their_type_has_them() {
    apart("cells_use_tensor_cores_where_their_type_has_them", |compiler, nvdisasm| {
        for (name, opcode, times) in [
            ("lstm_cell_brainpy_grid", "HMMA.16816.F32.BF16", 18),
            ("lstm_cell_brainpy_block", "HMMA.16816.F32", 32),
            ("gru_cell_grid_tf32", "HMMA.1688.F32.TF32", 1),
            ("gru_cell_brainpy_grid", "FFMA", 100),
        ] {
            let module = list().into_iter().find(|m| m.name == name).expect(name);
            let built = compiler.compile(&module, "sm_90").unwrap();
            let text = sass(nvdisasm, &built.cubin);
            let has = text.matches(opcode).count();
            println!("{module}: {has} {opcode}");
            assert!(has >= times, "{module}: {has} {opcode}");
            assert_eq!(text.contains("HMMA"), opcode != "FFMA", "{module}");
            assert!(!text.contains("STL") && !text.contains("LDL"), "{module} spills");
        }
    });
}

#[test]
fn products_on_hopper_are_of_warp_groups() {
    apart("products_on_hopper_are_of_warp_groups", |compiler, nvdisasm| {
        for module in list().iter().filter(|m| m.name == "product_hopper") {
            let built = compiler.compile(module, "sm_90a").unwrap();
            let text = sass(nvdisasm, &built.cubin);
            assert_eq!(text.matches("HGMMA.64x256x16").count(), 4, "{module}");
            assert!(text.contains("UTMALDG") && !text.contains("STL"), "{module}");
        }
    });
}

/// A lane reads four synapses, and then adds them without a return value.
#[test]
fn synapses_of_a_sum_ring_are_read_before_they_are_added() {
    apart("synapses_of_a_sum_ring_are_read_before_they_are_added", |compiler, nvdisasm| {
        let module = list().into_iter().find(|m| m.name == "network_sum_ring" && m.dtype == DType::F32);
        let built = compiler.compile(&module.expect("network_sum_ring"), "sm_90").unwrap();
        let text = sass(nvdisasm, &built.cubin);
        // R: a read of a synapse. W and w: an addition to a sum of 64 and of 32 bits.
        let kind = |line: &str| match line {
            _ if line.contains("LDG") && line.contains("CONSTANT") => Some('R'),
            _ if line.contains("REDG.E.ADD.64") => Some('W'),
            _ if line.contains("REDG") => Some('w'),
            _ => None,
        };
        let order: String = text.lines().filter_map(kind).collect();
        // A delay and a target of each synapse, and a weight where sums have 64 bits.
        let (wide, narrow) = ("R".repeat(12) + "WWWW", "R".repeat(8) + "wwww");
        let (weighted, counted) = (order.matches(&wide).count(), order.matches(&narrow).count());
        println!("{weighted} rounds of weighted synapses, {counted} of other synapses");
        assert!(weighted > 0 && counted > 0, "{order}");
        assert!(!order.replace(&wide, "").replace(&narrow, "").contains('R'), "a read follows an addition: {order}");
        assert!(!text.contains("ATOMG.E.ADD.64"), "an addition returns a value");
    });
}

#[test]
fn a_step_of_hodgkin_and_huxleys_neuron_is_200_instructions_at_most() {
    apart("a_step_of_hodgkin_and_huxleys_neuron_is_200_instructions_at_most", |compiler, nvdisasm| {
        let module = list().into_iter().find(|m| m.name == "hh_scan" && m.dtype == DType::F32).expect("hh_scan");
        let built = compiler.compile(&module, "sm_90").unwrap();
        assert!(
            built.usage.iter().all(|usage| usage.spill_stores + usage.spill_loads + usage.stack == 0),
            "{:?}",
            built.usage
        );
        let text = sass(nvdisasm, &built.cubin);
        let steps: Vec<_> = loops(&text).into_iter().filter(|code| count(code, "MUFU") > 0).collect();
        for code in &steps {
            let input = if count(code, "LDG") > 0 { "an input that changes" } else { "a constant input" };
            let (all, special) = (code.len(), count(code, "MUFU"));
            println!("with {input}: {all} instructions, {special} of them MUFU");
            assert!(all <= 200 && special <= 10, "with {input}: {all} instructions, {special} of them MUFU");
            assert_eq!(count(code, "STG"), 0, "nothing is recorded, but the loop has a store");
            assert!(all > 100, "this is not a whole step");
        }
        assert_eq!(steps.len(), 2, "expected a loop for constant inputs and one for other inputs");
    });
}

/// The text of `examples/equations/hh.eq` has the equations of `Hh`.
#[test]
fn the_text_of_hodgkin_and_huxley_has_at_most_1_3_times_the_instructions_of_the_neuron() {
    apart(
        "the_text_of_hodgkin_and_huxley_has_at_most_1_3_times_the_instructions_of_the_neuron",
        |compiler, nvdisasm| {
            let [by_hand, by_text] = ["hh_scan", "equations_hh_scan"].map(|name| {
                let module = list().into_iter().find(|m| m.name == name && m.dtype == DType::F32).expect(name);
                let built = compiler.compile(&module, "sm_90").unwrap();
                let text = sass(nvdisasm, &built.cubin);
                let steps = loops(&text).into_iter().filter(|code| count(code, "MUFU") > 0);
                let counts: Vec<[usize; 2]> = steps.map(|code| [code.len(), count(&code, "MUFU")]).collect();
                println!("{name}: {counts:?} instructions, MUFU among them");
                counts
            });
            assert_eq!((by_hand.len(), by_text.len()), (2, 2), "loops for constant and for other inputs");
            for ([hand, _], [text, special]) in by_hand.into_iter().zip(by_text) {
                assert!(10 * text <= 13 * hand && special <= 14, "{text} and {hand}, {special}");
            }
        },
    );
}

/// `math::reciprocal` of the kernels for f32: an approximation that is wrong by at most one unit in
/// the last place, and one step of Newton's method. The result depends only on the digits as long
/// as all numbers are normal, so one power of two is enough for the test.
#[test]
fn an_approximation_and_a_step_of_newtons_come_to_the_reciprocal() {
    for digits in 0..1_u32 << 23 {
        let x = f32::from_bits(0x3f80_0000 | digits);
        let exact = 1.0 / x;
        for guess in [exact, exact.next_up(), exact.next_down()] {
            let place = f64::from(guess.next_up()) - f64::from(guess);
            let is_off = (f64::from(guess) - 1.0 / f64::from(x)).abs() > place;
            // For 1.11…1 (base 2), the approximation must not be ½. It is not: ptxas compiles a
            // division into the same steps.
            if is_off || (digits == (1 << 23) - 1 && guess == 0.5) {
                continue;
            }
            let step = guess.mul_add((-x).mul_add(guess, 1.0), guess);
            assert_eq!(step.to_bits(), exact.to_bits(), "1/{x:?} from {guess:?}");
        }
    }
}
