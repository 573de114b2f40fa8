//! From a model file, or a specification that serde read, to a system.

use overtime::{Distribution, Input, LoopOverTime, models};
use overtime_model::{ModelFile, SystemSpec, Type};

fn spikes(file: &ModelFile, current: f64) -> f64 {
    let mut over_time = LoopOverTime::builder(file.build::<f64>().unwrap()).out_vars("spike").build().unwrap();
    over_time.run(Input::steps(2000).constant(current)).unwrap()["spike"].sum()
}

#[test]
fn a_group_is_the_librarys_own() {
    let file = ModelFile::parse(
        "kind = 'lif'\nsize = 4\nmethod = 'rk4'\nreset = 'soft'\nparameters = { tau = 5, tau_ref = 2.0 }\n",
    )
    .unwrap();
    let own = models::Lif::<f64>::new(4).method(models::Method::Rk4).reset(models::Reset::Soft);
    let own = own.param("tau", 5.0).unwrap().param("tau_ref", 2.0).unwrap();
    let mut own = LoopOverTime::builder(own).out_vars("V").build().unwrap();
    let mut ours = LoopOverTime::builder(file.build::<f64>().unwrap()).out_vars("V").build().unwrap();
    let input = || Input::steps(500).constant(30.0);
    assert_eq!(own.run(input()).unwrap()["V"], ours.run(input()).unwrap()["V"]);
}

#[test]
fn every_neuron_takes_noise() {
    let file = ModelFile::parse("kind = 'AdExIF'\nsize = 5\nnoise = 0.7\ninitial = { V = -60 }\n").unwrap();
    let own = models::AdExIf::<f64>::new(5).v(overtime::Init::Constant(-60.0));
    let mut own = LoopOverTime::builder(models::WhiteNoise::new(own, 0.7)).seed(3).out_vars("V").build().unwrap();
    let mut ours = LoopOverTime::builder(file.build::<f64>().unwrap()).seed(3).out_vars("V").build().unwrap();
    let input = || Input::steps(300).constant(2.0);
    assert_eq!(own.run(input()).unwrap()["V"], ours.run(input()).unwrap()["V"]);
    // The noise of an HH is its own, with a variable that records it.
    let hh = ModelFile::parse("kind = 'HH'\nnoise = 0.7\n").unwrap().build::<f64>().unwrap();
    let mut hh = LoopOverTime::builder(hh).out_vars("input").build().unwrap();
    assert!(hh.run_steps(9).unwrap()["input"].iter().all(|i| *i != 0.0));
    let mut source = overtime_model::Neurons::new("PoissonGroup", 3).unwrap();
    source.noise = Some(1.0);
    let built = SystemSpec::Neurons(source).build::<f64>(0, 0.1).unwrap();
    assert!(LoopOverTime::builder(built).build().unwrap_err().to_string().contains("noise in PoissonGroup"));
}

/// Times are in `f64` also for `f32`, and survive JSON.
#[test]
fn sources_may_be_active_for_a_time() {
    const SPIKES: &str = "[[group]]\nname = 'S'\nkind = 'PoissonGroup'\nsize = 9\nparameters = { freqs = 900.0";
    let drive = "[[group]]\nname = 'L'\nkind = 'LIF'\nsize = 9\nreceptor = [{ name = 'kick', variable = 'V' }]\n\
                 parameters = { tau = 1e9, V_th = 1e9 }\n[[group.poisson]]\nreceptor = 'kick'\nrate = 900.0\nweight = 1.0\n";
    let run = |text: &str| {
        let file = ModelFile::parse(text).unwrap();
        let json = serde_json::to_string(&file.system).unwrap();
        assert_eq!(serde_json::from_str::<SystemSpec>(&json).unwrap(), file.system, "{text}");
        let built = file.build::<f32>().unwrap();
        let mut over_time =
            LoopOverTime::builder(built).dt(0.1).t0(699.0).out_vars(["S.spike", "L.V"]).build().unwrap();
        let run = over_time.run_steps(40).unwrap();
        let sum = |name: &str, steps: std::ops::Range<usize>| -> f64 {
            run[name].outer_iter().skip(steps.start).take(steps.len()).flatten().map(|x| f64::from(*x)).sum()
        };
        // V is the number of all kicks before.
        (
            ["S.spike", "L.V"].map(|name| [sum(name, 0..11), sum(name, 11..23)]),
            sum("S.spike", 23..40),
            sum("L.V", 23..40),
        )
    };
    let of = |spikes: &str, kicks: &str| run(&format!("{SPIKES}{spikes} }}\n{drive}{kicks}\n"));
    let always = of("", "");
    for ends in [", start = -inf", ", stop = inf", ", start = -inf, stop = inf"] {
        assert_eq!(of(ends, &ends.replace(", ", "\n")), always);
    }
    // 700.1 ms is step 11, and 701.3 ms step 23.
    let ([[none, some], [still, _]], after, _) = of(", start = 700.1, stop = 701.3", "start = 700.1\nstop = 701.3");
    assert!(none == 0.0 && some > 0.0 && after == 0.0 && still == 0.0, "{none} {some} {after} {still}");
    assert_eq!(some, always.0[0][1]);
    for (spikes, kicks, words) in [
        (", start = nan", "", "`start` must be a time in ms or -inf, not NaN"),
        (", start = inf", "", "`start` must be a time in ms or -inf, not inf"),
        (", stop = -inf", "", "`stop` must be a time in ms or inf, not -inf"),
        (", stop = { linspace = [0.0, 1.0, 9] }", "", "`stop` must be one number, in ms"),
        (", stop = 'zeros'", "", "`stop` must be one number, in ms"),
        ("", "start = inf", "`start` must be a time in ms or -inf, not inf"),
        ("", "stop = nan", "`stop` must be a time in ms or inf, not NaN"),
        ("", "start = 3.0\nstop = 2.5", "`stop` (2.5 ms) is before `start` (3 ms)"),
        ("", "stop = [1.0]", "stop"),
    ] {
        let text = format!("{SPIKES}{spikes} }}\n{drive}{kicks}");
        let error = ModelFile::parse(&text).unwrap_err();
        assert!(error.message.contains(words), "{error}");
        assert_eq!(error.line, if kicks.is_empty() { 5 } else { text.lines().count() }, "{error}");
    }
    let before = ModelFile::parse(&format!("{SPIKES}, start = 2.0, stop = 1.0 }}\n")).unwrap();
    let error = before.build::<f32>().err().unwrap().to_string();
    assert!(error.contains("`stop`: 1 ms is before `start`, 2 ms"), "{error}");
    // A drive of an older checkpoint acts always.
    let SystemSpec::Network(net) = ModelFile::parse(drive).unwrap().system else { panic!("no network") };
    let json = serde_json::to_string(&net).unwrap();
    let old = json.replace(",\"start\":null,\"stop\":null", "");
    assert!(old != json && serde_json::from_str::<overtime_model::Network>(&old).unwrap() == net);
}

