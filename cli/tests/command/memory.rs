//! Runs that need more memory than there is. They are refused before the first step if the need is
//! known, and never abort.

use crate::support::{Place, texts};
use ndarray::ArrayD;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

/// The command with a limit of its address space in KiB.
fn under(place: &Place, limit: u64, arguments: &str) -> Command {
    let program = assert_cmd::cargo::cargo_bin("overtime");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -c 0; ulimit -v {limit}; exec \"$0\" {arguments}")).arg(program);
    shell.current_dir(place.path("")).env_remove("RUST_BACKTRACE");
    shell
}

fn limited(place: &Place, limit: u64, arguments: &str) -> Output {
    under(place, limit, arguments).output().unwrap()
}

/// Runs a command that must be refused under a limit, and returns its message.
fn refused(place: &Place, limit: u64, arguments: &str) -> String {
    let output = limited(place, limit, arguments);
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(6), "ulimit -v {limit}: overtime {arguments}\n{out}\n{err}");
    assert!(!err.contains("panicked") && !err.contains("stack backtrace") && !err.contains("abort"), "{err}");
    err
}

/// As `refused`; the message must have numbers, from an error of the command or the library and not
/// from the allocator.
pub(crate) fn out_of_memory(place: &Place, limit: u64, arguments: &str) -> String {
    let error = refused(place, limit, arguments);
    assert!(error.contains("bytes of memory") && error.contains("are free"), "{arguments}: {error}");
    error
}

/// A file with this many zeros, which occupies no space on the disk.
fn zeros(place: &Place, name: &str, len: u64) {
    let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({len}, 1), }}");
    let header = format!("{dict:<117}\n");
    let start = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    let path = place.write(name, &start);
    std::fs::File::options().write(true).open(path).unwrap().set_len(start.len() as u64 + 8 * len).unwrap();
}

/// A limit in KiB that is just enough for the program, its threads and its libraries.
const LITTLE: u64 = 600_000;

#[test]
fn the_whole_run_is_estimated_before_its_first_step() {
    let place = Place::new();
    let ways = ["--stream", "--record-every", "--out-vars", "bytes of memory", "are free"];
    for arguments in [
        // The flags name no file for the results, but they name variables to record.
        "run hh --steps 10000000000000000 --out-vars V",
        "run hh --steps 10000000000000000 --out-vars V --out a.npz",
        "run hh --steps 10000000000000000 --out a.npz",
        "run hh --size 1000 --steps 100000000000 --record-every 10 --out a.npz",
        // With a checkpoint, the recordings count twice: its copy holds them together with the
        // input and the state.
        "run hh --steps 10000000000000000 --out a.npz --checkpoint c.safetensors",
    ] {
        let error = place.fails(6, arguments);
        assert!(ways.iter().all(|way| error.contains(way)), "{arguments}: {error}");
        assert!(!place.path("a.npz").exists() && !place.path("c.safetensors").exists());
    }
}

/// The memory of bits is counted as bits: a run whose values exceed the limit is possible, and a run
/// whose bits exceed it is refused.
#[test]
fn bits_take_a_thirtysecond_of_values() {
    let place = Place::new();
    let run = "run lif --size 20000 --input 30 --record-every 2 --out-vars spike:bits --out a.npz --steps";
    let recorded = |steps: u64| {
        let said = place.fails(6, &format!("{run} {steps}"));
        let bytes = said.split(" for recordings").next().and_then(|before| before.rsplit(' ').next());
        bytes.unwrap().parse::<u64>().unwrap()
    };
    // A recorded step has 20,000 bits, the output, and a time.
    assert_eq!(recorded(2_000_000_000), 1_000_000_000 * (20_000 / 8 + 20_000 * 4 + 8));
}

