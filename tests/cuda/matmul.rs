//! Dense products on the device: the bits of the CPU if the order of summation is the CPU's, the
//! calls of the driver, and kernels without a barrier. The accuracy is tested in `products`, which
//! the CPU's tests include too.

use crate::cuda::child::{apart, simulated};
use crate::cuda::device;
use crate::cuda::machine::Simulated;
use crate::cuda::products::{Case, check, random};
use half::{bf16, f16};
use ndarray::ArrayD;
use overtime::kernels::{Compiler, list};
use overtime::matmul::Matmul;
use overtime::models::{Activation, Conv2d, Dense, brainpy};
use overtime::{Device, LoopOverTime, Products, Scalar, System};

fn same_bits<T: Scalar>(case: Case, seed: u64) {
    let Some(device) = device() else { return };
    let made = [Device::Cpu, device].map(|device| {
        let [a, b, bias] = case.inputs::<T>(seed);
        case.build(device).run(&a, &b, Some(&bias)).unwrap()
    });
    let [cpu, cuda] = made.each_ref().map(|c| bytemuck::cast_slice::<T, u8>(c));
    assert!(cpu == cuda, "{} {case:?}, seed {seed}", T::DTYPE);
}

#[test]
fn multiply_adds_give_the_cpus_bits() {
    apart("matmul::multiply_adds_give_the_cpus_bits", || {
        for (i, turned) in [[false, false], [false, true], [true, false], [true, true]].into_iter().enumerate() {
            let case = Case { activation: Activation::Gelu, ..Case::new(33, 40 + i, 65, turned) };
            same_bits::<f32>(case, 40 + i as u64);
            same_bits::<f64>(Case { batch: 2, shared: [false, true], ..case }, 50 + i as u64);
        }
        // 16-bit types in the CPU's order, and a sum that `Products::Fast` would share between
        // blocks.
        let ordered = Case { products: Products::Ordered, ..Case::new(7, 1025, 33, [false; 2]) };
        same_bits::<f16>(ordered, 60);
        same_bits::<bf16>(ordered, 61);
        same_bits::<f32>(ordered, 62);
    });
}

/// A sum that is −0 on the CPU is −0 here too, whatever value pads the operands.
#[test]
fn zeros_keep_their_sign() {
    let Some(device) = device() else { return };
    for k in [1, 3, 8, 9] {
        let made = [Device::Cpu, device].map(|device| {
            let mut product = Matmul::<f32>::new(3, k, 5).device(device).build().unwrap();
            product.run(&vec![-1e-30; 3 * k], &vec![1e-30; 5 * k], Some(&[-0.0; 5])).unwrap()
        });
        assert_eq!(
            made[0].iter().map(|v| v.to_bits()).collect::<Vec<_>>(),
            made[1].iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        );
        assert!(made[0].iter().all(|v| v.to_bits() == 1 << 31));
    }
}

/// On a device with one SM the largest tiles are the best, so this test uses them.
#[test]
fn the_largest_tiles_stay_within_bounds() {
    simulated("matmul::the_largest_tiles_stay_within_bounds", &[("FAKECUDA_SMS", "1")], || {
        let large = |name: String| assert!(name.contains("large"), "{name}");
        let case = |k, turned| Case::new(250, k, 128, turned);
        large(case(40, [false; 2]).build::<f32>(Device::Cuda(0)).kernel());
        same_bits::<f32>(case(36, [false; 2]), 70);
        same_bits::<f32>(case(35, [true, false]), 71);
        large(case(24, [false; 2]).build::<f64>(Device::Cuda(0)).kernel());
        same_bits::<f64>(case(24, [false, true]), 72);
        large(case(72, [false; 2]).build::<bf16>(Device::Cuda(0)).kernel());
        check::<bf16>(case(200, [false; 2]), Device::Cuda(0), 73);
        check::<f16>(Case { size: [256, 136, 128], ..case(0, [true, true]) }, Device::Cuda(0), 74);
        let tf32 = Case { products: Products::Tf32, ..case(52, [false, true]) };
        large(tf32.build::<f32>(Device::Cuda(0)).kernel());
        check::<f32>(tf32, Device::Cuda(0), 75);
    });
}

