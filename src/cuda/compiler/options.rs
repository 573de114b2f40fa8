//! The options of NVRTC. `build.rs` includes this file.

/// The NVRTC options of every module. Functions need no `__device__`; the compiler fuses no
/// multiplication with an addition on its own; `ptxas` reports resource usage. NVRTC's own texts of
/// `std::move` and `std::initializer_list` take a sixth of the time of a compilation, and no kernel
/// uses them.
pub(crate) const OPTIONS: [&str; 6] = [
    "-std=c++17",
    "-default-device",
    "--fmad=false",
    "--ptxas-options=-v",
    "--builtin-move-forward=false",
    "--builtin-initializer-list=false",
];
