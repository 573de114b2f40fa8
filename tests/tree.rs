//! brainpy's functions for the tree of nodes and variables: `nodes`, `vars`, `train_vars`,
//! `unique_name`, `register_implicit_nodes`, `register_implicit_vars`, `tree_flatten`,
//! `tree_unflatten`, `name`.

use ndarray::{ArrayD, array};
use overtime::models::{Hh, brainpy};
use overtime::tree::{Naming, Var};
use overtime::{Error, Inputs, LoopOverTime, Schema, Sequential, Shared, State, System, Tick, unique_name};

/// A node without variables.
struct Relu;

impl System<f64> for Relu {
    fn schema(&self) -> Schema {
        Schema::row([4], [4])
    }
    fn init(&self, _: &Shared, _: &mut State<'_, f64>) {}
    fn step(&self, _: Tick<'_>, x: &Inputs<'_, f64>, _: &mut State<'_, f64>, y: &mut [f64]) {
        y.iter_mut().zip(x.port(0)).for_each(|(y, x)| *y = x.max(0.0));
    }
    fn kind(&self) -> &str {
        "relu"
    }
}

type Loop = LoopOverTime<f64, Sequential<f64>>;

/// `bp.LoopOverTime(bp.Sequential(l1=RNNCell(3, 4), l2=relu, l3=RNNCell(4, 2)))`
fn stack() -> Loop {
    let net = Sequential::new()
        .layer("l1", brainpy::RnnCell::new(3, 4))
        .layer("l2", Relu)
        .layer("l3", brainpy::RnnCell::new(4, 2));
    LoopOverTime::builder(net).batch(5).dt(0.5).build().unwrap()
}

fn names<V>(named: Vec<(String, V)>) -> Vec<String> {
    named.into_iter().map(|(n, _)| n).collect()
}

/// `RNNCell12` → `RNNCell`: the numbers depend on the nodes that other tests create.
fn kind(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

#[test]
fn nodes_relative_by_level_and_self() {
    let over_time = stack();
    let nodes = |level, include_self| names(over_time.nodes(Naming::Relative, level, include_self));
    assert_eq!(nodes(None, true), ["", "target", "target.l1", "target.l2", "target.l3"]);
    assert_eq!(nodes(None, false), ["target", "target.l1", "target.l2", "target.l3"]);
    assert_eq!(nodes(Some(0), true), [""]);
    assert!(nodes(Some(0), false).is_empty());
    assert_eq!(nodes(Some(1), true), ["", "target"]);
    assert_eq!(nodes(Some(1), false), ["target"]);
    assert_eq!(nodes(Some(2), true), nodes(None, true));
}

#[test]
fn nodes_absolute_have_names_of_their_own() {
    let (one, two) = (stack(), stack());
    let nodes = one.nodes(Naming::Absolute, None, true);
    let kinds: Vec<&str> = nodes.iter().map(|(n, _)| kind(n)).collect();
    assert_eq!(kinds, ["LoopOverTime", "Sequential", "RNNCellBrainpy", "relu", "RNNCellBrainpy"]);
    assert!(nodes.iter().all(|(name, node)| name == node.name && kind(name) == node.kind));
    assert!(nodes[0].1.system.is_none() && nodes[2].1.system.is_some());
    let mut all = [names(nodes), names(two.nodes("absolute".parse().unwrap(), None, true))].concat();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(matches!("sideways".parse::<Naming>(), Err(Error::Unknown { .. })));
}

#[test]
fn vars_by_name_and_level() {
    let mut over_time = stack();
    over_time.run(&ArrayD::from_elem(vec![4, 5, 3], 0.5)).unwrap();
    let vars = over_time.vars(Naming::Relative, None, true).unwrap();
    let expected = ["i0", "t0", "target.l1.state", "target.l1.Wi", "target.l1.Wh", "target.l1.b"];
    assert_eq!(names(vars.clone())[..6], expected);
    assert_eq!(vars.len(), 2 + 2 * 4);
    assert_eq!((&vars[0].1, &vars[1].1), (&Var::Index(4), &Var::Time(2.0)));
    let state = over_time.state_dict().unwrap();
    let l1 = vars.iter().find(|(n, _)| n == "target.l1.state").unwrap();
    assert!(matches!(&l1.1, Var::State(a) if a == state.get("l1.state").unwrap() && a.shape() == [5, 4]));
    assert!(l1.1.array().is_some() && vars[0].1.array().is_none());
    assert_eq!(names(over_time.vars(Naming::Relative, Some(1), true).unwrap()), ["i0", "t0"]);
    assert!(over_time.vars(Naming::Relative, Some(1), false).unwrap().is_empty());
    assert_eq!(over_time.vars(Naming::Relative, Some(2), false).unwrap().len(), 8);
    let absolute = names(over_time.vars(Naming::Absolute, None, true).unwrap());
    assert_eq!(absolute[0], format!("{}.i0", over_time.name()));
    let l1 = over_time.nodes(Naming::Absolute, None, true).swap_remove(2).0;
    assert_eq!(absolute[2], format!("{l1}.state"));
}

#[test]
fn vars_of_a_single_neuron_group() {
    let over_time = LoopOverTime::new(Hh::<f32>::new(3)).unwrap();
    let relative = names(over_time.vars(Naming::Relative, None, false).unwrap());
    assert_eq!(relative, ["V", "m", "h", "n", "spike", "input", "below"].map(|v| format!("target.{v}")));
    assert!(over_time.train_vars(Naming::Relative, None, true).unwrap().is_empty());
}

#[test]
fn vars_of_nested_systems_belong_to_the_innermost() {
    let inner = Sequential::new().layer("a", brainpy::RnnCell::new(3, 3)).layer("ab", brainpy::RnnCell::new(3, 3));
    let over_time: Loop = LoopOverTime::new(Sequential::new().layer("l", inner)).unwrap();
    let nodes = names(over_time.nodes(Naming::Relative, None, true));
    assert_eq!(nodes, ["", "target", "target.l", "target.l.a", "target.l.ab"]);
    let absolute = over_time.nodes(Naming::Absolute, None, true);
    let vars = names(over_time.vars(Naming::Absolute, None, false).unwrap());
    assert!(
        vars.contains(&format!("{}.state", absolute[4].0)) && vars.contains(&format!("{}.Wh", absolute[3].0)),
        "{vars:?}"
    );
    assert_eq!(over_time.vars(Naming::Relative, Some(2), false).unwrap().len(), 0);
}

#[test]
fn train_vars_are_the_weights() {
    let over_time = stack();
    let relative = names(over_time.train_vars(Naming::Relative, None, true).unwrap());
    assert_eq!(relative, ["l1.Wi", "l1.Wh", "l1.b", "l3.Wi", "l3.Wh", "l3.b"].map(|n| format!("target.{n}")));
}

#[test]
fn name_and_unique_name() {
    let given = LoopOverTime::builder(Hh::<f32>::new(1)).name("LoopOverTime777").build().unwrap();
    assert_eq!(given.name(), "LoopOverTime777");
    let first = given.unique_name(None);
    assert_eq!(kind(&first), "LoopOverTime");
    assert_ne!(given.unique_name(None), first);
    assert_eq!(given.unique_name(Some("NothingElse")), "NothingElse0");
    assert_eq!(unique_name("NothingElse"), "NothingElse1");
    // A number that a user's name has taken is skipped.
    let _taken = LoopOverTime::builder(Hh::<f32>::new(1)).name("NothingElse2").build().unwrap();
    assert_eq!(unique_name("NothingElse"), "NothingElse3");
}

#[test]
fn register_implicit_vars_are_saved_loaded_and_kept_over_a_reset() {
    let path = std::env::temp_dir().join(format!("overtime-tree-{}.safetensors", std::process::id()));
    let mut one = stack();
    one.register_implicit_vars([("count", array![1.0, 2.0].into_dyn())]).unwrap();
    one.implicit_var_mut("count").unwrap()[[1]] = 7.0;
    one.save_states(&path).unwrap();
    one.reset_state(5).unwrap();
    assert_eq!(one.implicit_var("count").unwrap()[[1]], 7.0);
    assert!(names(one.vars(Naming::Relative, Some(0), true).unwrap()).contains(&"count".to_owned()));
    assert!(names(one.vars(Naming::Absolute, None, true).unwrap()).contains(&format!("{}.count", one.name())));

    let mut two = stack();
    assert!(matches!(two.load_states(&path), Err(Error::Keys { unexpected, .. }) if unexpected == ["count"]));
    two.register_implicit_vars([("count", ArrayD::zeros(vec![2]))]).unwrap();
    assert!(two.load_states(&path).unwrap().is_empty());
    assert_eq!(two.implicit_var("count"), one.implicit_var("count"));
    for taken in ["count", "l1.state", "l3.b", ""] {
        assert!(
            two.register_implicit_vars([("new", ArrayD::zeros(vec![1])), (taken, ArrayD::zeros(vec![1]))]).is_err(),
            "{taken}"
        );
    }
    assert!(two.implicit_var("new").is_none());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn register_implicit_nodes_have_names_and_weights() {
    let mut over_time = stack();
    let node = |n: usize| -> Box<dyn System<f64>> { Box::new(brainpy::RnnCell::new(n, n)) };
    over_time.register_implicit_nodes([("extra", node(1))]).unwrap();
    let relative = names(over_time.nodes(Naming::Relative, None, true));
    assert_eq!(relative, ["", "target", "extra", "target.l1", "target.l2", "target.l3"]);
    assert_eq!(kind(&over_time.nodes(Naming::Absolute, Some(1), false)[1].0), "RNNCellBrainpy");
    let trained = names(over_time.train_vars(Naming::Relative, Some(1), true).unwrap());
    assert_eq!(trained, ["extra.Wi", "extra.Wh", "extra.b"]);
    let mut dict = over_time.state_dict().unwrap();
    dict.insert("extra.b", array![0.5].into_dyn());
    over_time.load_state_dict(&dict, true).unwrap();
    assert_eq!(over_time.state_dict().unwrap(), dict);
    for taken in ["extra", "l1", "", "a.b"] {
        assert!(over_time.register_implicit_nodes([(taken, node(2))]).is_err(), "{taken}");
    }
}

#[test]
fn tree_flatten_and_tree_unflatten() {
    let x = ArrayD::from_elem(vec![4, 5, 3], 0.5);
    let mut over_time = stack();
    over_time.run(&x).unwrap();
    let (leaves, structure) = over_time.tree_flatten().unwrap();
    assert_eq!(leaves.len(), 8);
    assert!(structure.iter().zip(&leaves).all(|((_, shape), leaf)| shape == leaf.shape()));
    let once = over_time.run(&x).unwrap();
    over_time.tree_unflatten(&structure, leaves.clone()).unwrap();
    assert_eq!((over_time.i(), over_time.tree_flatten().unwrap()), (4, (leaves.clone(), structure.clone())));
    assert_eq!(over_time.run(&x).unwrap().output, once.output);
    // Leaves that do not fit change nothing.
    let before = over_time.state_dict().unwrap();
    assert!(over_time.tree_unflatten(&structure, leaves[1..].to_vec()).is_err());
    let mut turned = leaves;
    turned.reverse();
    assert!(over_time.tree_unflatten(&structure, turned).is_err());
    assert_eq!(over_time.state_dict().unwrap(), before);
}
