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
    net.scale(2.0).unwrap();
    let names: Vec<_> = net.populations(|_| 0).into_iter().map(|p| (p.name, p.units)).collect();
    assert_eq!(names, [named("P[0..6]", 0..6), named("E", 6..16), named("P[16..20]", 16..20), named("Q", 0..8)]);
    // It is kept when a specification is written and read, and files of before have none.
    let json = serde_json::to_string(&net).unwrap();
    assert_eq!(serde_json::from_str::<overtime_model::Network>(&json).unwrap(), net);
    let old = json.replace(&format!("\"named\":{},", serde_json::to_string(&net.named).unwrap()), "");
    assert!(old != json && serde_json::from_str::<overtime_model::Network>(&old).unwrap().named.is_empty());
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
