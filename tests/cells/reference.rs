//! Plain loops in f64, written from the equations alone.

use ndarray::{Array3, ArrayD};
use overtime::Scalar;
use overtime::models::{GruCell, LstmCell, brainpy};
use overtime::rng::Stream;
use overtime::{LoopOverTime, System};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Rnn,
    Gru,
    GruTorch,
    Lstm,
    LstmTorch,
}

pub(crate) const KINDS: [Kind; 5] = [Kind::Rnn, Kind::Gru, Kind::GruTorch, Kind::Lstm, Kind::LstmTorch];

impl Kind {
    fn gates(self) -> usize {
        match self {
            Self::Rnn => 1,
            Self::Gru | Self::GruTorch => 3,
            Self::Lstm | Self::LstmTorch => 4,
        }
    }
}

/// A cell's sizes, weights and input, all exactly representable in `T`.
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) num_in: usize,
    pub(crate) units: usize,
    pub(crate) weights: Vec<(&'static str, Vec<f64>)>,
    pub(crate) x: Vec<f64>,
}

/// Random numbers, uniform in ±scale, rounded to `T`.
pub(crate) fn random<T: Scalar>(seed: u64, name: &str, len: usize, scale: f64) -> Vec<f64> {
    let stream = Stream::named(seed, name);
    (0..len).map(|k| T::from_f64(scale * (2.0 * stream.uniform(k as u64, 0) - 1.0)).to_f64()).collect()
}

impl Case {
    pub(crate) fn new<T: Scalar>(kind: Kind, seed: u64, [steps, batch, num_in, units]: [usize; 4]) -> Self {
        let columns = kind.gates() * units;
        let scale = |n: usize| 0.9 / (n as f64).sqrt();
        let mut weights = vec![
            ("Wi", random::<T>(seed, "wi", num_in * columns, scale(num_in))),
            ("Wh", random::<T>(seed, "wh", units * columns, scale(units))),
            ("b", random::<T>(seed, "b", columns, 0.3)),
        ];
        if kind == Kind::GruTorch {
            weights.push(("bh", random::<T>(seed, "bh", units, 0.3)));
        }
        Self { kind, steps, batch, num_in, units, weights, x: random::<T>(seed, "x", steps * batch * num_in, 1.0) }
    }

    fn weight(&self, name: &str) -> &[f64] {
        self.weights.iter().find(|(n, _)| *n == name).map(|(_, w)| w.as_slice()).unwrap()
    }

    /// The output and the state of every step. The state is rounded to `T`, as a run stores it.
    pub(crate) fn reference<T: Scalar>(&self) -> (Vec<f64>, Vec<f64>) {
        let (n, gates) = (self.units, self.kind.gates());
        let (wi, wh, b) = (self.weight("Wi"), self.weight("Wh"), self.weight("b"));
        let round = |x: f64| T::from_f64(x).to_f64();
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut out, mut states) = (Vec::new(), Vec::new());
        let mut h = vec![vec![0.0; n]; self.batch];
        let mut c = h.clone();
        for t in 0..self.steps {
            for r in 0..self.batch {
                let x = &self.x[(t * self.batch + r) * self.num_in..][..self.num_in];
                let old = h[r].clone();
                let from_x = |g: usize, j: usize| {
                    b[g * n + j] + (0..self.num_in).map(|k| x[k] * wi[k * gates * n + g * n + j]).sum::<f64>()
                };
                let from =
                    |v: &[f64], g: usize, j: usize| (0..n).map(|k| v[k] * wh[k * gates * n + g * n + j]).sum::<f64>();
                let full = |g: usize, j: usize| from_x(g, j) + from(&old, g, j);
                match self.kind {
                    Kind::Rnn => (0..n).for_each(|j| h[r][j] = round(full(0, j).max(0.0))),
                    Kind::Gru => {
                        let reset: Vec<f64> = (0..n).map(|j| sigmoid(full(1, j)) * old[j]).collect();
                        for j in 0..n {
                            let z = sigmoid(full(0, j));
                            let a = (from_x(2, j) + from(&reset, 2, j)).tanh();
                            h[r][j] = round((1.0 - z) * old[j] + z * a);
                        }
                    }
                    Kind::GruTorch => {
                        let bh = self.weight("bh");
                        for j in 0..n {
                            let (reset, z) = (sigmoid(full(0, j)), sigmoid(full(1, j)));
                            let new = (from_x(2, j) + reset * (bh[j] + from(&old, 2, j))).tanh();
                            h[r][j] = round((1.0 - z) * new + z * old[j]);
                        }
                    }
                    Kind::Lstm | Kind::LstmTorch => {
                        let forget = if self.kind == Kind::Lstm { 1.0 } else { 0.0 };
                        for j in 0..n {
                            let (i, g, f, o) = (full(0, j), full(1, j), full(2, j), full(3, j));
                            let new = sigmoid(f + forget) * c[r][j] + sigmoid(i) * g.tanh();
                            h[r][j] = round(sigmoid(o) * new.tanh());
                            c[r][j] = round(new);
                        }
                    }
                }
            }
            for r in 0..self.batch {
                out.extend(&h[r]);
                states.extend(&h[r]);
                if matches!(self.kind, Kind::Lstm | Kind::LstmTorch) {
                    states.extend(&c[r]);
                }
            }
        }
        (out, states)
    }

    pub(crate) fn system<T: Scalar>(&self) -> Box<dyn System<T>> {
        macro_rules! cell {
            ($cell:ty) => {{
                let cell = <$cell>::new(self.num_in, self.units);
                Box::new(self.weights.iter().fold(cell, |cell, (name, values)| cell.weight(name, values).unwrap()))
            }};
        }
        match self.kind {
            Kind::Rnn => cell!(brainpy::RnnCell<T>),
            Kind::Gru => cell!(brainpy::GruCell<T>),
            Kind::GruTorch => cell!(GruCell<T>),
            Kind::Lstm => cell!(brainpy::LstmCell<T>),
            Kind::LstmTorch => cell!(LstmCell<T>),
        }
    }

    pub(crate) fn input<T: Scalar>(&self) -> Array3<T> {
        let values = self.x.iter().map(|x| T::from_f64(*x)).collect();
        Array3::from_shape_vec((self.steps, self.batch, self.num_in), values).unwrap()
    }

    /// The library's output and state of every step, with this number of threads and of rows in a
    /// block.
    pub(crate) fn run<T: Scalar>(&self, threads: usize, block: Option<usize>) -> (ArrayD<T>, ArrayD<T>) {
        let mut builder =
            LoopOverTime::builder(self.system::<T>()).batch(self.batch).out_vars("state").threads(threads);
        if let Some(block) = block {
            builder = builder.block(block);
        }
        let run = builder.build().unwrap().run(&self.input::<T>()).unwrap();
        let state = run["state"].clone();
        (run.output, state)
    }
}

/// Asserts that all differences are within `tol`; NaN fails.
pub(crate) fn assert_close<T: Scalar>(what: &str, ours: &ArrayD<T>, theirs: &[f64], tol: f64) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let a = a.to_f64();
        assert!((a - b).abs() <= tol, "{what}: element {k} is {a}, expected {b} within {tol}");
    }
}
