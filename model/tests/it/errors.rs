//! What is wrong with a model file, and where.

use overtime_model::{Error, ModelFile};

#[test]
fn every_mistake_has_its_line_and_the_nearest_name() {
    for (text, line, parts) in [
        (
            "\nkind = 'Izhikevitch'\n",
            2,
            &["no kind of neuron named `Izhikevitch` (did you mean `Izhikevich`?)", "there is: HH, "][..],
        ),
        (
            "kind = 'LIF'\n[parameters]\ntau = 1\ntau_reff = 2\n",
            4,
            &["no parameter named `tau_reff` (did you mean `tau_ref`?)"],
        ),
        ("kind = 'LIF'\ninitial = { W = 1 }\n", 2, &["no variable with an initial value named `W`; there is: V"]),
        ("kind = 'LIF'\nnoise = 1\n", 2, &["`noise` is not for LIF"]),
        ("kind = 'PoissonGroup'\nmethod = 'rk4'\n", 2, &["`method` is not for PoissonGroup"]),
        ("kind = 'WangBuzsaki'\nreset = 'soft'\n", 2, &["`reset` is not for WangBuzsaki"]),
        (
            "[[layer]]\nname = 'a'\nkind = 'Dens'\n",
            3,
            &["no kind of layer named `Dens` (did you mean `Dense`?)", "and the functions identity, "],
        ),
        ("[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 2\n", 3, &["a Dense needs `num_out`"]),
        (
            "[[layer]]\nname = 'a'\nkind = 'Dense'\nnum_in = 2\nnum_out = 1\nhidden = 3\n",
            6,
            &["`hidden` is not for a Dense; it takes num_in, num_out, bias, W_init, b_init"],
        ),
        ("kind = 'HH'\nout_vars = ['V[']\n", 2, &["has no closing bracket"]),
        ("kind = 'HH'\nsizes = 2\n", 2, &["sizes"]),
        ("size = 2\n", 1, &["neither a group of neurons"]),
    ] {
        let error = ModelFile::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        for part in parts {
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }
}

#[test]
fn files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.toml");
    std::fs::write(&path, "kind = 'HH'\nsize = 'x'\n").unwrap();
    let error = ModelFile::read(&path).unwrap_err();
    let Error::Parse(at) = &error else { panic!("{error}") };
    assert_eq!((at.path.as_deref(), at.line), (Some(path.as_path()), 2));
    assert!(error.to_string().starts_with(&format!("{}:2: ", path.display())), "{error}");
    std::fs::write(&path, b"kind = 'HH'\n\xff\n").unwrap();
    assert!(ModelFile::read(&path).unwrap_err().to_string().ends_with(":2: not UTF-8 text"));
    assert!(matches!(
        ModelFile::read(&folder.path().join("none.toml")),
        Err(Error::Library(overtime::Error::File { .. }))
    ));
}

#[test]
fn what_the_library_refuses_is_an_error_of_the_library() {
    let file = ModelFile::parse("kind = 'HH'\nsize = 2\nparameters = { gL = { file = 'none.npz' } }\n").unwrap();
    let error = file.build::<f64>().err().unwrap();
    assert!(matches!(&error, Error::Within { place, .. } if place == "parameters.gL"), "{error}");
    let file = ModelFile::parse("kind = 'HH'\n").unwrap();
    let error = file.build::<half::bf16>().err().unwrap().to_string();
    assert!(error.contains("HH cannot run in bf16"), "{error}");
    let file = ModelFile::parse("kind = 'SpikeTimeGroup'\n").unwrap();
    assert!(file.build::<f64>().err().unwrap().to_string().contains("needs `indices`"));
}
