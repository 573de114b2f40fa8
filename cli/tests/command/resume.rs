//! Interrupted runs, and their continuation.

use crate::support::{Place, texts};
use ndarray::ArrayD;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub(crate) fn start(place: &Place, arguments: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overtime"));
    // Without `-v`, a run prints no progress in its first second, and may end before.
    command.args(arguments.split_whitespace()).arg("-v").current_dir(place.path(""));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends a signal once a tenth of the run is complete, and waits for the end. Returns the exit code
/// and stderr.
pub(crate) fn interrupt(mut child: Child, signal: &str) -> (Option<i32>, String) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        said += &format!("{line}\n");
        if line.contains("% ") {
            break;
        }
    }
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    lines.for_each(|line| said += &format!("{}\n", line.unwrap()));
    (child.wait().unwrap().code(), said)
}

/// Asserts that all arrays have the same bytes.
fn same(place: &Place, a: &str, b: &str) {
    let [a, b] = [a, b].map(|f| overtime_npz::read(place.path(f)).unwrap());
    assert_eq!(a.len(), b.len());
    for ((name, x), (other, y)) in a.iter().zip(&b) {
        assert_eq!(name, other);
        // There are no NaN and no signed zeros, so equal values have equal bits.
        assert!(x == y, "`{name}` differs");
    }
}

