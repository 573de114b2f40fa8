//! Products by the warp groups of sm_90a: the library's launch with its tensor maps, and the kernel
//! without its waits.

use crate::cuda::child::simulated;
use crate::cuda::device;
use crate::cuda::machine::{Simulated, is_simulated};
use crate::cuda::products::{Case, check, random};
use half::{bf16, f16};
use ndarray::ArrayD;
use overtime::kernels::{Compiler, list};
use overtime::models::{Activation, Dense, brainpy};
use overtime::{Device, LoopOverTime, Products, Scalar, System};

/// Many SMs are best used with small tiles. A device with few SMs gets the largest tiles.
const ONE: (&str, &str) = ("FAKECUDA_SMS", "1");

fn hopper<T: Scalar>(case: Case, seed: u64) {
    let kernel = case.build::<T>(Device::Cuda(0)).kernel();
    assert!(kernel.starts_with("hopper"), "{case:?}: {kernel}");
    check::<T>(case, Device::Cuda(0), seed);
}

/// A product that keeps all SMs of a GPU busy gets the largest tiles, with any kernel. The tests
/// below use them on the simulated driver.
#[test]
fn a_gpu_makes_large_tiles_too() {
    let Some(device) = device().filter(|_| !is_simulated()) else { return eprintln!("skipped: there is no GPU") };
    for (i, turned) in [[false, false], [false, true], [true, false], [true, true]].into_iter().enumerate() {
        let case = |k, products| Case { products, ..Case::new(1536, k, 2816, turned) };
        println!("{}", case(136, Products::Fast).build::<bf16>(device).kernel());
        check::<bf16>(case(136, Products::Fast), device, 70 + i as u64);
        check::<f16>(case(72, Products::Fast), device, 80 + i as u64);
        check::<f32>(case(36, Products::Tf32), device, 90 + i as u64);
        check::<f32>(case(35, Products::Fast), device, 100 + i as u64);
    }
}

/// Sizes that are not multiples of a tile, in every layout. The bias has columns beyond the last
/// tile.
#[test]
fn products_of_every_layout_stay_within_bounds() {
    simulated("hopper::products_of_every_layout_stay_within_bounds", &[ONE], || {
        hopper::<bf16>(Case { activation: Activation::Tanh, ..Case::new(250, 72, 504, [false, false]) }, 1);
        hopper::<f16>(Case { activation: Activation::Relu, ..Case::new(251, 136, 503, [false, true]) }, 2);
        hopper::<f16>(Case::new(248, 64, 496, [true, false]), 3);
        hopper::<bf16>(Case::new(248, 8, 497, [true, true]), 4);
    });
}

#[test]
fn batches_share_operands() {
    simulated("hopper::batches_share_operands", &[ONE], || {
        for (i, shared) in [[false, false], [true, false], [false, true]].into_iter().enumerate() {
            hopper::<bf16>(
                Case { batch: 3, shared, ..Case::new(if i == 1 { 128 } else { 121 }, 24, 248, [i == 1, i == 2]) },
                10 + i as u64,
            );
        }
    });
}

/// If SMs would be idle, several blocks share a sum.
#[test]
fn blocks_share_sums() {
    simulated("hopper::blocks_share_sums", &[("FAKECUDA_SMS", "3")], || {
        let case = Case::new(250, 584, 256, [false, false]);
        assert!(case.build::<f16>(Device::Cuda(0)).kernel().contains("each sum by 2 blocks"));
        hopper::<f16>(case, 20);
    });
}

/// Operands that are not aligned, and empty sums, use the other kernels. So does a device of
/// another generation.
#[test]
fn operands_without_a_tensor_map_use_other_kernels() {
    simulated("hopper::operands_without_a_tensor_map_use_other_kernels", &[ONE], || {
        for case in [
            Case::new(250, 70, 504, [false; 2]),
            Case::new(250, 72, 500, [false; 2]),
            Case::new(250, 0, 504, [false; 2]),
        ] {
            let kernel = case.build::<f16>(Device::Cuda(0)).kernel();
            assert!(kernel.starts_with("mma"), "{case:?}: {kernel}");
        }
        check::<f16>(Case::new(250, 70, 504, [false; 2]), Device::Cuda(0), 30);
    });
}