#[test]
fn arrays_of_the_device_stay_there() {
    let Some(device) = device() else { return };
    let case = Case::new(5, 8, 12, [false; 2]);
    let [a, b, bias] = case.inputs::<f32>(80);
    let mut product = case.build::<f32>(device);
    let [da, db, dbias] = [&a, &b, &bias].map(|x| product.to_device(x).unwrap());
    let c = product.run_on_device(&da, &db, Some(&dbias)).unwrap();
    assert_eq!((c.shape(), c.device()), (&[5, 12][..], device));
    assert_eq!(c.to_host().unwrap().into_raw_vec_and_offset().0, product.run(&a, &b, Some(&bias)).unwrap());
    let error = product.run_on_device(&db, &da, None).unwrap_err().to_string();
    assert_eq!(error, "A: axis elements has length 96, expected 40");
    let error = case.build::<f32>(Device::Cpu).run_on_device(&da, &db, None).unwrap_err().to_string();
    assert!(error.contains("needs a CUDA device"), "{error}");
    let error = Matmul::<f32>::new(1 << 31, 1, 1).device(device).build().unwrap_err().to_string();
    assert!(error.contains("below 2³¹"), "{error}");
}

#[test]
fn a_product_is_one_launch_and_a_shared_sum_is_two() {
    simulated("matmul::a_product_is_one_launch_and_a_shared_sum_is_two", &[], || {
        for (k, launches) in [(8, 1), (2048, 2)] {
            let mut product = Matmul::<f32>::new(4, k, 4).device(Device::Cuda(0)).build().unwrap();
            let [a, b] = [0, 1].map(|_| product.to_device(&vec![1.0; 4 * k]).unwrap());
            let driver = Simulated::new().unwrap();
            driver.reset();
            let c = product.run_on_device(&a, &b, None).unwrap();
            let report = driver.report();
            println!("{}: {report:?}", product.kernel());
            assert_eq!(report.calls(&["cuLaunchKernel"]), launches, "{report:?}");
            // These launches, the memory of C, setting the context of the thread, and one wait.
            assert!(report.calls.values().sum::<u64>() <= launches + 3, "{report:?}");
            assert!(c.to_host().unwrap().iter().all(|v| *v == k as f32) && driver.report().said.is_empty());
        }
    });
}

#[test]
fn too_little_memory_is_an_error() {
    simulated("matmul::too_little_memory_is_an_error", &[("FAKECUDA_MEMORY_MIB", "8")], || {
        let mut product = Matmul::<f32>::new(2048, 1, 2048).device(Device::Cuda(0)).build().unwrap();
        let error = product.run(&[1.0; 2048], &[1.0; 2048], None).unwrap_err().to_string();
        assert!(error.contains("a product on cuda:0 needs"), "{error}");
        assert_eq!(
            Matmul::<f32>::new(1, 1, 1).device(Device::Cuda(0)).build().unwrap().run(&[2.0], &[3.0], None).unwrap(),
            [6.0]
        );
    });
}

/// The bytes of `struct Product` for 40 × k by k × 40.
fn arguments(at: [u64; 3], k: u32) -> Vec<u8> {
    let mut words = vec![at[0], at[1], 0, at[2], 0];
    words.extend([u64::from(k), 0, 0, 40, 0, 0, 40, 0]);
    let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    bytes.extend([40_u32, 40, k, 1, 40, 1, k, 0].iter().flat_map(|w| w.to_le_bytes()));
    bytes
}

