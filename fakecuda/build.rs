//! Gives the shared library the driver's internal name (soname). A program can load the library by
//! its path, and the loader then returns it for every later request for `libcuda.so.1`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libcuda.so.1");
    }
}