/// A layer of any width is refused with the bytes that it needs, with a picture and without one.
#[test]
fn layers_wider_than_memory_are_refused() {
    let place = Place::new();
    let conv = std::fs::read_to_string(crate::support::root().join("examples/models/conv2d.toml")).unwrap();
    let conv = |channels: &str| {
        conv.replace("out_channels = 8", &format!("out_channels = {channels}"))
            .replace("input = { file = \"inputs.npz\", array = \"frames\" }", "input = 1.0\nsteps = 3")
    };
    let layer = |layer: &str| format!("steps = 3\ninput = 1.0\n[[layer]]\nname = 'a'\n{layer}\n");
    let mut models = Vec::new();
    for width in ["4000000000000", "1152921504606846976", "9223372036854775808", "18446744073709551615"] {
        models.push(layer(&format!("kind = 'relu'\nnum_in = {width}")));
        models.push(layer(&format!("kind = 'Dense'\nnum_in = 1\nnum_out = {width}")));
        models.push(layer(&format!("kind = 'Dense'\nnum_in = {width}\nnum_out = 1")));
        models.push(conv(width));
    }
    for model in models {
        place.write("wide.toml", &model);
        for more in ["", "--plot a.png"] {
            let said = place.fails(6, &format!("run wide.toml {more}"));
            assert!(said.contains("bytes of memory") && said.contains("are free"), "{model}{said}");
            assert!(!said.contains("backtrace") && !place.path("a.png").exists(), "{model}{said}");
        }
    }
}

/// The picture of a wide layer is planned from a few of its units.
#[cfg(target_os = "linux")]
#[test]
fn the_plan_of_a_picture_does_not_list_all_units() {
    let place = Place::new();
    place.write("wide.toml", "steps = 1\ninput = 1.0\n[[layer]]\nname = 'a'\nkind = 'relu'\nnum_in = 100000000\n");
    // A list of all units takes 800 MB.
    let output = limited(&place, LITTLE, "run wide.toml --quiet --device cpu");
    assert_eq!(output.status.code(), Some(0), "{:?}", texts(&output));
}

/// A run of any length starts if its results go to disk, if nothing is recorded, or if it only
/// draws a picture.
#[test]
fn recordings_that_are_not_kept_need_no_memory() {
    let place = Place::new();
    let run = "run hh --steps 10000000000000000 --device cpu";
    for more in [
        "--stream --out a.npz --out-vars V --checkpoint c.safetensors",
        "",
        "--out-vars V --plot a.png",
        "--spikes s.npz --out-vars V",
    ] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("overtime"));
        command.current_dir(place.path("")).args(run.split(' ').chain(more.split_whitespace())).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The first message, just before the run starts, names the model.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{more}: {first} {rest:?}");
    }
}

/// A checkpoint contains the recordings, so the estimate counts them twice.
#[test]
fn copies_for_checkpoints_and_files_count() {
    let place = Place::new();
    let need = |arguments: &str| -> u64 {
        let error = place.fails(6, arguments);
        let number = error.split("needs ").nth(1).and_then(|rest| rest.split(' ').next());
        let number: u64 = number.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("{error}"));
        // Without the buffers.
        number - (8 << 20)
    };
    // 8 bytes for the time, 4 for the output and 4 for V, for 10¹³ steps and for the current step
    // of the loop.
    let alone = need("run hh --steps 10000000000000 --out-vars V --out a.npz");
    assert_eq!(alone, 16 * 10_u64.pow(13) + 16);
    assert_eq!(need("run hh --steps 10000000000000 --out-vars V --out a.safetensors"), 2 * alone - 16);
    // The checkpoint also has a state of seven variables.
    assert_eq!(
        need("run hh --steps 10000000000000 --out-vars V --out a.npz --checkpoint c.safetensors"),
        2 * alone - 16 + 7 * 4
    );
    assert_eq!(
        need("run hh --steps 10000000000000 --record-every 10 --out-vars V --out a.npz"),
        (alone - 16) / 10 + 16
    );
    let some = 8 + 7 * 4 + 2 * 4;
    assert_eq!(
        need("run hh --size 7 --steps 10000000000000 --out-vars V[2..4] --out a.npz"),
        some * (10_u64.pow(13) + 1)
    );
    // A picture takes the same memory for any run. It needs V and the input of every step, which
    // are recorded as well.
    let drawn = need("run hh --steps 10000000000000 --out-vars V --out a.npz --plot a.png") - alone;
    assert!((40 << 20..80 << 20).contains(&drawn), "{drawn}");
}