#[test]
fn a_network_and_layers_are_built() {
    let net = "[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 20\ncurrent = 25.0\n[[group.receptor]]\nname = 'e'\ntau = 5.0\n\
               [[projection]]\nname = 'PP'\nfrom = 'P'\nto = 'P.e'\nconnect = { kind = 'fixed_prob', p = 0.2 }\nweight = 0.1\n";
    let net = ModelFile::parse(net).unwrap().build::<f32>().unwrap();
    assert!(net.schema().state.iter().any(|v| v.name == "P.e"));
    let layers = "[[layer]]\nname = 'r'\nkind = 'GRU'\nnum_in = 3\nhidden = 5\nnum_layers = 2\n[[layer]]\nname = 'f'\nkind = 'relu'\n\
                  [[layer]]\nname = 'd'\nkind = 'Dense'\nnum_in = 5\nnum_out = 2\n";
    let layers = ModelFile::parse(layers).unwrap();
    let halves = layers.build::<half::f16>().unwrap();
    assert_eq!(halves.schema().output, [2]);
}

#[test]
fn a_specification_survives_serde() {
    let text =
        "kind = 'HH'\nsize = 3\nnoise = 1.5\nduration = 50.0\ndt = 0.05\ndtype = 'f64'\nparameters = { gL = 0.3 }\n";
    let file = ModelFile::parse(text).unwrap();
    assert_eq!((file.settings.dt, file.settings.dtype), (Some(0.05), Some(Type::F64)));
    let back: ModelFile = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
    assert_eq!(back, file);
    assert_eq!(spikes(&back, 10.0), spikes(&file, 10.0));
    let SystemSpec::Neurons(group) = &back.system else { panic!("no neurons") };
    assert_eq!(group.noise, Some(1.5));
}

#[test]
fn every_distribution_is_the_librarys_own_and_survives_serde() {
    for info in Distribution::all() {
        let text = format!("kind = 'LIF'\nsize = 50\ninitial = {{ V = {{ {} = [0.25, 0.75] }} }}\n", info.name);
        let file = ModelFile::parse(&text).unwrap();
        let json = serde_json::to_string(&file).unwrap();
        let back: ModelFile = serde_json::from_str(&json).unwrap();
        assert_eq!(back, file);
        let unknown = json.replace(&format!("\"{}\"", info.name), "\"none\"");
        let error = serde_json::from_str::<ModelFile>(&unknown).unwrap_err().to_string();
        assert!(error.contains("distribution") && error.contains(info.name), "{error}");
        let distribution = Distribution::named(info.name, [0.25, 0.75]).unwrap();
        let own = models::Lif::<f64>::new(50).v(distribution.into());
        let mut own = LoopOverTime::builder(own).seed(0).out_vars("V").build().unwrap();
        let mut ours = LoopOverTime::builder(back.build::<f64>().unwrap()).seed(0).out_vars("V").build().unwrap();
        let (own, ours) = (own.run(Input::steps(1)).unwrap(), ours.run(Input::steps(1)).unwrap());
        assert_eq!(own["V"], ours["V"], "{}", info.name);
        assert!(ours["V"][[0, 0]] != ours["V"][[0, 1]], "{}", info.name);
    }
}

