//! The reaction to a closed stdout or stderr.

use crate::support::Place;
use std::io::Read;
use std::process::Stdio;

#[test]
fn a_closed_stdout_is_a_quiet_end() {
    let place = Place::new();
    for arguments in ["models", "devices", "run hh --steps 10 --json --quiet", "--help", "run --help"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_overtime"));
        command.args(arguments.split_whitespace()).current_dir(place.path("")).stderr(Stdio::piped());
        // A pipe whose reading end is closed.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command.stdout(writer).spawn().unwrap();
        drop(command);
        let mut error = String::new();
        child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        assert_eq!((child.wait().unwrap().code(), error.as_str()), (Some(0), ""), "{arguments}");
    }
    // A closed stderr does not stop the run either.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_overtime"));
    command.args(["-vv", "run", "hh", "--steps", "1000", "--out", "a.npz"]).current_dir(place.path(""));
    assert_eq!(command.stderr(writer).stdout(Stdio::null()).status().unwrap().code(), Some(0));
    assert_eq!(place.read("a.npz")["output"].shape(), [1000, 1]);
}
