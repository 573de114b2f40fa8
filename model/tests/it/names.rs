//! Every group of neurons by name: what is known of it is what it does.

use overtime::models::{self, Family, ModelInfo};
use overtime::{Init, Input, LoopOverTime};
use overtime_model::{Arrays, Neurons, SystemSpec, Value};

fn groups() -> impl Iterator<Item = &'static ModelInfo> {
    models::all().iter().filter(|info| info.family == Family::Neuron)
}

fn output(group: &Neurons) -> Vec<f64> {
    let system = SystemSpec::Neurons(group.clone()).build::<f64>(0, 0.1).unwrap();
    let names: Vec<String> = system.schema().state.iter().map(|v| v.name.to_string()).collect();
    let mut over_time = LoopOverTime::builder(system).out_vars(names.clone()).build().unwrap();
    let current = match group.kind.as_str() {
        "TraubMiles" => 600.0,
        "MorrisLecar" => 300.0,
        _ => 30.0,
    };
    let run = over_time.run(Input::steps(200).constant(current)).unwrap();
    names.iter().flat_map(|n| run[n.as_str()].iter().copied().collect::<Vec<_>>()).collect()
}

#[test]
fn tables_have_the_names_and_defaults_of_the_models() {
    assert_eq!(groups().count(), 13);
    for info in groups() {
        let group = Neurons::new(&info.name, 1).unwrap();
        let system = SystemSpec::Neurons(group.clone()).build::<f64>(0, 0.1).unwrap();
        assert_eq!(system.kind(), info.name);
        let schema = system.schema();
        let names: Vec<&str> = schema.state.iter().map(|v| v.name.as_ref()).collect();
        assert_eq!(names, info.variables.iter().map(|v| &*v.name).collect::<Vec<_>>());
        let parameters = |change: f64| {
            info.parameters.iter().map(|p| (p.name.to_string(), Value::Number(p.default + change))).collect()
        };
        let given = Neurons { parameters: parameters(0.0), ..group.clone() };
        assert_eq!(output(&group), output(&given), "{}", info.name);
        // Each makes a difference, so that no name stands for another's default.
        for p in &info.parameters {
            let change = if p.name == "V_th" { 40.0 } else { 1.5 };
            let changed =
                Neurons { parameters: vec![(p.name.to_string(), Value::Number(p.default + change))], ..group.clone() };
            assert!(output(&group) != output(&changed), "{} {}", info.name, p.name);
        }
        // So does each initial value.
        for name in info.initial() {
            let value = if name == "V" { -62.0 } else { 0.37 };
            let changed = Neurons { initial: vec![(name.to_owned(), Value::Number(value))], ..group.clone() };
            assert!(output(&group) != output(&changed), "{} {name}", info.name);
        }
        let soft = SystemSpec::Neurons(Neurons { soft: true, ..group.clone() });
        let made = soft.build::<f64>(0, 0.1);
        match made.map(|system| system.check()) {
            Ok(Ok(())) => {
                assert!(info.takes("reset"), "{}", info.name);
                assert_ne!(output(&group), output(&Neurons { soft: true, ..group.clone() }), "{}", info.name);
            }
            Ok(Err(_)) | Err(_) => assert!(!info.takes("reset"), "{}", info.name),
        }
        let unknown = Neurons { parameters: vec![("none".to_owned(), Value::Number(1.0))], ..group.clone() };
        let error = SystemSpec::Neurons(unknown).build::<f64>(0, 0.1).err().unwrap().to_string();
        let listed = error.split("there is: ").nth(1).unwrap();
        let mut listed: Vec<&str> = listed.split(", ").collect();
        let mut ours: Vec<&str> = info.parameters.iter().map(|p| &*p.name).collect();
        listed.sort_unstable();
        ours.sort_unstable();
        assert_eq!(listed, ours);
    }
}

#[test]
fn groups_take_what_their_table_says() {
    for info in models::all().iter().filter(|info| matches!(info.family, Family::Neuron | Family::Source)) {
        let group = || models::neurons::<f32>(&info.name, 3).unwrap();
        assert_eq!(group().set_method(models::Method::Rk4).is_ok(), info.takes("method"), "{}", info.name);
        assert_eq!(group().set_noise(1.0).is_ok(), info.takes("noise"), "{}", info.name);
        assert_eq!(group().add_conductance().is_ok(), info.input("g").is_some(), "{}", info.name);
        let channel = models::Channel::new(models::ChannelKind::IL);
        assert_eq!(group().add_channel("IL", channel).is_ok(), info.takes("channel"), "{}", info.name);
        assert_eq!(group().set_spikes(&[0, 2], &[1.0, 2.0]).is_ok(), info.name == "SpikeTimeGroup");
        for variable in &info.variables {
            assert_eq!(
                group().set_init(&variable.name, Init::Zeros).is_ok(),
                variable.initial,
                "{} {}",
                info.name,
                variable.name
            );
        }
        let mut with_conductance = group();
        let _ = with_conductance.add_conductance();
        let schema = with_conductance.schema();
        let ports: Vec<&str> = schema.inputs.iter().map(|port| port.name.as_ref()).collect();
        assert_eq!(ports, info.inputs.iter().map(|port| &*port.name).collect::<Vec<_>>(), "{}", info.name);
        let error = group().set_param("nothing", 1.0.into()).unwrap_err();
        assert!(matches!(error, overtime::Error::Unknown { what: "parameter", .. }), "{error}");
    }
}

