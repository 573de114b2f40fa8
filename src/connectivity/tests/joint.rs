//! Joint rows: the synapses of each projection, in the order of delays.

use super::spec;
use crate::connectivity::{Connect, ConnectivitySpec, JointRows, SynapseTable, Weights};
use crate::init::Init;
use crate::numeric::rng::Stream;

/// Projections from 40 sources by every rule that generates rows. They have different delays, and
/// few synapses or none of some delays.
fn projections(post: usize, weighs: bool) -> Vec<ConnectivitySpec> {
    let rules = [
        (Connect::FixedProb(0.4), 0.0, 1.1),
        (Connect::FixedTotalNumber(500), 0.3, 0.6),
        (Connect::FixedNumPost(30), 0.2, 0.9),
        (Connect::FixedProb(0.0), 0.2, 0.9),
        (Connect::AllToAll, 0.1, 0.4),
    ];
    let of_rule = |(number, (connect, low, high))| {
        let mut spec = spec(connect, 40, post);
        spec.name = format!("p{number}");
        spec.stream = Stream::named(3, &spec.name);
        spec.delay = Init::uniform(low, high);
        spec.multapses = matches!(spec.connect, Connect::FixedNumPost(_)).then_some(true);
        if weighs {
            spec.weight = Init::normal(1.0, 0.5);
        }
        spec
    };
    rules.into_iter().enumerate().map(of_rule).collect()
}

fn weight(weights: &Weights, place: usize) -> i32 {
    match weights {
        Weights::Same => 1,
        Weights::Each(each) => each[place],
    }
}

#[test]
fn joint_rows_have_the_synapses_of_each_table() {
    for (post, weighs) in [(60, true), (60, false), (70_000, true)] {
        let specs = projections(post.min(300), weighs);
        let mut specs: Vec<_> = specs.into_iter().filter(|spec| spec.may_join()).collect();
        // Targets whose numbers need 32 bits.
        specs.iter_mut().filter(|spec| !matches!(spec.connect, Connect::AllToAll)).for_each(|spec| spec.post = 0..post);
        specs.retain(|spec| spec.narrow() == (post <= 1 << 16));
        let delays = 0..=11;
        let rows = JointRows::build(&specs.iter().collect::<Vec<_>>(), &delays).unwrap().unwrap();
        assert_eq!(rows.delays(), delays);
        let tables: Vec<SynapseTable> = specs.iter().map(|spec| spec.build().unwrap()).collect();
        let lengths: Vec<u64> = tables.iter().map(|table| table.len() as u64).collect();
        assert_eq!(rows.synapses, lengths);
        for source in 0..40 {
            for delay in delays.clone() {
                for first in 0..specs.len() {
                    let piece = rows.piece(source, delay, first);
                    let mut start = piece.start;
                    for (table, end) in tables[first..].iter().zip(rows.ends(piece, specs.len() - first)) {
                        let of_table = table.class(source, delay);
                        let right: Vec<_> =
                            of_table.map(|place| (table.target(place), weight(&table.weights, place))).collect();
                        let joint: Vec<_> =
                            (start..end).map(|place| (rows.target(place), weight(&rows.weights, place))).collect();
                        assert_eq!(joint, right, "{post} {weighs}: source {source}, delay {delay}");
                        start = end;
                    }
                }
            }
        }
    }
}

#[test]
fn rows_that_are_too_long_or_too_short_are_not_joined() {
    let join = |pre, post, delay| {
        let mut specs = [spec(Connect::AllToAll, pre, post), spec(Connect::AllToAll, pre, post)];
        specs.iter_mut().for_each(|spec| spec.delay = Init::uniform(0.0, delay));
        let delays = specs[0].delays().unwrap();
        JointRows::build(&specs.each_ref(), &delays).unwrap().is_some()
    };
    assert!(join(2, 32_767, 3.0));
    assert!(!join(2, 32_768, 3.0));
    // Eleven delays of two projections: 22 ends of a row, of 12 or 10 synapses.
    assert!(join(3, 6, 1.0));
    assert!(!join(3, 5, 1.0));
}

#[test]
fn projections_join_if_rows_have_delays_of_their_own_and_the_same_arrays() {
    let [base, ..] = &projections(60, true)[..] else { panic!() };
    let change = |change: &dyn Fn(&mut ConnectivitySpec)| {
        let mut spec = base.clone();
        change(&mut spec);
        (spec.may_join(), spec.joins(base))
    };
    assert_eq!(change(&|_| {}), (true, true));
    assert_eq!(change(&|spec| spec.post = 0..7), (true, true));
    assert_eq!(change(&|spec| spec.post = 0..70_000), (true, false));
    assert_eq!(change(&|spec| spec.pre = 1..40), (true, false));
    assert_eq!(change(&|spec| spec.weight = Init::Constant(1.0)), (true, false));
    assert!(!change(&|spec| spec.delay = Init::Constant(1.0)).0);
    assert!(!change(&|spec| spec.connect = Connect::FixedNumPre(2)).0);
}
