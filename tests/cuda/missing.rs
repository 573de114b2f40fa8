//! Missing or old libraries and devices, and the messages about them. Each case runs in its own
//! process with the simulated driver.

use crate::cuda::child::simulated;
use overtime::models::Hh;
use overtime::{Device, Error, LoopOverTime, Reason, Survey};
use std::path::Path;

/// The reason why there is no device. It must be the same for every call, and never a panic.
fn why() -> Reason {
    std::panic::set_hook(Box::new(|_| std::process::abort()));
    assert_eq!(Device::auto(), Device::Cpu);
    let built = LoopOverTime::<f32, _>::builder(Hh::new(3)).device(Device::Cuda(0)).build();
    let (Err(Error::DeviceUnavailable { reason, .. }), Err(Error::DeviceUnavailable { reason: asked, .. })) =
        (built, Device::cuda(0))
    else {
        panic!("a device was found");
    };
    assert_eq!(reason, asked);
    assert_eq!(Survey::new().why_not_cuda(0).as_ref(), Some(&reason));
    let mut on_cpu = LoopOverTime::<f32, _>::builder(Hh::new(3)).build().unwrap();
    assert!(on_cpu.to(Device::Cuda(0)).is_err() && on_cpu.device() == Device::Cpu && on_cpu.run_steps(2).is_ok());
    println!("{reason}");
    reason
}

macro_rules! cases {
    ($($name:ident($($variable:literal = $value:expr),*) $body:expr;)*) => { $(
        #[test]
        fn $name() {
            simulated(concat!("missing::", stringify!($name)), &[$(($variable, $value)),*], $body);
        }
    )* };
}

cases! {
    no_driver("OVERTIME_LIBCUDA" = "/nowhere/libcuda.so.1") || assert!(matches!(why(), Reason::NoDriver { .. }));
    no_nvrtc("OVERTIME_NVRTC" = "/nowhere") || {
        let reason = why();
        assert!(matches!(reason, Reason::NoCompiler { .. }) && reason.to_string().contains("pip install nvidia-cuda-nvrtc"), "{reason}");
    };
    a_library_that_is_no_driver("OVERTIME_LIBCUDA" = stub()) || assert!(matches!(why(), Reason::MissingSymbol { .. }));
    an_old_driver("FAKECUDA_DRIVER_VERSION" = "11080") || {
        assert!(matches!(why(), Reason::DriverTooOld { has: (11, 8), .. }));
    };
    no_device("FAKECUDA_DEVICES" = "0") || assert!(matches!(why(), Reason::NoDevice { count: 0, .. }));
    hidden_devices("CUDA_VISIBLE_DEVICES" = "") || {
        let reason = why();
        assert!(matches!(reason, Reason::NoDevice { count: 0, .. }) && reason.to_string().contains("CUDA_VISIBLE_DEVICES=\"\""), "{reason}");
    };
    // The device exists, but another one is named.
    a_device_too_many() || {
        let built = LoopOverTime::<f32, _>::builder(Hh::new(3)).device(Device::Cuda(3)).build();
        let Err(Error::DeviceUnavailable { reason: Reason::NoDevice { ordinal: 3, count: 1, .. }, .. }) = built else { panic!("{built:?}") };
    };
    // An older and newer architectures than the default, each with PTX of its own architecture.
    turing("FAKECUDA_ARCH" = "sm_75") runs;
    ampere("FAKECUDA_ARCH" = "sm_86") runs;
    blackwell("FAKECUDA_ARCH" = "sm_120") runs;
    // Fewer blocks fit at once.
    few_multiprocessors("FAKECUDA_SMS" = "1") runs;
}

/// A library without `cuInit`: NVRTC's own.
fn stub() -> &'static str {
    let nvrtc = std::env::var("OVERTIME_NVRTC").unwrap_or_default();
    let found =
        ["libnvrtc.so.13", "libnvrtc.so.12"].map(|n| Path::new(&nvrtc).join(n)).into_iter().find(|p| p.exists());
    found.map_or("libm.so.6", |p| Box::leak(p.display().to_string().into_boxed_str()))
}

/// Runs a neuron, a cell and a layer in every strategy on the current device.
pub(crate) fn runs() {
    use crate::cuda::parity::STRATEGIES;
    use overtime::models::{Dense, brainpy};
    use overtime::{Scalar, System};
    fn same<T: Scalar>(make: &dyn Fn() -> Box<dyn System<T>>) {
        let x = ndarray::Array3::from_shape_fn((9, 2, 40), |(t, b, k)| T::from_f64((t + 3 * b + k) as f64 * 0.1 - 2.0));
        let mut on_cpu = LoopOverTime::builder(make()).batch(2).build().unwrap();
        let expected = on_cpu.run(&x).unwrap();
        for strategy in STRATEGIES {
            let mut over_time =
                LoopOverTime::builder(make()).batch(2).device(Device::Cuda(0)).strategy(strategy).build().unwrap();
            crate::cuda::bits::same_runs(&strategy.to_string(), &over_time.run(&x).unwrap(), &expected);
        }
    }
    same::<f32>(&|| Box::new(Hh::new(40).noise(1.0)));
    same::<half::bf16>(&|| Box::new(brainpy::LstmCell::new(40, 7)));
    same::<half::f16>(&|| Box::new(Dense::new(40, 7)));
}