#[test]
fn another_generation_has_other_kernels() {
    simulated("hopper::another_generation_has_other_kernels", &[ONE, ("FAKECUDA_ARCH", "sm_100")], || {
        let kernel = Case::new(250, 72, 504, [false; 2]).build::<bf16>(Device::Cuda(0)).kernel();
        assert!(kernel.starts_with("mma"), "{kernel}");
    });
}

/// A product takes one launch and two tensor maps.
#[test]
fn a_launch_takes_two_maps() {
    simulated("hopper::a_launch_takes_two_maps", &[ONE], || {
        let case = Case::new(250, 16, 504, [false; 2]);
        let mut product = case.build::<bf16>(Device::Cuda(0));
        let [a, b, bias] = case.inputs::<bf16>(40);
        let [a, b, bias] = [&a, &b, &bias].map(|x| product.to_device(x).unwrap());
        let driver = Simulated::new().unwrap();
        driver.reset();
        product.run_on_device(&a, &b, Some(&bias)).unwrap();
        let report = driver.report();
        let calls = |name: &str| report.calls.get(name).copied().unwrap_or(0);
        assert_eq!((calls("cuLaunchKernel"), calls("cuTensorMapEncodeTiled")), (1, 2), "{report:?}");
        assert!(report.said.is_empty(), "{report:?}");
    });
}

fn within_a_loop<S: System<bf16>>(name: &str, system: impl Fn() -> S, shape: &[usize], every: u64) {
    let x = ArrayD::from_shape_vec(shape, random::<bf16>(shape.iter().product(), 50)).unwrap();
    let [cpu, cuda] = [Device::Cpu, Device::Cuda(0)].map(|device| {
        let builder = LoopOverTime::builder(system()).device(device).batch(shape[1]).record_every(every);
        builder.build().unwrap().run(&x).unwrap().output
    });
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    assert_eq!(cpu.shape(), cuda.shape());
    let far = norm(&mut cpu.iter().zip(&cuda).map(|(a, b)| a.to_f64() - b.to_f64()))
        / norm(&mut cpu.iter().map(|v| v.to_f64()));
    assert!(far <= 1e-2, "{name}: {far:e}");
}

/// Layers, and the products of cells with their inputs. This includes skipped steps, where the rows
/// of A are not equally spaced.
#[test]
fn layers_are_products_of_warp_groups() {
    simulated("hopper::layers_are_products_of_warp_groups", &[ONE], || {
        let driver = Simulated::new().unwrap();
        let maps = || driver.report().calls.get("cuTensorMapEncodeTiled").copied().unwrap_or(0);
        within_a_loop("dense", || Dense::new(64, 248), &[5, 3, 64], 1);
        assert_eq!(maps(), 2);
        within_a_loop("dense, every other step", || Dense::new(64, 248), &[7, 3, 64], 2);
        assert_eq!(maps(), 4);
        within_a_loop("lstm", || brainpy::LstmCell::new(40, 64), &[4, 3, 40], 1);
        assert_eq!(maps(), 6);
    });
}

/// Without the wait for the products that read it, a stage of the buffer is overwritten.
#[test]
fn a_stage_that_is_released_too_early_is_detected() {
    let mistake = ("FAKECUDA_REPLACE", "wgmma.wait_group.sync.aligned 1;=>");
    simulated("hopper::a_stage_that_is_released_too_early_is_detected", &[ONE, mistake], || {
        let case = Case::new(250, 456, 504, [false; 2]);
        let [a, b, bias] = case.inputs::<bf16>(60);
        let driver = Simulated::new().unwrap();
        assert!(case.build::<bf16>(Device::Cuda(0)).run(&a, &b, Some(&bias)).is_err());
        let said = driver.report().said.join("\n");
        assert!(said.contains("Race in kernel product"), "{said}");
    });
}

