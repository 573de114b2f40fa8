//! Each check detects a planted mistake, and names the kernel, the thread and the instruction.

use crate::common::*;
use fakecuda::{Fault, Kind};

fn fault(r: Result<fakecuda::Outcome, Fault>, kind: Kind) -> Fault {
    let f = r.expect_err("the mistake was not detected");
    assert_eq!(f.kind, kind, "{f}");
    assert!(f.line > 0 && !f.text.is_empty(), "{f}");
    println!("{f}");
    f
}

#[test]
fn missing_block_barrier() {
    let n = 64;
    let mut gpu = Gpu::load("sgemm_race");
    let (a, b, c) = (gpu.up(&random(n * n, 1)), gpu.up(&random(n * n, 2)), gpu.fresh::<f32>(n * n));
    let args = Args::new().u64(a).u64(b).u64(c).i32(64).i32(64).i32(64);
    let f = fault(gpu.launch("sgemm", 1, 256, args), Kind::Race);
    assert!(f.text.contains("shared"), "{f}");
}

#[test]
fn missing_grid_barrier() {
    let (h, steps, grid) = (64usize, 6usize, 4usize);
    let mut gpu = Gpu::load("rnn_race");
    let (w, x) = (gpu.up(&random(h * h, 1)), gpu.up(&random(steps * h, 2)));
    let (state, bar) = (gpu.up(&vec![0f32; (steps + 1) * h]), gpu.up(&[0u32]));
    let args = Args::new().u64(w).u64(x).u64(state).u64(bar).i32(h as i32).i32(steps as i32);
    let bytes = (h / grid * h + h) * 4;
    let f = fault(gpu.launch_full("rnn", [grid as u32, 1, 1], [64, 1, 1], bytes, true, args), Kind::Race);
    assert!(f.what.contains("block"), "{f}");
}

#[test]
fn blocks_that_write_one_place() {
    let mut gpu = Gpu::load("scalar");
    let y = gpu.fresh::<f32>(32);
    fault(gpu.launch("race_blocks", 2, 32, Args::new().u64(y)), Kind::Race);
    gpu.launch("race_blocks", 1, 32, Args::new().u64(y)).unwrap();
}

#[test]
fn out_of_bounds() {
    let mut gpu = Gpu::load("scalar");
    let y = gpu.fresh::<f32>(100);
    let f = fault(gpu.launch("out_of_bounds", 4, 32, Args::new().u64(y).i32(100)), Kind::OutOfBounds);
    assert_eq!((f.block, f.thread), ([3, 0, 0], [4, 0, 0]), "{f}");
    gpu.launch("out_of_bounds", 4, 32, Args::new().u64(y).i32(99)).unwrap();
}

#[test]
fn out_of_shared_memory() {
    let mut gpu = Gpu::load("scalar");
    let y = gpu.fresh::<f32>(64);
    gpu.launch("use_shared", 1, 64, Args::new().u64(y).i32(0)).unwrap();
    fault(gpu.launch("use_shared", 1, 64, Args::new().u64(y).i32(1)), Kind::OutOfBounds);
}

#[test]
fn short_dynamic_shared_memory() {
    let mut gpu = Gpu::load("rnn");
    let p = [gpu.up(&random(64, 1)), gpu.up(&random(8, 2)), gpu.up(&[0f32; 16]), gpu.up(&[0u32])];
    let args = || p.iter().fold(Args::new(), |a, &p| a.u64(p)).i32(8).i32(1);
    gpu.launch_full("rnn", [1, 1, 1], [32, 1, 1], 72 * 4, true, args()).unwrap();
    gpu.memory.bytes_mut(p[3], 4).unwrap().fill(0);
    fault(gpu.launch_full("rnn", [1, 1, 1], [32, 1, 1], 71 * 4, true, args()), Kind::OutOfBounds);
}

#[test]
fn misaligned() {
    let mut gpu = Gpu::load("scalar");
    let y = gpu.fresh::<f32>(2);
    fault(gpu.launch("misaligned", 1, 1, Args::new().u64(y)), Kind::Misaligned);
}

#[test]
fn use_after_free() {
    let mut gpu = Gpu::load("scalar");
    let y = gpu.fresh::<f32>(32);
    assert!(gpu.memory.free(y) && !gpu.memory.free(y));
    let f = fault(gpu.launch("race_blocks", 1, 32, Args::new().u64(y)), Kind::UseAfterFree);
    assert!(f.what.contains("freed"), "{f}");
}

/// A kernel in which lanes 0 to 15 of a warp reach `instruction`. The other lanes branch around it,
/// and all converge after it.
fn around(instruction: &str) -> Gpu {
    Gpu::new(&format!(
        ".version 8.3\n.target sm_90\n.address_size 64\n.visible .entry part()\n{{\n.reg .pred %p<2>;\n.reg .b32 %r<2>;\n\
         mov.u32 %r1, %tid.x;\nsetp.gt.u32 %p1, %r1, 15;\n{instruction}\n$L_out:\nbar.warp.sync -1;\nret;\n}}\n"
    ))
}