#[cfg(unix)]
#[test]
fn interrupted_and_resumed_is_the_uninterrupted_run_bit_for_bit() {
    let place = Place::new();
    // Noise, a seed, events, a part of the units, every third step and a picture: all continue
    // where they stopped.
    place.write(
        "m.toml",
        "kind = 'HH'\nsize = 40\nnoise = 0.7\nseed = 11\ninput = 6.0\nout_vars = ['V[0,3]', 'spike:events', 'm', 'below[1..20]:bits']\nrecord_every = 3\n",
    );
    let run = "run m.toml --steps 400000";
    let end = "--save-state";
    place.ok(&format!("{run} --out whole.npz {end} whole.safetensors --plot whole.svg --quiet"));
    for signal in ["-INT", "-TERM"] {
        let child = start(
            &place,
            &format!("{run} --out part.npz {end} part.safetensors --plot part.svg --checkpoint c.safetensors"),
        );
        let (code, said) = interrupt(child, signal);
        assert_eq!(code, Some(130), "{said}");
        assert!(said.contains("interrupted after") && said.contains("resume"), "{said}");
        assert!(!place.path("part.npz").exists());
        assert!(place.ok("inspect c.safetensors").contains("checkpoint"));
        let summary = place.ok("resume c.safetensors --quiet --json");
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        assert!(summary["steps"] == 400_000 && summary["steps_here"].as_u64() < Some(400_000), "{summary}");
        same(&place, "whole.npz", "part.npz");
        for (a, b) in [("whole.safetensors", "part.safetensors"), ("whole.svg", "part.svg")] {
            assert!(std::fs::read(place.path(a)).unwrap() == std::fs::read(place.path(b)).unwrap(), "{a} and {b}");
        }
        std::fs::remove_file(place.path("part.npz")).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn without_a_checkpoint_an_interrupt_leaves_nothing() {
    let place = Place::new();
    place.write("old.npz", "as it was");
    let (code, said) = interrupt(
        start(&place, "run hh --size 40 --steps 100000000 --out-vars V[0] --record-every 1000 --out old.npz"),
        "-INT",
    );
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("interrupted after"), "{said}");
    assert_eq!(std::fs::read(place.path("old.npz")).unwrap(), b"as it was");
    assert_eq!(std::fs::read_dir(place.path("")).unwrap().count(), 1);
}

/// Every checkpoint of a run leads to the same end, in any element type and layout.
#[test]
fn a_checkpoint_in_the_middle_leads_to_the_same_end() {
    let place = Place::new();
    let x = ArrayD::from_shape_fn(vec![3, 70, 4], |at| ((at[0] * 7 + at[1] * 3 + at[2]) % 13) as f64 / 6.0 - 1.0);
    place.npz("x.npz", &[("in", x)]);
    let model = "[[layer]]\nname='l1'\nkind='GRUCellBrainpy'\nnum_in=4\nnum_out=6\n[[layer]]\nname='l2'\nkind='Dense'\nnum_in=6\nnum_out=2\n";
    place.write("m.toml", model);
    place.npz("p.npz", &[("gL", ndarray::arr1(&[0.02, 0.03, 0.04]).into_dyn())]);
    place.write("hh.toml", "kind='HH'\nsize=3\n[parameters]\ngL={file='p.npz'}\n[initial]\nV={file='p.npz'}\n");
    for run in [
        "run m.toml --input x.npz --first-axis B --dtype f16 --out-vars l1.state --seed 3",
        "run m.toml --input x.npz --first-axis B --dtype bf16",
        "run m.toml --input x.npz --first-axis B --dtype f64 --record-every 4 --t0 3 --plot p.svg",
        "run hh.toml --steps 70 --input 9 --dtype f32 --out-vars V,spike:events --plot p.svg",
        "run hh.toml --steps 70 --input 9 --out-vars V[1],spike:bits,m[2,0]:bits --batch 2 --first-axis B --plot p.svg",
    ] {
        place.ok(&format!("{run} --out whole.npz --quiet"));
        // 6.7 ms are 67 steps. The last checkpoint is near the end, and the steps after it run
        // again.
        place.ok(&format!("{run} --out again.npz --checkpoint c.safetensors --checkpoint-every 6.7 --quiet"));
        same(&place, "whole.npz", "again.npz");
        for gone in ["m.toml", "x.npz", "hh.toml", "p.npz"] {
            std::fs::rename(place.path(gone), place.path("hidden")).unwrap();
            place.ok("resume c.safetensors --out resumed.npz --quiet");
            std::fs::rename(place.path("hidden"), place.path(gone)).unwrap();
        }
        same(&place, "whole.npz", "resumed.npz");
    }
    place.ok("run hh.toml --steps 70 --checkpoint c.safetensors --checkpoint-every 2 --quiet");
    assert!(place.fails(2, "resume c.safetensors --out late.npz").contains("--out"));
    assert!(place.fails(2, "resume c.safetensors --plot late.png").contains("--plot"));
    place.ok("resume c.safetensors --quiet --save-state s.safetensors");
    // A checkpoint is also a state.
    place.ok("run hh.toml --steps 1 --state c.safetensors --quiet");
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let place = Place::new();
    place.ok("run hh --size 2 --steps 50 --input 5 --out-vars V --out a.npz --checkpoint c.safetensors --checkpoint-every 2 --quiet");
    let whole = std::fs::read(place.path("c.safetensors")).unwrap();
    for cut in (0..whole.len()).step_by(whole.len() / 23) {
        place.write("bad.safetensors", &whole[..cut]);
        place.fails(5, "resume bad.safetensors");
    }
    for at in (8..whole.len()).step_by(whole.len() / 23) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        place.write("bad.safetensors", bytes);
        let output = place.run("resume bad.safetensors");
        let (_, err) = texts(&output);
        assert!(output.status.code() == Some(5) && !err.contains("panicked"), "byte {at}: {:?} {err}", output.status);
    }
}

/// A layer in both directions of time cannot continue from the middle, so the first signal ends the
/// run.
#[cfg(unix)]
#[test]
fn a_sequence_is_interrupted_at_once() {
    let place = Place::new();
    place.write(
        "m.toml",
        "record_every = 1000\n[[layer]]\nname = 'l'\nkind = 'LSTM'\nnum_in = 1\nhidden = 512\nbidirectional = true\n",
    );
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![40_000, 1, 1]))]);
    for signal in ["-INT", "-TERM"] {
        let mut child = start(&place, "run m.toml --input x.npz --out a.npz");
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = said.next().unwrap().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        let asked = std::time::Instant::now();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{first}");
        println!("ended after {:?}", asked.elapsed());
        assert!(!place.path("a.npz").exists());
    }
}
