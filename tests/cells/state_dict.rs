//! Weights by the names of torch's `state_dict`, compared with results of torch:
//! `tests/golden/torch`.

use crate::cells::reference::assert_close;
use crate::common::golden_folder;
use ndarray::ArrayD;
use overtime::models::{Activation, Conv2d, Dense, Gru, GruCell, Lstm, LstmCell, Padding, Rnn, RnnCell, brainpy};
use overtime::{Error, LoopOverTime, Sequential, System, states};

struct Case {
    weights: Vec<(String, ArrayD<f64>)>,
    x: ArrayD<f64>,
    out: Vec<f64>,
}

fn case(name: &str) -> Case {
    let folder = golden_folder().join("torch");
    let arrays = overtime_npz::read(folder.join(format!("{name}.npz"))).unwrap();
    let get = |wanted: &str| arrays.iter().find(|(n, _)| n == wanted).unwrap().1.to_f64();
    let weights = states::read(folder.join(format!("{name}.safetensors"))).unwrap().to_arrays().unwrap();
    assert!(!weights.is_empty());
    Case { weights, x: get("in"), out: get("out").iter().copied().collect() }
}

impl Case {
    fn check(&self, what: &str, system: impl System<f64> + 'static) {
        let mut over_time = LoopOverTime::builder(system).batch(self.x.shape()[1]).build().unwrap();
        assert_close(what, &over_time.run(&self.x).unwrap().output, &self.out, 1e-12);
    }

    /// The layer loads the weights in the first check, and the loop in the second.
    fn check_both(&self, what: &str, net: fn() -> Sequential<f64>) {
        self.check(what, net().torch_weights(&self.weights).unwrap());
        let mut over_time = LoopOverTime::builder(net()).batch(self.x.shape()[1]).build().unwrap();
        over_time.load_torch_weights(&self.weights).unwrap();
        assert_close(what, &over_time.run(&self.x).unwrap().output, &self.out, 1e-12);
    }
}

#[test]
fn recurrent_layers_behind_any_path() {
    let lstm = || Lstm::new(3, 4).num_layers(2).bidirectional(true);
    let both = case("lstm");
    assert!(both.weights.iter().any(|(name, _)| name == "model.encoder.rnn.bias_hh_l1_reverse"));
    both.check("lstm alone", lstm().torch_weights(&both.weights).unwrap());
    both.check_both("lstm by its name", || {
        Sequential::new().layer("rnn", Lstm::new(3, 4).num_layers(2).bidirectional(true))
    });
    both.check_both("lstm, the only one", || {
        Sequential::new().layer("x", Lstm::new(3, 4).num_layers(2).bidirectional(true))
    });
    case("gru").check_both("gru", || Sequential::new().layer("gru", Gru::new(3, 4).num_layers(2).bidirectional(true)));
    case("rnn").check_both("rnn", || Sequential::new().layer("rnn", Rnn::new(3, 4)));
    case("no_bias").check_both("without bias", || Sequential::new().layer("l", Lstm::new(3, 4).bias(false)));
}

/// The numbers of `torch.nn.Sequential`, and both kinds of gelu.
#[test]
fn dense_layers_by_number() {
    case("linear").check_both("linear", || {
        Sequential::new()
            .layer("a", Dense::new(3, 5))
            .layer("exact", Activation::GeluErf.layer([5]))
            .layer("b", Dense::new(5, 4))
            .layer("by tanh", Activation::Gelu.layer([4]))
            .layer("c", Dense::new(4, 2))
    });
}

#[test]
fn a_convolution_of_groups() {
    let conv = || {
        let conv = Conv2d::<f64>::new(4, 6, (3, 2), (6, 7)).stride(2, 1).dilation(1, 2).groups(2);
        conv.padding(Padding::Explicit([(1, 1), (0, 0)]))
    };
    let case = case("conv2d");
    case.check("conv2d", conv().torch_weights(&case.weights).unwrap());
    case.check("in a sequence", Sequential::new().layer("c", conv()).torch_weights(&case.weights).unwrap());
}

