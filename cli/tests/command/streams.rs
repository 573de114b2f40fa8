//! Results that go to disk during the run.

use crate::resume::{interrupt, start};
use crate::support::Place;
use ndarray::ArrayD;

const NET: &str = "
seed = 3
[[group]]
name = 'E'
kind = 'LIF'
size = 30
current = 25.0
noise = 10.0
parameters = { tau_ref = 2.0 }
receptor = [{ name = 'x', tau = 3.0 }]
[[group]]
name = 'I'
kind = 'LIF'
size = 10
current = 28.0
[[projection]]
name = 'EE'
from = 'E'
to = 'E.x'
connect = { kind = 'fixed_prob', p = 0.2 }
weight = 2.0
";

fn bytes(place: &Place, name: &str) -> Vec<u8> {
    std::fs::read(place.path(name)).unwrap()
}

/// The files are equal byte for byte, for every element type, layout of spikes, and kind of
/// variable.
#[test]
fn a_streamed_file_is_the_file_written_at_once() {
    let place = Place::new();
    place.write("net.toml", NET);
    place.write("one.toml", &NET[..NET.find("[[group]]\nname = 'I'").unwrap()]);
    place.write("m.toml", "[[layer]]\nname='l1'\nkind='GRUCellBrainpy'\nnum_in=2\nnum_out=3\n");
    let x = ArrayD::from_shape_fn(vec![70, 4, 2], |at| ((at[0] * 7 + at[1] * 3 + at[2]) % 13) as f64 / 6.0 - 1.0);
    place.npz("x.npz", &[("in", x)]);
    for run in [
        "run hh --size 5 --input 9 --steps 900 --dtype f64 --out-vars V,spike:events,m[3,0] --record-every 7 --batch 2",
        "run hh --size 11 --input 9 --steps 900 --out-vars spike:bits,V[0],m[9,3]:bits --record-every 3 --batch 2",
        "run net.toml --steps 600 --out-vars E.V[0..3],I.spike:events,E.spike:bits",
        "run one.toml --steps 600 --batch 2",
        "run m.toml --input x.npz --dtype bf16 --out-vars l1.state",
        "run m.toml --input x.npz --dtype f16",
        "run hh --size 2 --steps 0 --out-vars V,spike:events,m:bits",
    ] {
        place.ok(&format!("{run} --out whole.npz --quiet"));
        place.ok(&format!("{run} --out streamed.npz --stream --quiet"));
        assert!(bytes(&place, "whole.npz") == bytes(&place, "streamed.npz"), "{run}");
        assert!(!place.path("streamed.npz.parts").exists());
        // The run is stopped, and resumed with another output.
        place.ok(&format!("{run} --out gone.npz --stream --checkpoint c.safetensors --checkpoint-every 3.1 --quiet"));
        assert!(bytes(&place, "whole.npz") == bytes(&place, "gone.npz"), "{run}");
    }
}

#[test]
fn spikes_are_shaped_as_sonata_has_them() {
    let place = Place::new();
    place.write("net.toml", NET);
    place.ok("run net.toml --steps 600 --t0 5 --out a.npz --spikes s.npz --quiet");
    let (a, s) = (place.read("a.npz"), place.read("s.npz"));
    let names: Vec<&str> = s.keys().map(String::as_str).collect();
    assert_eq!(names, ["spikes/E/node_ids", "spikes/E/timestamps", "spikes/I/node_ids", "spikes/I/timestamps"]);
    for group in ["E", "I"] {
        let (ids, times) = (&s[&format!("spikes/{group}/node_ids")], &s[&format!("spikes/{group}/timestamps")]);
        assert_eq!(*ids, a[&format!("{group}.spike_i")]);
        assert!(!ids.is_empty() && ids.len() == times.len());
        for (time, step) in times.iter().zip(&a[&format!("{group}.spike_step")]) {
            assert!((time - (5.0 + step * 0.1)).abs() <= 1e-12, "{time} {step}");
        }
    }
    let types: Vec<String> =
        overtime_npz::read(place.path("s.npz")).unwrap().iter().map(|(_, a)| a.dtype().to_owned()).collect();
    assert_eq!(types, ["u64", "f64", "u64", "f64"]);
    // One group with a batch, and nothing else recorded.
    place.ok("run lif --size 4 --input 30 --steps 900 --batch 3 --spikes lif.npz --quiet");
    let s = place.read("lif.npz");
    let names: Vec<&str> = s.keys().map(String::as_str).collect();
    assert_eq!(names, ["spikes/LIF/node_ids", "spikes/LIF/rows", "spikes/LIF/timestamps"]);
    assert!(s["spikes/LIF/rows"].iter().any(|row| *row == 2.0));
}

