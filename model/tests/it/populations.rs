//! Populations of a network by name.

use overtime_model::{ModelFile, SystemSpec};

const GROUPS: &str = "[[group]]\nname = 'P'\nkind = 'LIF'\nsize = 10\n[[group.receptor]]\nname = 'ge'\ntau = 5.0\n\
                      [[group]]\nname = 'Q'\nkind = 'LIF'\nsize = 4\n";

/// The names and neurons of the populations of a model file.
fn populations(text: &str) -> Vec<(String, std::ops::Range<u64>)> {
    let SystemSpec::Network(net) = ModelFile::parse(text).unwrap().system else { panic!("no network") };
    net.populations(|_| 0).into_iter().map(|p| (p.name, p.units)).collect()
}

#[test]
fn parts_of_groups_have_names() {
    let named = |name: &str, units| (name.to_owned(), units);
    let all = populations(&format!("[populations]\nI = 'P[8..10]'\nE = 'P[0..8]'\nR = 'Q'\n{GROUPS}"));
    assert_eq!(all, [named("E", 0..8), named("I", 8..10), named("R", 0..4)]);
    // Neurons without a name keep that of their group, and a projection divides a population.
    let projection =
        "[[projection]]\nname = 'E'\nfrom = 'E[2..4]'\nto = 'E[0..1].ge'\nconnect = { kind = 'all_to_all' }\n";
    let text = format!("[populations]\nE = 'P[3..8]'\n{GROUPS}{projection}");
    let all = populations(&text);
    let right = [
        named("P[0..3]", 0..3),
        named("E[0..2]", 3..5),
        named("E[2..4]", 5..7),
        named("E[4..5]", 7..8),
        named("P[8..10]", 8..10),
        named("Q", 0..4),
    ];
    assert_eq!(all, right);
    let SystemSpec::Network(mut net) = ModelFile::parse(&text).unwrap().system else { panic!("no network") };
    assert_eq!((net.projections[0].from.units.clone(), net.projections[0].to.units.clone()), (Some(5..7), Some(3..4)));
    // Of twice as many neurons, in groups and populations alike.
    net.projections.clear();
    net.scale(2.0, 1.0).unwrap();
    let names: Vec<_> = net.populations(|_| 0).into_iter().map(|p| (p.name, p.units)).collect();
    assert_eq!(names, [named("P[0..6]", 0..6), named("E", 6..16), named("P[16..20]", 16..20), named("Q", 0..8)]);
    // It is kept when a specification is written and read, and files of before have none.
    let json = serde_json::to_string(&net).unwrap();
    assert_eq!(serde_json::from_str::<overtime_model::Network>(&json).unwrap(), net);
    let old = json.replace(&format!("\"named\":{},", serde_json::to_string(&net.named).unwrap()), "");
    assert!(old != json && serde_json::from_str::<overtime_model::Network>(&old).unwrap().named.is_empty());
}

#[test]
fn a_fixed_total_number_is_scaled_with_the_neurons() {
    let projection = "[[projection]]\nname = 's'\nfrom = 'P'\nto = 'P.ge'\nconnect = \
                      { kind = 'fixed_total_number', num = 25 }\nautapses = false\n";
    let SystemSpec::Network(mut net) = ModelFile::parse(&format!("{GROUPS}{projection}")).unwrap().system else {
        panic!("no network")
    };
    for (scale, synapses) in [(1.0, 25), (3.0, 75), (0.4, 30)] {
        net.scale(scale, 1.0).unwrap();
        assert_eq!(net.projections[0].connect, overtime_model::network::Connect::FixedTotalNumber(synapses));
        let populations = net.populations(|_| 0);
        assert_eq!(populations[0].degree, 2.5);
        assert_eq!(overtime_model::Network::synapses(&populations), synapses as f64);
    }
    // The variable of an older file is missing.
    let json = serde_json::to_string(&net).unwrap();
    let old = json.replace("\"multapses\":null,", "");
    assert!(old != json && serde_json::from_str::<overtime_model::Network>(&old).unwrap() == net);
}

