//! The command `overtime`.

fn main() -> std::process::ExitCode {
    overtime_cli::main()
}