/// Bounds of a distribution in a model file are those of the library, wherever a distribution may
/// stand, and survive a checkpoint.
#[test]
fn bounds_are_the_librarys_own_and_survive_serde() {
    let normal = Distribution::Normal(0.25, 0.75);
    for (text, own) in [
        ("{ normal = [0.25, 0.75], min = 0.1 }", normal.redrawn(0.1..)),
        ("{ max = 0.5, normal = [0.25, 0.75], outside = 'redraw' }", normal.redrawn(..=0.5)),
        ("{ normal = [0.25, 0.75], min = 0, max = 1, outside = 'clip' }", normal.clipped(0.0..=1.0)),
        ("{ lognormal = [0.25, 0.75], max = 2 }", Distribution::LogNormal(0.25, 0.75).redrawn(..=2.0)),
        ("{ uniform = [0.25, 0.75], min = 0.5, outside = 'clip' }", Distribution::Uniform(0.25, 0.75).clipped(0.5..)),
    ] {
        let file = ModelFile::parse(&format!("kind = 'LIF'\nsize = 50\ninitial = {{ V = {text} }}\n")).unwrap();
        let json = serde_json::to_string(&file).unwrap();
        let back: ModelFile = serde_json::from_str(&json).unwrap();
        assert_eq!(back, file);
        let unknown = json.replace(&format!("\"{}\"", own.outside.name()), "\"none\"");
        let error = serde_json::from_str::<ModelFile>(&unknown).unwrap_err().to_string();
        assert!(error.contains("no value of `outside` named `none`; there is: redraw, clip"), "{error}");
        let lif = models::Lif::<f64>::new(50).v(own.into());
        let mut lif = LoopOverTime::builder(lif).seed(0).out_vars("V").build().unwrap();
        let mut ours = LoopOverTime::builder(back.build::<f64>().unwrap()).seed(0).out_vars("V").build().unwrap();
        assert_eq!(lif.state_dict().unwrap(), ours.state_dict().unwrap(), "{text}");
        assert_eq!(lif.run(Input::steps(1)).unwrap()["V"], ours.run(Input::steps(1)).unwrap()["V"], "{text}");
        let all = [
            format!("[[group.receptor]]\nname = 'e'\ntau = 5.0\n[group.initial]\nV = {text}\ne = {text}\n"),
            format!(
                "[[group.receptor]]\nname = 'e'\ntau = 5.0\n[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.e'\n\
                 connect = {{ kind = 'all_to_all' }}\nweight = {text}\ndelay = {text}\n"
            ),
            "[[group.receptor]]\nname = 'e'\nkind = 'graded'\n[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.e'\n\
                 connect = { kind = 'all_to_all' }\nkinetics = 'ampa'\ninitial = { g = { uniform = [0, 2], max = 1 } }\n"
            .to_owned(),
        ];
        for rest in all {
            let text = format!("[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 5\n{rest}");
            ModelFile::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}")).build::<f32>().unwrap();
        }
        let layer = format!("[[layer]]\nname = 'l'\nkind = 'Dense'\nnum_in = 2\nnum_out = 2\nb_init = {text}\n");
        ModelFile::parse(&layer).unwrap().build::<f32>().unwrap();
    }
}

#[test]
fn arrays_are_read_from_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut npz = overtime_npz::Writer::create(folder.path().join("p.npz")).unwrap();
    npz.add("gL", ndarray::arr1(&[0.1, 0.3]).view().into_dyn()).unwrap();
    npz.finish().unwrap();
    let path = folder.path().join("hh.toml");
    std::fs::write(&path, "kind = 'HH'\nsize = 2\nparameters = { gL = { file = 'p.npz', array = 'gL' } }\n").unwrap();
    let file = ModelFile::read(&path).unwrap();
    assert_eq!(file.build::<f32>().unwrap().schema().output, [2]);
    std::fs::write(&path, "kind = 'HH'\nsize = 3\n\nparameters = { gL = { file = 'p.npz', array = 'gK' } }\n").unwrap();
    let error = ModelFile::read(&path).unwrap().build::<f32>().err().unwrap().to_string();
    assert!(error.contains("hh.toml:4: parameters.gL: ") && error.contains("has no array named `gK`"), "{error}");
}

#[test]
fn neurons_are_made_by_name() {
    let system = overtime_model::neurons::<f64>("adex", 7).unwrap();
    assert_eq!((system.kind(), system.schema().output), ("AdExIF", vec![7]));
    let error = overtime_model::neurons::<f64>("adexx", 7).err().unwrap().to_string();
    assert!(error.contains("did you mean `AdExIF`?"), "{error}");
}
