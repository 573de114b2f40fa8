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
        ("kind = 'PoissonGroup'\nnoise = 1\n", 2, &["`noise` is not for PoissonGroup"]),
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

/// A value of a wrong type is named by its key, in every table.
#[test]
fn a_wrong_type_has_its_key() {
    let net = |rest: &str| {
        format!("[[group]]\nname = 'P'\nkind = 'LIF'\n[[group.receptor]]\nname = 'r'\nkind = 'graded'\n{rest}")
    };
    let projection = "[[projection]]\nname = 'p'\nfrom = 'P'\nto = 'P.r'\n";
    for (text, line, key) in [
        ("kind = 3\n".to_owned(), 1, "kind"),
        ("kind = 'HH'\nsize = -2\n".to_owned(), 2, "size"),
        ("kind = 'HH'\nsize = 2.5\n".to_owned(), 2, "size"),
        ("kind = 'HH'\nnoise = 'loud'\n".to_owned(), 2, "noise"),
        ("kind = 'HH'\nparameters = 3\n".to_owned(), 2, "parameters"),
        ("kind = 'HH'\n[parameters]\ngL = [1, 2]\n".to_owned(), 3, "parameters.gL"),
        ("kind = 'HH'\n[initial]\nV = { uniform = 3 }\n".to_owned(), 3, "initial.V.uniform"),
        ("kind = 'HH'\nout_vars = 'V'\n".to_owned(), 2, "out_vars"),
        ("kind = 'HH'\nout_vars = ['V', 3]\n".to_owned(), 2, "out_vars"),
        ("kind = 'HH'\ninput = true\n".to_owned(), 2, "input"),
        ("kind = 'HH'\n[input]\nramp = { c_start = 'x', c_end = 1 }\n".to_owned(), 3, "input.ramp"),
        ("kind = 'HH'\nplot = 3\n".to_owned(), 2, "plot"),
        ("kind = 'HH'\n[plot]\nsize = 'big'\n".to_owned(), 3, "plot.size"),
        ("kind = 'HH'\n[plot]\nsize = [85, 'x']\n".to_owned(), 3, "plot.size"),
        ("kind = 'HH'\n[plot]\nwindow = 200\n".to_owned(), 3, "plot.window"),
        ("kind = 'CondNeuGroup'\n[[channel]]\nname = 3\n".to_owned(), 3, "channel.name"),
        ("[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 'x'\n".to_owned(), 4, "layer.num_in"),
        ("[[layer]]\nname = 'l'\nkind = 'Conv2d'\nstride = 'x'\n".to_owned(), 4, "layer.stride"),
        ("[populations]\nE = 3\n".to_owned() + &net(""), 2, "populations.E"),
        (net("tau = 'x'\n"), 7, "group.receptor.tau"),
        (net(&format!("{projection}delay = true\n")), 11, "projection.delay"),
        (net(&format!("{projection}connect = {{ kind = 'fixed_prob', p = 'x' }}\n")), 11, "projection.connect.p"),
        (net(&format!("{projection}stdp = {{ max = '1' }}\n")), 11, "projection.stdp.max"),
    ] {
        let error = ModelFile::parse(&text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.starts_with(&format!("`{key}")), "{text}: {error}");
    }
    // An unknown key and a text that is no TOML have no value.
    for text in ["kind = 'HH'\n[plot]\nsise = 3\n", "kind = 'HH'\nsize = \n", "kind = 'HH'\nkind = 'LIF'\n"] {
        assert!(!ModelFile::parse(text).unwrap_err().message.starts_with('`'), "{text}");
    }
}
