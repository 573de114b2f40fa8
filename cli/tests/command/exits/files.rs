//! Files that cannot be written, and files of other kinds.

use crate::support::Place;
use ndarray::ArrayD;

/// Files that cannot be written, and two names of the same file, are found before the run, because
/// the results would be lost at its end.
#[test]
fn files_that_cannot_be_written_are_found_before_the_run() {
    let place = Place::new();
    let long = "x".repeat(300);
    let refused = |code, flags: &str| {
        let error = place.fails(code, &format!("run hh --steps 5 {flags}"));
        assert!(!error.contains(", on "), "{flags}: the run started: {error}");
        error
    };
    for (flag, ending) in [
        ("--out", "npz"),
        ("--out", "safetensors"),
        ("--plot", "png"),
        ("--save-state", "s"),
        ("--checkpoint", "s"),
        ("--spikes", "npz"),
    ] {
        assert!(refused(5, &format!("{flag} {long}.{ending}")).contains(&long), "{flag}");
        if cfg!(target_os = "linux") {
            assert!(refused(5, &format!("{flag} /proc/x.{ending}")).contains("/proc/x."), "{flag}");
        }
    }
    std::fs::create_dir_all(place.path("p/q")).unwrap();
    let mut same = vec![
        "--out x.npz --save-state p/../x.npz",
        "--checkpoint p/q/../../a --save-state ./a",
        "--out x.npz --stream --save-state x.npz.parts",
    ];
    same.extend(["--spikes p/x.npz --checkpoint p/x.npz.parts", "--spikes p/x.npz --out p/q/../x.npz"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("p", place.path("link")).unwrap();
        std::os::unix::fs::symlink("old", place.path("alias")).unwrap();
        place.write("old", "as it was");
        same.extend([
            "--out p/x.npz --spikes link/x.npz",
            "--save-state alias --checkpoint old",
            "--save-state link/q/../../old --checkpoint alias",
        ]);
    }
    for flags in same {
        assert!(refused(2, flags).contains("the same file"), "{flags}");
    }
    // The checks leave no files behind and do not change existing files. Different names of
    // different files are accepted.
    let left = |folder: &str| {
        std::fs::read_dir(place.path(folder))
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_type().unwrap().is_file())
            .count()
    };
    assert_eq!((left(""), left("p"), left("p/q")), (usize::from(cfg!(unix)), 0, 0));
    place.ok("run hh --steps 5 --out x.npz --spikes p/x.npz --save-state p/q/x.npz --quiet");
}

/// A bidirectional layer has no state between its first step and its last.
#[test]
fn there_is_no_checkpoint_in_the_middle_of_one_piece() {
    let place = Place::new();
    place.npz("x.npz", &[("in", ArrayD::zeros(vec![50, 3]))]);
    let layer = |both| {
        format!(
            "input = {{ file = 'x.npz' }}\n[[layer]]\nname = 'l'\nkind = 'GRU'\nnum_in = 3\nhidden = 2\nbidirectional = {both}\n"
        )
    };
    place.write("both.toml", layer(true));
    place.write("one.toml", layer(false));
    let flags = "--out o.npz --checkpoint c.safetensors --checkpoint-every 1";
    let error = place.fails(2, &format!("run both.toml {flags}"));
    assert!(
        error.contains("--checkpoint-every") && error.contains("both directions") && error.contains("one slice"),
        "{error}"
    );
    assert!(!place.path("o.npz").exists());
    let output = place.run("run both.toml --out o.npz --checkpoint c.safetensors");
    let (_, error) = crate::support::texts(&output);
    assert!(
        output.status.success() && error.contains("warning") && error.contains("c.safetensors will not be written"),
        "{error}"
    );
    place.ok(&format!("run one.toml {flags} --quiet"));
    assert!(place.path("c.safetensors").exists());
}

/// For a file of any other kind, the message names the file, its kind, and the kinds that the
/// command reads.
#[test]
fn errors_name_files_of_other_kinds() {
    let place = Place::new();
    // The local header of a zip archive, with the name of its first entry.
    let zip = |name: &str| {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend([0; 22]);
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.bytes());
        bytes
    };
    let text = (0..50).map(|k| format!("1.0,{k}.5,2.0\n")).collect::<String>();
    for (name, bytes, what) in [
        ("x.csv", text.into_bytes(), "a text, such as csv"),
        (
            "x.mat",
            b"MATLAB 5.0 MAT-file, Platform: posix, Created on: Thu Nov 26 2026\0\0\0\0".to_vec(),
            "a MATLAB file",
        ),
        ("x.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0\0".to_vec(), "an HDF5 file"),
        ("x.pt", zip("x/data.pkl"), "a file of torch.save"),
        ("x.xlsx", zip("[Content_Types].xml"), "a zip archive of something else"),
        ("x.pkl", b"\x80\x04\x95\x1a\0\0\0\0\0\0\0}".to_vec(), "a pickle of Python objects"),
        ("x.npz", Vec::new(), "an empty file"),
        ("x.bin", (0..200).map(|k: u8| k ^ 0x55).collect(), "no file of arrays"),
    ] {
        place.write(name, bytes);
        place.write("m.toml", format!("kind = 'LIF'\nsize = 3\ninput = {{ file = '{name}' }}\n"));
        for arguments in [
            "run m.toml".to_owned(),
            format!("run hh --input {name}"),
            format!("run hh --steps 5 --state {name}"),
            format!("run hh --steps 5 --weights {name}"),
            format!("resume {name}"),
            format!("inspect {name}"),
        ] {
            let said = place.fails(5, &arguments);
            assert!(
                said.contains(name) && said.contains(what) && said.contains("npz, npy and safetensors"),
                "{arguments}: {said}"
            );
        }
    }
    place.npz("c.npz", &[("V", ArrayD::zeros(vec![3]))]);
    assert!(place.fails(5, "resume c.npz").contains("c.npz is not a checkpoint"));
}