#[cfg(unix)]
#[test]
fn a_killed_and_resumed_stream_equals_an_uninterrupted_one() {
    let place = Place::new();
    let run = "run hh --size 40 --input 7 --steps 200000 --out-vars V[0,3],spike:events,m:bits --record-every 3";
    place.ok(&format!("{run} --out whole.npz --spikes whole_s.npz --quiet"));
    for signal in ["-INT", "-KILL"] {
        let files = "--out part.npz --stream --spikes part_s.npz --checkpoint c.safetensors --checkpoint-every 500";
        let (code, said) = interrupt(start(&place, &format!("{run} {files}")), signal);
        assert_eq!(code, if signal == "-INT" { Some(130) } else { None }, "{said}");
        assert!(!place.path("part.npz").exists() && place.path("part.npz.parts").join("V.npy").exists());
        // The checkpoint contains no recordings.
        assert!(bytes(&place, "c.safetensors").len() < 100_000);
        place.ok("resume c.safetensors --out elsewhere.npz --quiet");
        for (a, b) in [("whole.npz", "elsewhere.npz"), ("whole_s.npz", "part_s.npz")] {
            assert!(bytes(&place, a) == bytes(&place, b), "{signal} {a}");
        }
        assert!(!place.path("part.npz.parts").exists() && !place.path("part_s.npz.parts").exists());
        std::fs::remove_file(place.path("part_s.npz")).unwrap();
    }
}

#[test]
fn impossible_streams_are_refused() {
    let place = Place::new();
    place.write("m.toml", "[[layer]]\nname='l1'\nkind='GRUCellBrainpy'\nnum_in=2\nnum_out=3\n");
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![4, 2]))]);
    place.fails(2, "run hh --steps 5 --stream");
    assert!(place.fails(2, "run hh --steps 5 --stream --out a.safetensors").contains("npz"));
    assert!(place.fails(2, "run hh --steps 5 --batch 2 --first-axis B --stream --out a.npz").contains("time-major"));
    assert!(place.fails(2, "run m.toml --input x.npz --spikes s.npz").contains("m.toml"));
    assert!(place.fails(2, "run hh --steps 5 --spikes s.txt").contains("npz"));
    assert!(place.fails(2, "run hh --steps 5 --out a.npz --spikes a.npz").contains("same file"));
    // A foreign file is not touched.
    std::fs::create_dir(place.path("a.npz.parts")).unwrap();
    place.write("a.npz.parts/mine.txt", "kept");
    assert!(place.fails(5, "run hh --steps 5 --stream --out a.npz").contains("mine.txt"));
    assert_eq!(std::fs::read_to_string(place.path("a.npz.parts/mine.txt")).unwrap(), "kept");
    assert!(!place.path("a.npz").exists());
    // The stream is shorter than the checkpoint says.
    place.ok("run hh --size 3 --steps 50 --out-vars V --out b.npz --stream --checkpoint c.safetensors --checkpoint-every 2 --quiet");
    assert!(place.fails(5, "resume c.safetensors").contains("b.npz.parts"));
}
