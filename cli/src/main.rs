//! The command `overtime`.
fn main() {}
