//! Recurrent layers compared with a program of torch's documented equations: plain loops in f64
//! with weights in torch's layout, which share nothing with the library.
//!
//! The equations are on the pages of `torch.nn.RNN`, `GRU` and `LSTM`. Lengths are those of a
//! packed sequence, whose reverse direction starts at its own end.

use crate::cells::reference::{assert_close, random};
use half::{bf16, f16};
use ndarray::{Array3, ArrayD, IxDyn};
use overtime::models::{Gru, Lstm, Rnn};
use overtime::{Input, LoopOverTime, Scalar, System};

const SEED: u64 = 20_261_122;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Rnn,
    Gru,
    Lstm,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Rnn, Kind::Gru, Kind::Lstm];

pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) layers: usize,
    pub(crate) both: bool,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) num_in: usize,
    pub(crate) hidden: usize,
    pub(crate) weights: Vec<(String, ArrayD<f64>)>,
    pub(crate) x: Vec<f64>,
}

/// A row of a matrix times a vector.
fn row_times(matrix: &[f64], row: usize, x: &[f64]) -> f64 {
    matrix[row * x.len()..][..x.len()].iter().zip(x).map(|(w, x)| w * x).sum()
}

/// For each layer and direction, h and c with shape `[B][H]`.
pub(crate) type States = Vec<[Vec<Vec<f64>>; 2]>;

impl Case {
    pub(crate) fn new<T: Scalar>(
        kind: Kind,
        layers: usize,
        both: bool,
        [steps, batch, num_in, hidden]: [usize; 4],
    ) -> Self {
        let (gates, directions) = (
            match kind {
                Kind::Rnn => 1,
                Kind::Gru => 3,
                Kind::Lstm => 4,
            },
            if both { 2 } else { 1 },
        );
        let mut weights = Vec::new();
        for layer in 0..layers {
            for direction in ["", "_reverse"].iter().take(directions) {
                let from = if layer == 0 { num_in } else { directions * hidden };
                let mut add = |name: &str, shape: &[usize], values: Vec<f64>| {
                    let array = ArrayD::from_shape_vec(IxDyn(shape), values).unwrap();
                    weights.push((format!("{name}_l{layer}{direction}"), array));
                };
                let matrix = |name: &str, n: usize| {
                    let name = format!("{name}{layer}{direction}");
                    random::<T>(SEED, &name, gates * hidden * n, 0.9 / (n as f64).sqrt())
                };
                add("weight_ih", &[gates * hidden, from], matrix("ih", from));
                add("weight_hh", &[gates * hidden, hidden], matrix("hh", hidden));
                for name in ["bias_ih", "bias_hh"] {
                    // The values are multiples of 1/64, so the sum of two is exact in every type.
                    let values = random::<f64>(SEED, &format!("{name}{layer}{direction}"), gates * hidden, 16.0);
                    add(name, &[gates * hidden], values.into_iter().map(|v| v.round() / 64.0).collect());
                }
            }
        }
        Self {
            kind,
            layers,
            both,
            steps,
            batch,
            num_in,
            hidden,
            weights,
            x: random::<T>(SEED, "x", steps * batch * num_in, 1.0),
        }
    }

    pub(crate) fn directions(&self) -> usize {
        if self.both { 2 } else { 1 }
    }

    fn weight(&self, name: &str, layer: usize, reverse: bool) -> &ArrayD<f64> {
        let name = format!("{name}_l{layer}{}", if reverse { "_reverse" } else { "" });
        &self.weights.iter().find(|(n, _)| *n == name).unwrap().1
    }

    pub(crate) fn zeros(&self) -> States {
        let zeros = || vec![vec![0.0; self.hidden]; self.batch];
        (0..self.layers * self.directions()).map(|_| [zeros(), zeros()]).collect()
    }

    /// The output `[T][B][D·H]` and the final states, both rounded to `T` wherever the library
    /// stores them in memory.
    pub(crate) fn reference<T: Scalar>(&self, lengths: &[usize], mut states: States) -> (Vec<f64>, States) {
        let n = self.hidden;
        let round = |x: f64| T::from_f64(x).to_f64();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut input: Vec<Vec<Vec<f64>>> = (0..self.steps)
            .map(|t| {
                (0..self.batch).map(|b| self.x[(t * self.batch + b) * self.num_in..][..self.num_in].to_vec()).collect()
            })
            .collect();
        for layer in 0..self.layers {
            let mut output = vec![vec![vec![0.0; self.directions() * n]; self.batch]; self.steps];
            for direction in 0..self.directions() {
                let reverse = direction == 1;
                let [w_ih, w_hh, b_ih, b_hh] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
                    .map(|name| self.weight(name, layer, reverse).as_slice().unwrap());
                let [h, c] = &mut states[layer * self.directions() + direction];
                for b in 0..self.batch {
                    for s in 0..lengths[b] {
                        let t = if reverse { lengths[b] - 1 - s } else { s };
                        let (x, old) = (&input[t][b], h[b].clone());
                        let of_x = |g: usize, j: usize| b_ih[g * n + j] + row_times(w_ih, g * n + j, x);
                        let of_h = |g: usize, j: usize| b_hh[g * n + j] + row_times(w_hh, g * n + j, &old);
                        for j in 0..n {
                            let gate = |g: usize| of_x(g, j) + of_h(g, j);
                            h[b][j] = round(match self.kind {
                                Kind::Rnn => gate(0).tanh(),
                                Kind::Gru => {
                                    let (r, z) = (sigmoid(gate(0)), sigmoid(gate(1)));
                                    let new = (of_x(2, j) + r * of_h(2, j)).tanh();
                                    (1.0 - z) * new + z * old[j]
                                }
                                Kind::Lstm => {
                                    let (i, f, g, o) =
                                        (sigmoid(gate(0)), sigmoid(gate(1)), gate(2).tanh(), sigmoid(gate(3)));
                                    let new = f * c[b][j] + i * g;
                                    c[b][j] = round(new);
                                    o * new.tanh()
                                }
                            });
                            output[t][b][direction * n + j] = h[b][j];
                        }
                    }
                }
            }
            input = output;
        }
        (input.into_iter().flatten().flatten().collect(), states)
    }