/// The tensor map of a bf16 matrix in boxes of 64 × 64, made by the simulated driver.
fn tensor_map(at: u64, rows: u64, columns: u64) -> [u8; 128] {
    use fakecuda::driver::api::{device::cuInit, tensor};
    let mut map = tensor::Map::default();
    let (dims, strides, boxes, steps) =
        ([columns, rows, 1], [columns * 2, rows * columns * 2], [64_u32, 64, 1], [1_u32; 3]);
    // SAFETY: there are three dimensions, two strides, and a box size and a step for each
    // dimension; all arrays outlive the call.
    let code = unsafe {
        cuInit(0);
        let (dims, strides, boxes, steps) = (dims.as_ptr(), strides.as_ptr(), boxes.as_ptr(), steps.as_ptr());
        tensor::cuTensorMapEncodeTiled(&raw mut map, 9, 3, at, dims, strides, boxes, steps, 0, 3, 0, 0)
    };
    assert_eq!(code, 0);
    map.bytes()
}

/// The kernel alone, with more than one block: sums of −1, 0 and 1, which are exact in bf16. Then
/// the kernel without each of its waits.
#[test]
fn warp_groups_multiply_and_wait() {
    if device().is_none() {
        return;
    }
    let Ok(compiler) = Compiler::find() else { return };
    let module = list().into_iter().find(|m| m.name == "product_hopper" && m.dtype.name() == "bf16").unwrap();
    let ptx = compiler.compile(&module, "sm_90a").unwrap().ptx;
    let (m, n, k) = (136, 264, 64 * 5 + 8);
    let signs = |len: usize, seed| random::<f32>(len, seed).iter().map(|v| (v * 1.5).round()).collect::<Vec<_>>();
    let (a, b) = (signs(m * k, 1), signs(k * n, 2));
    let halves = |x: &[f32]| x.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect::<Vec<u8>>();
    let run = |ptx: &str| {
        let mut memory = fakecuda::Memory::new(64 << 20);
        let module = fakecuda::parse(ptx, &mut |v| {
            let constant = v.space == fakecuda::Space::Const;
            memory.variable(&v.name, v.size, &v.init, constant).ok_or_else(|| "no memory".to_owned())
        });
        let module = module.unwrap_or_else(|e| panic!("{e}"));
        let [at_a, at_b, at_c] = [m * k, k * n, m * n].map(|len| memory.allocate(2 * len).unwrap());
        memory.bytes_mut(at_a, 2 * m * k).unwrap().copy_from_slice(&halves(&a));
        memory.bytes_mut(at_b, 2 * k * n).unwrap().copy_from_slice(&halves(&b));
        let words = [at_a, at_b, 0, at_c, 0, k as u64, 0, 0, n as u64, 0, 0, n as u64, 0];
        let mut params: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        params.extend([m, n, k, 1, m, 1, k, 0].iter().flat_map(|w| (*w as u32).to_le_bytes()));
        params.resize(192, 0);
        params.extend(tensor_map(at_a, m as u64, k as u64));
        params.extend(tensor_map(at_b, k as u64, n as u64));
        params.extend(4_u32.to_le_bytes());
        let kernel = module.kernels["product_by_maps"].clone();
        params.resize(kernel.param_bytes, 0);
        let (grid, block) = ([3, 1, 1], [384, 1, 1]);
        let launch = fakecuda::Launch {
            grid,
            block,
            dynamic_shared: 4 * 49152 + 1024,
            cooperative: false,
            cluster: None,
            params,
        };
        fakecuda::run(&kernel, &mut memory, &launch, &fakecuda::Limits::default(), 1)?;
        Ok::<_, fakecuda::Fault>(memory.bytes(at_c, 2 * m * n).unwrap().to_vec())
    };
    let mut c = vec![0.0_f32; m * n];
    for (row, to) in c.chunks_exact_mut(n).enumerate() {
        for (l, b) in b.chunks_exact(n).enumerate() {
            to.iter_mut().zip(b).for_each(|(to, b)| *to += a[row * k + l] * b);
        }
    }
    assert!(run(&ptx).unwrap() == halves(&c));
    for wait in ["wgmma.wait_group.sync.aligned 1;", "bar.sync"] {
        let broken: String = ptx.lines().filter(|line| !line.contains(wait)).map(|line| format!("{line}\n")).collect();
        let fault = run(&broken).err().unwrap_or_else(|| panic!("the missing `{wait}` was not detected"));
        assert_eq!(fault.kind, fakecuda::Kind::Race, "{fault}");
    }
}