/// Each kernel has a race without its barriers, and none with them.
#[test]
fn a_missing_barrier_is_caught() {
    if device().is_none() {
        return;
    }
    let Ok(compiler) = Compiler::find() else { return };
    for (name, dtype, threads, shared) in [
        ("product_simt_middle", "f32", 128, 0),
        ("product_mma_middle", "f16", 128, 3 * 128 * 64),
        ("product_mma_middle", "f32", 128, 3 * 128 * 64),
    ] {
        let module = list().into_iter().find(|m| m.name == name && m.dtype.name() == dtype).unwrap();
        let ptx = compiler.compile(&module, "sm_90").unwrap().ptx;
        let broken: String =
            ptx.lines().filter(|line| !line.contains("bar.sync")).map(|line| format!("{line}\n")).collect();
        assert_ne!(broken.lines().count(), ptx.lines().count(), "{name} has no barrier");
        let run = |ptx: &str| {
            let mut memory = fakecuda::Memory::new(64 << 20);
            let module = fakecuda::parse(ptx, &mut |v| {
                let constant = v.space == fakecuda::Space::Const;
                memory.variable(&v.name, v.size, &v.init, constant).ok_or_else(|| "no memory".to_owned())
            });
            let module = module.unwrap_or_else(|e| panic!("{e}"));
            let at = [0, 1, 2].map(|_| memory.allocate(40 * 200 * 4).unwrap());
            at.iter().for_each(|at| memory.bytes_mut(*at, 40 * 200 * 4).unwrap().fill(0));
            let launch = fakecuda::Launch {
                grid: [1, 1, 1],
                block: [threads, 1, 1],
                dynamic_shared: shared,
                cooperative: false,
                cluster: None,
                params: arguments(at, 200),
            };
            fakecuda::run(&module.kernels["product"].clone(), &mut memory, &launch, &fakecuda::Limits::default(), 1)
        };
        run(&ptx).unwrap();
        let fault =
            run(&broken).err().unwrap_or_else(|| panic!("{name} ({dtype}): the missing barrier was not detected"));
        assert_eq!(fault.kind, fakecuda::Kind::Race, "{fault}");
    }
}

/// The output of a loop on the device with products in this order.
fn output<T: Scalar, S: System<T>>(system: S, device: Device, products: Products, x: &ArrayD<T>) -> ArrayD<T> {
    let builder = LoopOverTime::builder(system).device(device).batch(x.shape()[1]).products(products);
    builder.build().unwrap().run(x).unwrap().output
}

fn layers_are_products<T: Scalar, S: System<T>>(name: &str, system: impl Fn() -> S, shape: &[usize], bound: f64) {
    let Some(device) = device() else { return };
    let x = ArrayD::from_shape_vec(shape, random::<T>(shape.iter().product(), 90)).unwrap();
    let [cpu, ordered, fast] = [(Device::Cpu, Products::Fast), (device, Products::Ordered), (device, Products::Fast)]
        .map(|(device, products)| output(system(), device, products, &x));
    let bits = |c: &ArrayD<T>| bytemuck::cast_slice::<T, u8>(c.as_slice().unwrap()).to_vec();
    assert!(bits(&cpu) == bits(&ordered), "{name} ({}), in order", T::DTYPE);
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let far = norm(&mut cpu.iter().zip(&fast).map(|(a, b)| a.to_f64() - b.to_f64()))
        / norm(&mut cpu.iter().map(|v| v.to_f64()));
    assert!(far <= bound, "{name} ({}): {far:e}", T::DTYPE);
    assert!(bound > 0.0 || bits(&cpu) == bits(&fast), "{name} ({}): the bits differ", T::DTYPE);
}

/// Layers with more weights than the reference kernels are used for, and with skipped steps.
#[test]
fn layers_are_products_within_a_loop() {
    apart("matmul::layers_are_products_within_a_loop", || {
        layers_are_products::<f32, _>("dense", || Dense::new(40, 33), &[3, 5, 40], 0.0);
        layers_are_products::<f64, _>("dense", || Dense::new(37, 36).bias(false), &[2, 1, 37], 0.0);
        layers_are_products::<f16, _>("dense", || Dense::new(40, 40), &[3, 7, 40], 2e-3);
        layers_are_products::<f32, _>("lstm", || brainpy::LstmCell::new(33, 9), &[4, 3, 33], 1e-6);
        layers_are_products::<bf16, _>("lstm", || brainpy::LstmCell::new(40, 8), &[4, 3, 40], 1e-2);
        let conv = || Conv2d::new(16, 24, (3, 3), (5, 6)).stride(2, 1).groups(2);
        layers_are_products::<f32, _>("conv2d", conv, &[2, 3, 5, 6, 16], 0.0);
        layers_are_products::<f32, _>("conv2d", || Conv2d::new(3, 40, (3, 3), (4, 4)), &[2, 1, 4, 4, 3], 0.0);
        layers_are_products::<f16, _>(
            "conv2d",
            || Conv2d::new(8, 16, (3, 3), (4, 5)).dilation(2, 1),
            &[2, 2, 4, 5, 8],
            2e-3,
        );
    });
}