/// Under any limit, a run finishes, or is refused before its first step. The estimate includes the
/// copy for its file, its picture, and one step that goes to disk.
#[test]
fn the_memory_of_slices_and_of_the_end_is_known_before_the_first_step() {
    let place = Place::new();
    place.write("net.toml", "duration = 20.0\n[[group]]\nname = \"P\"\nkind = \"LIF\"\nsize = 1000\ncurrent = 30.0\n");
    for (run, way) in [
        ("lif --size 1000 --steps 20000 --out-vars V --out s.safetensors", "--stream"),
        ("net.toml --plot r.png", ".svg"),
        ("lif --size 5000000 --steps 4 --out-vars V --out s.npz --stream", "--out-vars"),
        ("lif --size 5000000 --steps 3 --save-state s.safetensors", "state"),
    ] {
        // Returns `None` if the run succeeds, and otherwise the message.
        let refusal = |limit: u64| {
            // The allocator of each thread takes its own address space.
            let output = under(&place, limit, &format!("run {run} --device cpu"))
                .env("RAYON_NUM_THREADS", "2")
                .output()
                .unwrap();
            let (_, err) = texts(&output);
            match output.status.code() {
                Some(0) => None,
                Some(6) if !err.contains("on cpu") => Some(err),
                other => panic!("ulimit -v {limit}: {run}: {other:?}\n{err}"),
            }
        };
        // The memory is just enough between these two limits.
        let (mut refused, mut runs) = (60_000, 1_000_000);
        let mut why = refusal(refused).unwrap_or_default();
        assert!(refusal(runs).is_none(), "{run}");
        while runs - refused > 10_000 {
            let limit = u64::midpoint(refused, runs);
            match refusal(limit) {
                Some(reason) => (refused, why) = (limit, reason),
                None => runs = limit,
            }
        }
        assert!(why.contains(way) && why.contains("are free"), "{run}: {why}");
    }
}

/// The number of events is not known before the run. The message during the run has the same
/// advice.
#[test]
fn events_that_do_not_fit_are_an_error_with_advice() {
    let place = Place::new();
    place.write(
        "p.toml",
        "steps = 5000\nrecord_every = 5000\n[[group]]\nname = \"P\"\nkind = \"PoissonGroup\"\nsize = 100000\nparameters = { freqs = 10000.0 }\n",
    );
    let error = out_of_memory(&place, LITTLE, "run p.toml --out a.npz --device cpu");
    assert!(error.contains("recording of events") && error.contains("--stream"), "{error}");
}

#[test]
fn a_network_of_more_neurons_than_fit_is_refused() {
    let place = Place::new();
    place.write("many.toml", "duration = 1.0\n[[group]]\nname = \"P\"\nkind = \"LIF\"\nsize = 400000000000\n");
    let error = place.fails(6, "run many.toml");
    assert!(error.contains("statistics") && error.contains("bytes of memory"), "{error}");
    place.npz("s.npz", &[("i", ArrayD::zeros(vec![1])), ("t", ArrayD::ones(vec![1]))]);
    let list = "duration = 1.0\n[[group]]\nname = \"S\"\nkind = \"SpikeTimeGroup\"\nsize = 1000000000000\n\
        [group.parameters]\nindices = { file = \"s.npz\", array = \"i\" }\ntimes = { file = \"s.npz\", array = \"t\" }\n";
    place.write("list.toml", list);
    assert!(place.fails(6, "run list.toml").contains("SpikeTimeGroup"));
    let synapses = "duration = 1.0\n[[group]]\nname = \"P\"\nkind = \"LIF\"\nsize = 2000000\n[[group.receptor]]\nname = \"g\"\ntau = 5.0\n\
        [[projection]]\nname = \"C\"\nfrom = \"P\"\nto = \"P.g\"\nconnect = { kind = \"all_to_all\" }\n";
    place.write("dense.toml", synapses);
    let error = place.fails(6, "run dense.toml");
    assert!(error.contains("synapses"), "{error}");
}