    pub(crate) fn system<T: Scalar>(&self) -> Box<dyn System<T>> {
        macro_rules! layers {
            ($kind:ident) => {{
                let model = $kind::<T>::new(self.num_in, self.hidden).num_layers(self.layers).bidirectional(self.both);
                Box::new(model.torch_weights(&self.weights).unwrap())
            }};
        }
        match self.kind {
            Kind::Rnn => layers!(Rnn),
            Kind::Gru => layers!(Gru),
            Kind::Lstm => layers!(Lstm),
        }
    }

    pub(crate) fn input<T: Scalar>(&self) -> Array3<T> {
        let values = self.x.iter().map(|x| T::from_f64(*x)).collect();
        Array3::from_shape_vec((self.steps, self.batch, self.num_in), values).unwrap()
    }

    /// The states with the library's names and layout.
    pub(crate) fn variables(&self, states: &States) -> Vec<(String, Vec<f64>)> {
        let name = |n: usize| format!("l{}{}.state", n / self.directions(), ["", "_reverse"][n % self.directions()]);
        let of = |[h, c]: &[Vec<Vec<f64>>; 2]| -> Vec<f64> {
            let rows = h
                .iter()
                .zip(c)
                .map(|(h, c)| if self.kind == Kind::Lstm { [h.clone(), c.clone()].concat() } else { h.clone() });
            rows.flatten().collect()
        };
        states.iter().enumerate().map(|(n, state)| (name(n), of(state))).collect()
    }

    /// Compares two runs with the plain loops; the second run continues where the first ended.
    fn check<T: Scalar>(&self, lengths: Option<&[usize]>, tol: f64) {
        let what = format!(
            "{:?} ×{} both {} {:?} {lengths:?}",
            self.kind,
            self.layers,
            self.both,
            [self.steps, self.batch, self.num_in, self.hidden]
        );
        let mut over_time = LoopOverTime::builder(self.system::<T>()).batch(self.batch).build().unwrap();
        let x = self.input::<T>();
        let whole = vec![self.steps; self.batch];
        let mut states = self.zeros();
        for run in 0..2 {
            let input = Input::from(&x);
            let ours = over_time
                .run(match lengths {
                    Some(l) => input.lengths(l),
                    None => input,
                })
                .unwrap();
            let (output, after) = self.reference::<T>(lengths.unwrap_or(&whole), states);
            assert_eq!(ours.output.shape(), [self.steps, self.batch, self.directions() * self.hidden], "{what}");
            assert_close(&format!("{what} run {run}, output"), &ours.output, &output, tol);
            let dict = over_time.state_dict().unwrap();
            for (name, values) in self.variables(&after) {
                assert_close(&format!("{what} run {run}, {name}"), dict.get(&name).unwrap(), &values, tol);
            }
            if let Some(lengths) = lengths {
                for (t, b) in (0..self.steps)
                    .flat_map(|t| (0..self.batch).map(move |b| (t, b)))
                    .filter(|(t, b)| *t >= lengths[*b])
                {
                    assert!(
                        ours.output
                            .slice(ndarray::s![t, b, ..])
                            .iter()
                            .all(|y| bytemuck::bytes_of(y).iter().all(|byte| *byte == 0)),
                        "{what}: {t} {b}"
                    );
                }
            }
            states = after;
        }
    }
}

/// Lists of lengths: some between 0 and the full length, all 0, and all full.
pub(crate) fn some_lengths(steps: usize, batch: usize) -> Vec<Vec<usize>> {
    let mixed = (0..batch).map(|b| [steps, 0, steps / 2, 1, steps - 1][b % 5].min(steps)).collect();
    vec![mixed, vec![0; batch], vec![steps; batch]]
}

fn all<T: Scalar>(shapes: &[[usize; 4]], layers: &[usize], tol: f64) {
    println!("seed {SEED}, {}", T::DTYPE);
    for kind in KINDS {
        for &layers in layers {
            for both in [false, true] {
                for &shape in shapes {
                    let case = Case::new::<T>(kind, layers, both, shape);
                    case.check::<T>(None, tol);
                    some_lengths(shape[0], shape[1]).iter().for_each(|lengths| case.check::<T>(Some(lengths), tol));
                }
            }
        }
    }
}

#[test]
fn f64_layers_follow_torch() {
    all::<f64>(&[[1, 1, 1, 1], [5, 7, 3, 2], [2, 3, 33, 17], [3, 2, 5, 65]], &[1, 2, 3], 1e-12);
    all::<f64>(&[[257, 1, 7, 5]], &[1, 2], 1e-12);
    // The case has more steps than a layer passes on at once, and more than one product computes at
    // once.
    let case = Case::new::<f64>(Kind::Gru, 2, false, [1500, 6, 2, 9]);
    case.check::<f64>(Some(&[1500, 0, 1, 1499, 1024, 700]), 1e-12);
}

#[test]
fn f32_layers_follow_torch() {
    all::<f32>(&[[5, 7, 3, 33], [17, 1, 5, 7]], &[1, 3], 2e-5);
}

#[test]
fn halves_follow_torch() {
    all::<f16>(&[[4, 7, 3, 9]], &[1, 2], 4e-3);
    all::<bf16>(&[[4, 7, 3, 9]], &[1, 2], 3e-2);
}