#[test]
fn wrong_populations_have_their_line() {
    for (line, part) in [
        ("E = 'X[0..3]'", "no group named `X`"),
        ("E = 'P[0..11]'", "beyond the 10 neurons"),
        ("E = 'P[5..5]'", "is empty"),
        ("E = 'P['", "is not a part of a group"),
        ("E = 'P[-1..3]'", "is not a part of a group"),
        ("E = 'P[0..99999999999999999999]'", "is not a part of a group"),
        ("E = ''", "no group named ``"),
        ("P = 'P[0..3]'", "two things named `P`"),
        ("'E.x' = 'P[0..3]'", "has a dot"),
        ("'' = 'P[0..3]'", "is empty"),
        ("E = 3", "string"),
        ("E = 'P[0..5]'\nI = 'P[4..8]'", "share neurons of `P`"),
        ("E = 'P'\nI = 'P[4..8]'", "share neurons of `P`"),
    ] {
        let error = ModelFile::parse(&format!("[populations]\n{line}\n{GROUPS}")).unwrap_err();
        assert!((2..=3).contains(&error.line) && error.message.contains(part), "{line}: {error:?}");
    }
    let error = ModelFile::parse("kind = 'HH'\n[populations]\nE = 'P'\n").unwrap_err();
    assert!(error.message.contains("no `[[group]]`"), "{error:?}");
    let projection = "[[projection]]\nname = 'C'\nfrom = 'Exct'\nto = 'P.ge'\nconnect = { kind = 'all_to_all' }\n";
    let error = ModelFile::parse(&format!("[populations]\nExc = 'P[0..3]'\n{GROUPS}{projection}")).unwrap_err();
    assert!(error.message.contains("no group or population named `Exct` (did you mean `Exc`?)"), "{error:?}");
}

/// A variable of a population is a part of its group's, under the name that was asked for.
#[test]
fn variables_of_populations_are_parts_of_groups() {
    let text = format!("[populations]\nE = 'P[0..8]'\nI = 'P[8..10]'\nR = 'Q'\n{GROUPS}");
    let system = ModelFile::parse(&text).unwrap().system;
    let of = |text: &str| {
        let want = system.out_vars(Some(text)).unwrap().remove(0);
        (want.name, want.var, want.units, want.first)
    };
    let part = |name: &str, var: &str, units: std::ops::Range<usize>, first| {
        (name.to_owned(), var.to_owned(), Some(vec![units]), first)
    };
    assert_eq!(of("E.V"), part("E.V", "P.V", 0..8, 0));
    assert_eq!(of("I.V"), part("I.V", "P.V", 8..10, 8));
    assert_eq!(of("I.ge[1]"), part("I.ge", "P.ge", 9..10, 8));
    assert_eq!(of("R.V[1..3]"), part("R.V", "Q.V", 1..3, 0));
    assert_eq!(of("P.V"), ("P.V".to_owned(), "P.V".to_owned(), None, 0));
    assert_eq!(of("P.V[9]"), part("P.V", "P.V", 9..10, 0));
    assert_eq!(of("I.V[1,0]").2, Some(vec![9..10, 8..9]));
    assert_eq!(system.out_vars(None).unwrap(), []);
    // Histograms are not recorded step by step.
    assert_eq!(system.recorded(Some("P.V:histogram,E.V")).unwrap().len(), 1);
    for (text, says) in [
        ("F.V", "no group or population named `F`; there is: P, Q, E, I, R"),
        ("E.V[8]", "has 8 units, and no unit 8"),
        ("I.V[0..3]", "has 2 units, and no unit 2"),
        ("I.V:histogram", "write P.V:histogram"),
        ("E.flight", "only a whole group"),
    ] {
        let error = system.out_vars(Some(text)).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let long = format!("[populations]\nExcitatory = 'P[0..8]'\n{GROUPS}");
    let error = ModelFile::parse(&long).unwrap().system.out_vars(Some("Excitatry.V")).unwrap_err().to_string();
    assert!(error.contains("no group or population named `Excitatry` (did you mean `Excitatory`?)"), "{error}");
    // A single group and layers have names with dots of their own.
    let lstm = "[[layer]]\nname = 'l1'\nkind = 'LSTMCell'\nnum_in = 2\nnum_out = 2\n";
    let layers = ModelFile::parse(lstm).unwrap().system;
    assert_eq!(layers.out_vars(Some("l1.h")).unwrap()[0].var, "l1.h");
}

/// A projection with variables of its own comes before a population of the same name.
#[test]
fn a_projection_may_have_the_name_of_a_population() {
    let projection = "[[projection]]\nname = 'E'\nfrom = 'P'\nto = 'P.ge'\nconnect = { kind = 'all_to_all' }\n";
    let var = |more: &str| {
        let text = format!("[populations]\nE = 'P[2..8]'\n{GROUPS}{projection}{more}");
        ModelFile::parse(&text).unwrap().system.out_vars(Some("E.w")).unwrap().remove(0).var
    };
    assert_eq!(var(""), "P.w");
    assert_eq!(var("stdp = { max = 2.0 }\n"), "E.w");
    assert_eq!(var("kinetics = 'stp'\n"), "E.w");
}