#[test]
fn cells_with_a_layer_behind_them() {
    fn net(cell: impl System<f64> + 'static) -> Sequential<f64> {
        Sequential::new().layer("cell", cell).layer("head", Dense::new(4, 2))
    }
    case("rnn_cell").check_both("rnn cell", || net(brainpy::RnnCell::new(3, 4).activation(Activation::Tanh)));
    case("rnn_cell").check_both("rnn cell with torch's defaults", || net(RnnCell::new(3, 4)));
    case("gru_cell").check_both("gru cell", || net(GruCell::new(3, 4)));
    case("lstm_cell").check_both("lstm cell", || net(LstmCell::new(3, 4)));
}

/// Missing and unexpected weights are listed by torch's names, and nothing changes.
#[test]
fn weights_that_do_not_fit_are_listed() {
    let net = || Sequential::<f64>::new().layer("a", Dense::new(3, 5)).layer("b", Dense::new(5, 4));
    let array = |shape: &[usize]| ArrayD::<f64>::ones(shape);
    let all = [("x.a.weight", vec![5, 3]), ("x.a.bias", vec![5]), ("x.b.weight", vec![4, 5]), ("x.b.bias", vec![4])];
    let weights: Vec<(&str, ArrayD<f64>)> = all.iter().map(|(name, shape)| (*name, array(shape))).collect();
    net().torch_weights(&weights).unwrap();
    let keys = |weights: &[(&str, ArrayD<f64>)]| match net().torch_weights(weights).err().unwrap() {
        Error::Keys { missing, unexpected } => (missing, unexpected),
        other => panic!("{other}"),
    };
    let without = |name: &str| weights.iter().filter(|(n, _)| *n != name).cloned().collect::<Vec<_>>();
    assert_eq!(keys(&without("x.b.bias")), (vec!["x.b.bias".to_owned()], vec![]));
    let with = |name| [weights.clone(), vec![(name, array(&[2]))]].concat();
    assert_eq!(keys(&with("x.a.running_mean")), (vec![], vec!["x.a.running_mean".to_owned()]));
    assert_eq!(keys(&with("x.c.weight")), (vec![], vec!["x.c.weight".to_owned()]));
    assert_eq!(keys(&with("x.a.bias")), (vec![], vec!["x.a.bias".to_owned()]));
    // Three numbers for two layers cannot be matched.
    let three = ["0", "1", "2"].map(|n| (format!("{n}.weight"), array(&[2])));
    let Err(Error::Keys { missing, unexpected }) = net().torch_weights(&three) else {
        panic!("the weights were accepted")
    };
    assert_eq!((missing.len(), unexpected.len()), (4, 3));
    // The weight of a Linear in brainpy's layout.
    let mut turned = weights.clone();
    turned[0].1 = array(&[3, 5]);
    let error = net().torch_weights(&turned).err().unwrap().to_string();
    assert!(error.contains("`x.a.weight`") && error.contains("length 3, expected 5"), "{error}");
    turned[0].1 = array(&[15]);
    assert!(net().torch_weights(&turned).is_err());
    // torch has no unit of this kind.
    let error =
        Sequential::<f64>::new().layer("g", brainpy::Gru::new(3, 4)).torch_weights(&weights).err().unwrap().to_string();
    assert!(error.contains("GruCell"), "{error}");
    // The loop keeps its weights.
    let mut over_time = LoopOverTime::new(net()).unwrap();
    let before = over_time.state_dict().unwrap();
    let given: Vec<(String, ArrayD<f64>)> =
        without("x.b.bias").into_iter().map(|(name, array)| (name.to_owned(), array)).collect();
    assert!(over_time.load_torch_weights(&given).is_err());
    assert_eq!(over_time.state_dict().unwrap(), before);
}
