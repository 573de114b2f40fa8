//! Equations as text in model files.

use overtime::{Input, LoopOverTime};
use overtime_model::{Error, Loaded, ModelFile, SystemSpec};
use std::path::PathBuf;

const LIF: &str = "param tau = 10 ms\nparam V_th = -50 mV\nparam V_rest = -65 mV\ninput I : mV\n\
                   V' = (V_rest - V + I)/tau : mV\nstate V = V_rest\nspike when V >= V_th\nreset V = V_rest\n\
                   refractory 2 ms holds V\n";

fn output(model: &ModelFile) -> Vec<f64> {
    let system: Loaded<f64> = model.build().unwrap();
    let mut over_time = LoopOverTime::<f64, _>::builder(system).out_vars("V").build().unwrap();
    let run = over_time.run(Input::steps(300).constant(20.0)).unwrap();
    run["V"].iter().copied().collect()
}

/// A folder of its own with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("overtime-equations-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        std::fs::write(folder.join(file), text).unwrap();
    }
    folder
}

fn error(text: &str) -> String {
    ModelFile::parse(text).unwrap_err().to_string()
}

#[test]
fn a_text_and_a_file_are_the_same_model() {
    let inline = format!("size = 2\nequations = '''\n{LIF}'''\n[parameters]\ntau = {{ linspace = [10, 20, 2] }}\n");
    let model = ModelFile::parse(&inline).unwrap();
    let files = [
        ("lif.eq", LIF),
        ("m.toml", "equations = { file = 'lif.eq' }\n[parameters]\ntau = { linspace = [10, 20, 2] }"),
    ];
    let folder = folder("same", &files);
    let named = ModelFile::read(&folder.join("m.toml")).unwrap();
    assert_eq!(output(&model), output(&named));
    let alone = ModelFile::equations(&folder.join("lif.eq")).unwrap();
    let whole = output(&model);
    let first: Vec<f64> = whole.iter().step_by(2).copied().collect();
    assert_eq!(output(&alone), first);
    assert!(whole.iter().skip(1).step_by(2).zip(&first).any(|(a, b)| a != b));
    // A checkpoint has the model as JSON, with the text of the file.
    std::fs::remove_dir_all(folder).unwrap();
    let json = serde_json::to_string(&named.system).unwrap();
    let again: SystemSpec = serde_json::from_str(&json).unwrap();
    assert_eq!(output(&named), output(&ModelFile { system: again, ..named.clone() }));
}

#[test]
fn facts_are_those_of_the_text() {
    let model = ModelFile::parse(&format!("equations = '''{LIF}'''")).unwrap();
    let SystemSpec::Neurons(group) = &model.system else { panic!("no group") };
    let info = group.info().unwrap();
    assert_eq!(info.variable("V").unwrap().unit, "mV");
    assert!(info.variable("spike").is_some() && info.variable("refractory").is_some());
    assert_eq!((info.parameter("tau").unwrap().default, &*info.inputs[0].name), (10.0, "I"));
}

#[test]
fn a_group_of_a_network_may_be_a_text() {
    let text = format!(
        "[[group]]\nname = 'P'\nsize = 20\nkind = 'equations'\nequations = '''\n{LIF}'''\ncurrent = 20.0\n\
         initial = {{ V = {{ uniform = [-65.0, -51.0] }} }}\n[[group.receptor]]\nname = 'E'\ntau = 5.0\n\
         [[group.receptor]]\nname = 'D'\nvariable = 'V'\n\
         [[projection]]\nname = 'PP'\nfrom = 'P'\nto = 'P.E'\nconnect = {{ kind = 'fixed_prob', p = 0.2 }}\nweight = 1.0\n\
         [[projection]]\nname = 'PD'\nfrom = 'P'\nto = 'P.D'\nconnect = {{ kind = 'fixed_prob', p = 0.2 }}\nweight = 0.5\n"
    );
    let model = ModelFile::parse(&text).unwrap();
    let system: Loaded<f64> = model.build().unwrap();
    let mut over_time = LoopOverTime::<f64, _>::builder(system).out_vars("P.spike").build().unwrap();
    let spikes = over_time.run(Input::steps(500)).unwrap()["P.spike"].sum();
    assert!(spikes > 20.0, "{spikes}");
    let gaps = text.replace("tau = 5.0", "kind = 'gap'").replace("weight = 1.0", "weight = 0.01");
    let error = ModelFile::parse(&gaps).unwrap().build::<f64>().err().unwrap().to_string();
    assert!(error.contains("has no input `g` for one"), "{error}");
    let conductance = text.replace("tau = 5.0", "tau = 5.0\nreversal = 0.0");
    let error = ModelFile::parse(&conductance).unwrap().build::<f64>().err().unwrap().to_string();
    assert!(error.contains("`P.E` is a conductance, and Equations has no input `g` for one"), "{error}");
}