#[test]
fn names_are_found_without_regard_to_case_and_separators() {
    for (given, name) in [
        ("adex", "AdExIF"),
        ("AdExIF", "AdExIF"),
        ("ad_ex_if", "AdExIF"),
        ("hodgkin_huxley", "HH"),
        ("Hodgkin-Huxley", "HH"),
        ("wang_buzsaki", "WangBuzsaki"),
        ("WangBuzsakiHH", "WangBuzsaki"),
        ("fhn", "FitzHughNagumo"),
        ("fitz hugh nagumo", "FitzHughNagumo"),
        ("LifRef", "LIF"),
        ("IzhikevichRef", "Izhikevich"),
        ("poisson_group", "PoissonGroup"),
    ] {
        assert_eq!(Neurons::new(given, 1).unwrap().kind, name, "{given}");
        assert_eq!(models::find(given).unwrap().name, name, "{given}");
    }
    // No name or alias means two models.
    let mut names: Vec<(String, &str)> = Vec::new();
    for info in models::all() {
        for name in std::iter::once(&*info.name).chain(info.aliases.iter().copied()) {
            assert_eq!(models::find(name).unwrap().name, info.name);
            names.push((name.replace(['_', '-', '.', ' '], "").to_lowercase(), &*info.name));
        }
    }
    names.sort();
    for pair in names.windows(2) {
        assert!(pair[0].0 != pair[1].0, "{pair:?}");
    }
}

#[test]
fn layers_are_what_their_table_says() {
    for info in models::all().iter().filter(|info| matches!(info.family, Family::Cell | Family::Layer)) {
        let Ok(layer) = models::layer::<f32>(&info.name, 4, 3) else {
            assert_eq!(info.name, "Conv2d");
            continue;
        };
        assert_eq!(layer.kind(), info.name);
        let size = |text: &str| -> usize {
            let factor = |part: &str| match part {
                "num_in" => 4,
                "num_out" | "hidden" => 3,
                number => number.parse().unwrap(),
            };
            text.split('·').map(factor).product()
        };
        let shape = |text: &str| text.trim_matches(['[', ']']).split(", ").map(size).collect::<Vec<_>>();
        let own: Vec<_> = layer.weights().iter().map(|w| (w.name.to_string(), w.shape.to_vec())).collect();
        assert_eq!(
            own,
            info.weights.iter().map(|w| (w.name.clone(), shape(&w.shape))).collect::<Vec<_>>(),
            "{}",
            info.name
        );
        let vars: Vec<_> = layer.schema().state.iter().map(|v| (v.name.to_string(), v.shape.clone())).collect();
        assert_eq!(
            vars,
            info.variables.iter().map(|v| (v.name.to_string(), shape(&v.shape))).collect::<Vec<_>>(),
            "{}",
            info.name
        );
        let mut layer = layer;
        assert_eq!(layer.set_num_layers(2).is_ok(), info.takes("num_layers"), "{}", info.name);
        assert_eq!(layer.set_bidirectional(true).is_ok(), info.takes("bidirectional"), "{}", info.name);
        assert_eq!(layer.set_activation(models::Activation::Tanh).is_ok(), info.takes("activation"), "{}", info.name);
        for name in ["Wi", "Wh", "W", "b", "state"] {
            assert_eq!(
                layer.set_init(name, Init::Zeros).is_ok(),
                info.takes(&format!("{name}_init")),
                "{} {name}",
                info.name
            );
        }
    }
}

#[test]
fn an_array_that_was_not_read_is_missed() {
    let file = Value::File { file: "none.npz".into(), array: None, line: 1 };
    let group = Neurons { parameters: vec![("gL".to_owned(), file)], ..Neurons::new("hh", 2).unwrap() };
    let error = SystemSpec::Neurons(group).build_with::<f64>(&Arrays::default(), 0, 0.1).err().unwrap();
    assert!(error.to_string().contains("`parameters.gL`"), "{error}");
}