#[test]
fn aligned_instructions_are_for_whole_warps() {
    for instruction in [
        "@%p1 bra $L_out;\nbar.arrive 1, 64;",
        "@%p1 bra $L_out;\nbarrier.arrive.aligned 1, 64;",
        "@%p1 bra $L_out;\nbar.sync 0;",
        "@!%p1 bar.sync 0;",
        "@%p1 bra $L_else;\nbar.sync 0;\nbra $L_out;\n$L_else:\nbar.sync 0;",
        "@%p1 bra $L_out;\nbarrier.cluster.arrive.aligned;",
        "@%p1 bra $L_out;\nbarrier.cluster.arrive;\nbarrier.cluster.wait.aligned;",
    ] {
        let f = fault(around(instruction).launch("part", 1, 32, Args::new()), Kind::Deadlock);
        assert!(f.what.contains("`.aligned`"), "{instruction}: {f}");
    }
    // A part of a warp may reach an instruction that is not `.aligned`. A warp some of whose lanes
    // have ended counts as whole.
    for instruction in [
        "@%p1 bra $L_out;\nbarrier.arrive 1, 64;",
        "@%p1 bra $L_out;\nbarrier.cluster.arrive;",
        "@%p1 ret;\nbar.arrive 1, 64;",
        "bar.sync 0;",
        "@%p1 bra $L_out;\nbar.warp.sync 0xffff;",
    ] {
        around(instruction).launch("part", 1, 32, Args::new()).unwrap_or_else(|f| panic!("{instruction}: {f}"));
    }
}

#[test]
fn barrier_that_not_all_reach() {
    let mut gpu = Gpu::load("scalar");
    let y = gpu.fresh::<f32>(64);
    fault(gpu.launch("half_barrier", 1, 64, Args::new().u64(y)), Kind::Deadlock);
    gpu.launch("half_barrier", 1, 16, Args::new().u64(y)).unwrap();
}

#[test]
fn endless_waiting() {
    let mut gpu = Gpu::load("scalar");
    let flag = gpu.up(&[0u32]);
    fault(gpu.launch("spin", 2, 32, Args::new().u64(flag)), Kind::Endless);
    let flag = gpu.up(&[1u32]);
    gpu.launch("spin", 2, 32, Args::new().u64(flag)).unwrap();
}

#[test]
fn grid_barrier_without_a_cooperative_launch() {
    let mut gpu = Gpu::load("rnn");
    let (h, grid) = (8usize, 2u32);
    let p = [gpu.up(&random(h * h, 1)), gpu.up(&random(h, 2)), gpu.up(&vec![0f32; 2 * h]), gpu.up(&[0u32])];
    let args = p.iter().fold(Args::new(), |a, &p| a.u64(p)).i32(h as i32).i32(1);
    let f = fault(gpu.launch_full("rnn", [grid, 1, 1], [32, 1, 1], (h * h + h) * 4, false, args), Kind::Endless);
    assert!(f.what.contains("cooperative"), "{f}");
}

#[test]
fn a_trap_is_a_fault() {
    let mut gpu = Gpu::load("scalar");
    fault(gpu.launch("trapped", 1, 1, Args::new()), Kind::Trap);
}

#[test]
fn fresh_memory_is_poison() {
    let mut gpu = Gpu::load("scalar");
    let at = gpu.fresh::<u8>(3);
    assert_eq!(gpu.down::<u8>(at, 3), [0xa5; 3]);
}

#[test]
fn an_unknown_construct_is_an_error_with_its_line() {
    let whole = |body: &str| {
        format!(
            ".version 9.0\n.target sm_90\n.address_size 64\n.visible .entry k()\n{{\n.reg .b32 %r<9>;\n{body}\nret;\n}}\n"
        )
    };
    let error = |text: &str| fakecuda::parse(text, &mut |_| Ok(0)).err().map(|e| e.to_string()).unwrap_or_default();
    assert_eq!(error(&whole("")), "");
    for (body, word) in [
        ("frob.b32 %r1, %r2;", "frob"),
        ("add.s32.wild %r1, %r2, %r3;", "wild"),
        ("add.s32 %r1, %r2;", "3 operands"),
        ("add.s32 %r1, %r2, %x;", "%x"),
        ("bra $nowhere;", "$nowhere"),
        (".frob 1;", ".frob"),
        ("mov.u32 %r1, %clock_hi;", "%clock_hi"),
        ("ld.global.v2.u32 %r1, [%r2];", "registers"),
    ] {
        let e = error(&whole(body));
        assert!(e.contains("line 7") || word == "$nowhere", "{body}: {e}");
        assert!(e.contains(word), "{body}: {e}");
    }
}

#[test]
fn cut_or_broken_text_is_an_error_and_no_panic() {
    let text = text("rnn");
    for n in (0..text.len()).step_by(7) {
        let part: String = text.chars().take(n).collect();
        let _ = fakecuda::parse(&part, &mut |_| Ok(0));
        let other: String = text.chars().enumerate().map(|(i, c)| if i == n { '}' } else { c }).collect();
        let _ = fakecuda::parse(&other, &mut |_| Ok(0));
    }
}