#[test]
fn mistakes_have_their_place_in_the_file() {
    let text = "size = 3\nequations = '''\nV' = (E - V)/tau : mV\nstate V = 0\n'''\n";
    let message = error(text);
    assert!(message.starts_with("line 3: `E` is not defined"), "{message}");
    assert!(message.contains("--> 3:7\n  |\n3 | V' = (E - V)/tau : mV\n  |       ^"), "{message}");
    // A text that begins in the line of its key, and one with escapes.
    assert!(error("equations = \"V' = (E - V)\"").contains("--> 1:20\n"), "{}", error("equations = \"V' = (E - V)\""));
    let escaped = error("size = 1\nequations = \"V' = 1\\nW' = (E - W)\"");
    assert!(escaped.starts_with("line 2: equations: ") && escaped.contains("--> 2:7"), "{escaped}");
    let of_group = error("[[group]]\nname = 'P'\nequations = '''\nV' = (E - V)\n'''\n");
    assert!(of_group.starts_with("line 4: `E` is not defined"), "{of_group}");
    let folder = folder("mistakes", &[("x.eq", "\nV' = (E - V)\n"), ("m.toml", "equations = { file = 'x.eq' }\n")]);
    let Err(Error::Parse(e)) = ModelFile::read(&folder.join("m.toml")) else { panic!("no error") };
    assert_eq!((e.path.as_deref(), e.line), (Some(&*folder.join("x.eq")), 2));
    let missing = folder.join("none.toml");
    std::fs::write(&missing, "size = 1\nequations = { file = 'none.eq' }\n").unwrap();
    let e = ModelFile::read(&missing).unwrap_err().to_string();
    assert!(e.contains("none.toml:2: `equations`: ") && e.contains("none.eq"), "{e}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn keys_that_do_not_fit_are_errors() {
    let of = |more: &str| error(&format!("equations = '''{LIF}'''\n{more}"));
    for (text, expected) in [
        (error("kind = 'equations'"), "needs `equations`"),
        (of("kind = 'HH'"), "`equations` is not for HH"),
        (of("reset = 'soft'"), "`reset` is not for Equations"),
        (of("method = 'eulr'"), "eulr"),
        (of("[parameters]\ntaw = 3.0"), "did you mean `tau`?"),
        (of("[parameters]\ntau = 'zeros'"), "`tau` must be a number"),
        (of("[initial]\nW = 3.0"), "no variable with an initial value named `W`"),
        (of("[initial]\nspike = 1.0"), "no variable with an initial value named `spike`"),
        (of("[[channel]]\nname = 'a'\nkind = 'IL'"), "channels are for CondNeuGroup"),
        (of("[[layer]]\nname = 'a'"), "belongs to a group of neurons"),
        (error("equations = 3"), "`equations` must be a text of equations"),
        (error("equations = { text = 'x' }"), "no key of `equations` named `text`"),
        (error("equations = { file = 'x.eq' }"), "has no folder"),
        (error("equations = '''V' = 1'''\nnoise = 1.0"), "`noise` is not for Equations"),
        (error("equations = '''V' = 1'''\ninput = 1.0"), "`input` is not for Equations"),
        (of("input = { J = 1.0 }"), "no input of the equations named `J`; there is: I"),
        (of("size = 2\ninput = { I = { linspace = [0, 1, 3] } }"), "the input `I` has 3 values, and there are 2 units"),
        (error("kind = 'HH'\ninput = { x = 1.0 }"), "no `[[group]]`"),
        (error("[[group]]\nname = 'P'"), "needs `kind` or `equations`"),
    ] {
        assert!(text.contains(expected), "{text}\nhas no: {expected}");
    }
}

#[test]
fn parameters_may_be_drawn() {
    let of = |kind: &str, more: &str| {
        let model = ModelFile::parse(&format!("{kind}\nsize = 50\n{more}\n")).unwrap();
        output(&model)
    };
    let text = format!("equations = '''{LIF}'''");
    let drawn = of(&text, "[parameters]\ntau = { uniform = [10.0, 20.0] }");
    let last: Vec<u64> = drawn[299 * 50..].iter().map(|v| v.to_bits()).collect();
    let different: std::collections::BTreeSet<u64> = last.iter().copied().collect();
    assert!(different.len() > 20, "{}", different.len());
    assert_eq!(drawn, of(&text, "[parameters]\ntau = { uniform = [10.0, 20.0] }"));
    assert_ne!(drawn, of(&text, "seed = 1\n[parameters]\ntau = { uniform = [10.0, 20.0] }"));
    assert_ne!(of("kind = 'LIF'", ""), of("kind = 'LIF'", "[parameters]\ntau = { uniform = [10.0, 20.0] }"));
    // A drawn value out of the bounds of a parameter is an error.
    let model = ModelFile::parse("kind = 'LIF'\nsize = 50\n[parameters]\ntau = { normal = [0.0, 1.0] }").unwrap();
    let system = model.build::<f64>().unwrap();
    assert!(system.check().unwrap_err().to_string().contains("is not positive"));
}

/// The potentials of the network of a file of `examples/models` after 20 ms.
fn potentials(name: &str) -> Vec<f64> {
    let models = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/models");
    let model = ModelFile::read(&models.join(format!("{name}.toml"))).unwrap();
    let system: Loaded<f64> = model.build().unwrap();
    let mut over_time = LoopOverTime::<f64, _>::builder(system).seed(1).out_vars("P.V").build().unwrap();
    let run = over_time.run(Input::steps(200)).unwrap();
    run["P.V"].iter().copied().collect()
}

#[test]
fn a_network_by_equations_is_that_of_the_built_in_neuron() {
    let (text, built_in) = (potentials("cobahh_equations"), potentials("cobahh"));
    let apart = text.iter().zip(&built_in).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-7, "{apart}");
}
