//! Reads PTX files and prints the first construct in each that this driver does not support:
//! `cargo run -p fakecuda --example parse -- FILE…`.

fn main() {
    let mut wrong = 0;
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        match fakecuda::parse(&text, &mut |_| Ok(1 << 32)) {
            Ok(m) => println!("{path}: {} kernels for {}", m.kernels.len(), m.target),
            Err(e) => {
                wrong += 1;
                println!("{path}: {e}: {}", text.lines().nth(e.line.saturating_sub(1) as usize).unwrap_or("").trim());
            }
        }
    }
    std::process::exit((wrong > 0) as i32);
}