/// Under a limit, every large object is an error with numbers, and the program ends in an orderly
/// way.
#[test]
fn under_a_limit_of_the_process_a_lack_of_memory_exits_with_6() {
    let place = Place::new();
    // This run succeeds, so the limit is what makes the others fail.
    let ran = limited(
        &place,
        LITTLE,
        "run hh --steps 100 --out-vars V --out small.npz --plot small.png --save-state s.safetensors",
    );
    assert_eq!(ran.status.code(), Some(0), "{}", texts(&ran).1);
    // The state; the state with its statistics; synapses.
    out_of_memory(&place, LITTLE, "run hh --size 40000000 --steps 1");
    place.write("net.toml", "duration = 1.0\n[[group]]\nname = \"P\"\nkind = \"LIF\"\nsize = 16000000\n");
    assert!(out_of_memory(&place, LITTLE, "run net.toml").contains("statistics"));
    let net = |size: u64| {
        format!(
            "duration = 1.0\n[[group]]\nname = \"P\"\nkind = \"LIF\"\nsize = {size}\n[[group.receptor]]\nname = \"g\"\ntau = 5.0\n\
            [[projection]]\nname = \"C\"\nfrom = \"P\"\nto = \"P.g\"\nconnect = {{ kind = \"fixed_num_post\", num = 5000 }}\n\
            weight = {{ uniform = [0.0, 1.0] }}\n"
        )
    };
    place.write("synapses.toml", net(40_000));
    assert!(out_of_memory(&place, LITTLE, "run synapses.toml").contains("synapses"));
    // The weights of layers.
    place.write("layer.toml", "[[layer]]\nname='l'\nkind='RNNCellBrainpy'\nnum_in=3\nnum_out=20000\n");
    out_of_memory(&place, LITTLE, "run layer.toml --steps 1 --input 1");
    // Recordings, of which half fit in memory, and the copy of recordings for a checkpoint.
    out_of_memory(&place, LITTLE, "run hh --size 1000 --steps 100000 --out-vars V --out a.npz");
    out_of_memory(
        &place,
        LITTLE,
        "run hh --size 1000 --steps 35000 --out-vars V --out a.npz --checkpoint c.safetensors",
    );
    // A file, as its bytes are read, and as its array is converted.
    zeros(&place, "x.npy", 80_000_000);
    out_of_memory(&place, LITTLE, "run hh --input x.npy");
    zeros(&place, "y.npy", 30_000_000);
    out_of_memory(&place, LITTLE, "run hh --input y.npy --dtype f64 --out a.npz");
    // A state file, whose arrays are copied in the type of the run.
    assert!(out_of_memory(&place, LITTLE, "run hh --state y.npy --dtype f64 --steps 1").contains("state `"));
    // A state that fits in memory once, but not twice for its file.
    out_of_memory(&place, LITTLE, "run hh --size 12000000 --steps 1 --save-state big.safetensors");
    for name in ["a.npz", "c.safetensors", "big.safetensors"] {
        assert!(!place.path(name).exists(), "{name}");
    }
    // Results that go to disk, and recordings of few steps, fit.
    let ran = limited(&place, LITTLE, "run hh --size 1000 --steps 2000 --out-vars V --out b.npz --stream --quiet");
    assert_eq!(ran.status.code(), Some(0), "{}", texts(&ran).1);
}

/// From the smallest limit at which the program starts, the command succeeds, or reports that
/// memory is short. It runs without the threads that cannot be started, and the results do not
/// change.
#[test]
fn any_limit_gives_the_result_or_exits_with_6() {
    let place = Place::new();
    place.write(
        "net.toml",
        "duration = 20.0\nout_vars = [\"P.V[0..3]\"]\n[[group]]\nname = \"P\"\nkind = \"LIF\"\nsize = 4000\ncurrent = 30.0\n[[group.receptor]]\n\
        name = \"g\"\ntau = 5.0\n[[projection]]\nname = \"C\"\nfrom = \"P\"\nto = \"P.g\"\nconnect = { kind = \"fixed_prob\", p = 0.05 }\nweight = 0.01\n",
    );
    let arguments = "run net.toml --quiet --device cpu --out r.npz --plot r.png --save-state s.safetensors";
    place.ok(arguments);
    let (result, state) = (place.read("r.npz"), std::fs::read(place.path("s.safetensors")).unwrap());
    let starts =
        (1..400).map(|k| k * 4000).find(|limit| limited(&place, *limit, "--version").status.code() == Some(0)).unwrap();
    let (mut ran, mut short) = (0, 0);
    for step in 0..14 {
        let limit = starts + step * step * 1500;
        let output = limited(&place, limit, arguments);
        let (_, err) = texts(&output);
        match output.status.code() {
            Some(0) => {
                assert!(
                    place.read("r.npz") == result && std::fs::read(place.path("s.safetensors")).unwrap() == state,
                    "{limit}"
                );
                ran += 1;
            }
            Some(6) => short += 1,
            other => panic!("ulimit -v {limit}: {other:?}\n{err}"),
        }
        assert!(!err.contains("panicked") && !err.contains("stack backtrace"), "{limit}: {err}");
    }
    assert!(ran > 0 && short > 0, "{ran} ran, {short} were refused, from {starts} KiB on");
}
