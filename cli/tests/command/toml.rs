//! Model files: the errors have line numbers, and no content makes the loader panic.

use crate::support::{Place, root};
use overtime_model::ModelFile;
use std::time::Instant;

fn line(text: &str) -> (usize, String) {
    let error = ModelFile::parse(text).expect_err(text);
    (error.line, error.message)
}

#[test]
fn every_mistake_has_its_line() {
    let cases = [
        ("kind = 'HH'\nsizes = 3\n", 2, "sizes"),
        ("kind = 'HH'\nsize = 'three'\n", 2, "must be a whole number"),
        ("kind = 'HH'\nsize = -3\n", 2, ""),
        ("\n\nkind = 'hhh'\n", 3, "no kind of neuron named `hhh`"),
        ("kind = 'HH'\n[parameters]\ngL = 1\ngLL = 2\n", 4, "no parameter named `gLL`"),
        ("kind = 'HH'\n[parameters]\ngL = { fil = 'x.npz' }\n", 3, "no key named `fil` (did you mean `file`?)"),
        ("kind = 'HH'\n[initial.V]\n\nunifrom = [0, 1]\n", 4, "no key named `unifrom` (did you mean `uniform`?)"),
        ("kind = 'HH'\n[initial]\nV = { uniform = [0, nan] }\n", 3, "`V` is not finite"),
        ("kind = 'HH'\n[initial]\nV = { uniform = [-1e308, 1e308] }\n", 3, "has a width that is not a finite number"),
        ("kind = 'HH'\n[initial]\nV = { normal = [0, 1], uniform = [0, 1] }\n", 3, "exactly one of file (with array"),
        ("kind = 'HH'\n[initial]\nV = { uniform = [0, 1, 2] }\n", 3, "expected 2 numbers, not 3"),
        ("kind = 'HH'\n[initial.V]\n\nuniform = [0]\n", 4, "expected 2 numbers, not 1"),
        ("kind = 'HH'\n[initial]\nV = { linspace = [0, 1, 2, 3] }\n", 3, "expected 3 numbers, not 4"),
        ("kind = 'HH'\n[initial]\nV = { uniform = 1 }\n", 3, "must be an array"),
        ("kind = 'HH'\n[initial]\nV = { array = 'x', uniform = [0, 1] }\n", 3, "exactly one of"),
        ("kind = 'HH'\n[initial]\nV = 'uniform'\n", 3, "no values named `uniform`"),
        (
            "kind = 'HH'\n[initial]\nV = { lognormal = [800, 1] }\n",
            3,
            "lognormal = [mu, sigma], and lognormal(800, 1) has values that are too large for f64",
        ),
        ("kind = 'HH'\n[parameters]\ngL = { orthogonal = 1.0 }\n", 3, "`gL` must be a number"),
        (
            "kind = 'HH'\n[initial]\nV = { uniform = [5, 1] }\n",
            3,
            "`V`: uniform = [low, high], and 5 is the low end of uniform values, above the high end 1",
        ),
        (
            "kind = 'HH'\n[initial]\nV = { normal = [5, -1e300] }\n",
            3,
            "normal = [mean, deviation], and -1e300 is a standard deviation below 0",
        ),
        ("kind = 'HH'\ndt = -1e300\n", 2, "must be a positive number, not -1e300"),
        ("kind = 'HH'\n[initial]\nm = 0.5\n", 3, "go together"),
        ("kind = 'HH'\n[initial]\nm = 0.5\nn = 0.5\n", 4, "go together"),
        ("kind = 'HH'\n[initial]\nspike = 0.5\n", 3, "no variable with an initial value named `spike`"),
        ("kind = 'HH'\nmethod = 'rk5'\n", 2, "no method named `rk5`"),
        ("kind = 'PoissonGroup'\nnoise = 1.0\n", 2, "`noise` is not for PoissonGroup"),
        ("kind = 'LIF'\nreset = 'gentle'\n", 2, "`reset` is one of hard, soft, not `gentle`"),
        ("kind = 'HH'\nreset = 'soft'\n", 2, "`reset` is not for HH"),
        ("kind = 'PoissonGroup'\nmethod = 'rk4'\n", 2, "`method` is not for PoissonGroup"),
        ("reset = 'soft'\n[[layer]]\nname = 'a'\nkind = 'relu'\n", 1, "`reset` belongs to a group of neurons"),
        ("kind = 'HH'\ndt = 0\n", 2, "`dt` must be a positive number"),
        ("kind = 'HH'\ndt = nan\n", 2, "`dt` must be"),
        ("kind = 'HH'\nduration = 1\nsteps = 2\n", 3, "both given"),
        ("kind = 'HH'\nduration = -1\n", 2, "`duration` must be a non-negative"),
        ("kind = 'HH'\ndtype = 'f8'\n", 2, "`dtype` is one of"),
        ("kind = 'HH'\ndevice = 'tpu'\n", 2, "`device` is one of"),
        ("kind = 'HH'\nstrategy = 'fast'\n", 2, "no strategy named `fast`"),
        ("kind = 'HH'\nfirst_axis = 'X'\n", 2, "`first_axis` is one of"),
        ("kind = 'HH'\nout_vars = ['V', 'V']\n", 2, "named twice"),
        ("kind = 'HH'\nkind = 'LIF'\n", 2, "duplicate"),
        ("kind = 'HH'\n[[layer]]\nname = 'a'\n", 1, "one of them"),
        ("dt = 0.1\n", 1, "neither a group of neurons"),
        ("kind = \n", 1, ""),
        ("[[layer]]\nname = 'a'\nkind = 'RNNCellBrainpy'\nnum_in = 3\n", 3, "a RNNCellBrainpy needs `num_out`"),
        (
            "[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 3\nnum_out = 3\nstride = 2\n",
            6,
            "`stride` is not for a Dense",
        ),
        ("[[layer]]\nname = 'a'\nkind = 'RNNs'\n", 3, "no kind of layer named `RNNs`"),
        ("[[layer]]\nname = 'a'\nkind = 'LSTM'\nnum_in = 3\n", 3, "a LSTM needs `hidden`"),
        (
            "[[layer]]\nname = 'a'\nkind = 'LSTM'\nnum_in = 3\nhidden = 3\nnum_out = 3\n",
            6,
            "`num_out` is not for a LSTM",
        ),
        (
            "[[layer]]\nname = 'a'\nkind = 'RNNCellBrainpy'\nnum_in = 3\nnum_out = 3\nbidirectional = true\n",
            6,
            "`bidirectional` is not for a RNNCellBrainpy",
        ),
        ("kind = 'HH'\nlengths = 3\n", 2, "`lengths` must be { file"),
        ("[[layer]]\nname = 'a'\nkind = 'relu'\n[[layer]]\nname = 'a'\nkind = 'relu'\n", 5, "two layers named `a`"),
        ("[[layer]]\nname = 'a.b'\nkind = 'relu'\n", 2, "has a dot"),
        ("[[layer]]\nkind = 'relu'\n", 1, "no `name`"),
        ("[[layer]]\nname = 'a'\n", 1, "no `kind`"),
        (
            "[[layer]]\nname = 'a'\nkind = 'RNNCellBrainpy'\nnum_in = 3\nnum_out = 3\nactivation = 'rely'\n",
            6,
            "no activation named `rely`",
        ),
        ("size = 3\n[[layer]]\nname = 'a'\nkind = 'relu'\n", 1, "`size` belongs to a group of neurons"),
    ];
    let mut wrong = String::new();
    for (text, at, says) in cases {
        let (got, message) = line(text);
        if got != at || !message.contains(says) {
            wrong += &format!("{text:?}: line {got}, expected {at}: {message}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_command_names_file_and_line() {
    let place = Place::new();
    place.write("m.toml", "kind = 'HH'\nsize = 2\nsteps = 1\nwrong = 1\n");
    let error = place.fails(2, "run m.toml");
    assert!(error.contains("m.toml:4:") && error.contains("wrong"), "{error}");
    place.write("m.toml", "kind = 'HH'\nsteps = 1\n[parameters]\ngL = { file = 'gone.npz', array = 'gL' }\n");
    let error = place.fails(5, "run m.toml");
    assert!(error.contains("m.toml:4:") && error.contains("gone.npz"), "{error}");
    place.npz("p.npz", &[("gL", ndarray::arr1(&[0.1, 0.2]).into_dyn())]);
    place.write("m.toml", "kind = 'HH'\nsteps = 1\nsize = 3\n[parameters]\ngL = { file = 'p.npz', array = 'gL' }\n");
    let error = place.fails(2, "run m.toml");
    assert!(error.contains("gL") && error.contains("expected 3") && error.contains('2'), "{error}");
    place.ok("run m.toml --size 2 --quiet");
    place.write("m.toml", "kind = 'HH'\nsteps = 1\nsize = 2\n[parameters]\ngL = { file = 'p.npz', array = 'gK' }\n");
    let error = place.fails(2, "run m.toml");
    assert!(error.contains("m.toml:5:") && error.contains("no array named `gK`"), "{error}");
    place.write("m.toml", b"kind = 'HH'\n\xff\n");
    assert!(place.fails(2, "run m.toml").contains("m.toml:2:"));
}

#[test]
fn arguments_override_the_file() {
    let place = Place::new();
    place.write("m.toml", "kind = 'HH'\nsize = 3\nduration = 1.0\ninput = 2.0\ndtype = 'f64'\nout_vars = ['V', 'm']\n");
    place.ok("run m.toml --out a.npz --quiet");
    let a = place.read("a.npz");
    assert_eq!(a["V"].shape(), [10, 3]);
    place.ok("run m.toml --size 2 --steps 7 --out-vars n --batch 2 --out b.npz --quiet");
    let b = place.read("b.npz");
    assert_eq!(b["n"].shape(), [7, 2, 2]);
    assert!(!b.contains_key("V"));
}

/// A small generator, so that a failure can be reproduced from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// Model files that are cut, spliced, and mixed with random bytes and words of the format.
#[test]
fn mutated_files_neither_panic_nor_hang() {
    let folder = root().join("examples/models");
    let mut seeds: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|e| {
            let path = e.unwrap().path();
            (path.extension()? == "toml").then(|| std::fs::read(path).unwrap())
        })
        .collect();
    seeds.sort();
    assert_eq!(seeds.len(), 23);
    let words = [
        "kind",
        "=",
        "[[layer]]",
        "[[group]]",
        "[[projection]]",
        "fixed_prob",
        "[parameters]",
        "\"HH\"",
        "{",
        "}",
        "[",
        "]",
        "nan",
        "inf",
        "-1",
        "1e400",
        "99999999999999999999",
        "0x",
        "'''",
        "\"\"\"",
        "\n",
        "\r",
        ",",
        ".",
        "file",
        "array",
        "true",
        "1979-05-27",
        "\u{feff}",
        "\\u0000",
        "V[0..9]",
        "é",
    ];
    let seed = 0x5eed_u64;
    println!("seed {seed:#x}");
    let mut random = Random(seed);
    let started = Instant::now();
    let mut right = 0;
    for round in 0..200_000 {
        let mut text = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(text.len());
            match random.below(6) {
                0 => text.truncate(at),
                1 => text[at] = random.below(256) as u8,
                2 => drop(text.splice(at..at, words[random.below(words.len())].bytes())),
                3 => drop(text.drain(at..(at + random.below(20)).min(text.len()))),
                4 => {
                    let other = &seeds[random.below(seeds.len())];
                    let from = random.below(other.len());
                    drop(text.splice(at..at, other[from..(from + random.below(80)).min(other.len())].iter().copied()));
                }
                _ => drop(text.splice(at..at, std::iter::repeat_n(b"[{(="[random.below(4)], random.below(300)))),
            }
            if text.is_empty() {
                break;
            }
        }
        let text = String::from_utf8_lossy(&text);
        let one = Instant::now();
        match ModelFile::parse(&text) {
            Ok(_) => right += 1,
            Err(e) => assert!(e.line >= 1 && e.line <= text.lines().count() + 1, "round {round}: {e}"),
        }
        assert!(one.elapsed().as_secs() < 20, "round {round} took too long");
    }
    println!("{right} of 200000 were still valid, in {:?}", started.elapsed());
    assert!(right > 100 && right < 199_000);
}
