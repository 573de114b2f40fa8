//! The catalogue agrees with the parser.

use super::*;

#[test]
fn names_are_those_of_the_parser() {
    let names = |family| of(family).map(|kind| kind.name).collect::<Vec<_>>();
    assert_eq!(names(Family::Sequence), crate::Sequence::NAMES);
    assert_eq!(names(Family::Stimulus), crate::Stimulus::NAMES);
    let mut families: Vec<Family> = all().iter().map(|kind| kind.family).collect();
    families.dedup();
    assert_eq!(families, Family::ALL);
}

/// Every example is part of a file that parses.
#[test]
fn examples_parse() {
    let group = "[[group]]\nname = 'P'\nkind = 'HH'\nsize = 20\n";
    let receptor = "[[group.receptor]]\nname = 'r'\nkind = 'graded'\n";
    let ends = "from = 'P'\nto = 'P.r'\n";
    for kind in all() {
        let example = kind.example;
        let text = match kind.family {
            Family::Receptor => format!("{group}{example}\n"),
            Family::Kinetics | Family::Plasticity => {
                let rest = example.strip_prefix("[[projection]]\n…\n").unwrap();
                format!(
                    "{group}{receptor}[[projection]]\nname = 's'\n{ends}connect = {{ kind = 'one_to_one' }}\n{rest}\n"
                )
            }
            Family::Connectivity => format!("{group}{receptor}[[projection]]\nname = 's'\n{ends}{example}\n"),
            Family::Stimulus => format!("kind = 'HH'\nduration = 100.0\n{example}\n"),
            Family::Sequence if example.starts_with("input") => format!("kind = 'HH'\n{example}\n"),
            Family::Sequence => {
                let neuron = if example.starts_with("gL") { "HH" } else { "LIF" };
                format!("kind = '{neuron}'\n[parameters]\n{example}\n")
            }
            Family::Distribution if example.starts_with("V") => format!("kind = 'HH'\n[initial]\n{example}\n"),
            Family::Distribution if example.starts_with("weight") => {
                let connect = "connect = { kind = 'all_to_all' }";
                format!("{group}{receptor}[[projection]]\nname = 's'\n{ends}{connect}\n{example}\n")
            }
            Family::Distribution => {
                format!("[[layer]]\nname = 'l'\nkind = 'RNNCell'\nnum_in = 2\nnum_out = 2\n{example}\n")
            }
        };
        if let Err(e) = crate::ModelFile::parse(&text) {
            panic!("{}: {e}\n{text}", kind.name);
        }
    }
}

/// A file that writes the defaults of `stdp` describes the same model as a file without them.
#[test]
fn the_defaults_of_stdp_are_those_of_the_parser() {
    let model = |stdp: &str| {
        let text = format!(
            "[[group]]\nname = 'P'\nkind = 'HH'\n[[group.receptor]]\nname = 'r'\nkind = 'graded'\n[[projection]]\nname = 's'\n\
             from = 'P'\nto = 'P.r'\nconnect = {{ kind = 'one_to_one' }}\nstdp = {{ max = 5.0{stdp} }}\n"
        );
        crate::ModelFile::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    };
    let keys = &of(Family::Plasticity).next().unwrap().keys;
    let optional: Vec<&Key> = keys.iter().filter(|key| !key.default.is_empty()).collect();
    assert_eq!(optional.len(), keys.len() - 1);
    for key in optional {
        // An amplitude is a multiple of max − min, which is 5 here.
        let default = match key.default.replace('−', "-").strip_suffix("·(max - min)") {
            Some(amplitude) => amplitude.parse::<f64>().unwrap() * 5.0,
            None => key.default.parse().unwrap(),
        };
        assert_eq!(model(&format!(", {} = {default:?}", key.name)), model(""), "{}", key.name);
        assert_ne!(model(&format!(", {} = {:?}", key.name, default + 0.5)), model(""), "{}", key.name);
    }
}
