//! Derivatives by the rules of calculus, one node at a time.

use super::{Binary, Graph, Id, Leaf, MAKING, Node, Unary};

impl Graph {
    /// The derivative of a node by a leaf.
    pub(crate) fn derivative(&mut self, of: Id, by: Leaf) -> Id {
        let zero = self.constant(0.0);
        // The derivative of each node that `of` may depend on; `None` is 0.
        let mut all: Vec<Option<Id>> = vec![None; of.index() + 1];
        let order = self.order(&[of]);
        self.work += (MAKING - 1) * order.len();
        for id in order {
            all[id.index()] = self.one_derivative(id, by, &all).filter(|d| *d != zero);
        }
        all[of.index()].unwrap_or(zero)
    }

    /// The derivative of a node, whose operands' derivatives are known.
    fn one_derivative(&mut self, id: Id, by: Leaf, known: &[Option<Id>]) -> Option<Id> {
        let at = |id: Id| known[id.index()];
        match self.node(id) {
            Node::Const(_) => None,
            Node::Leaf(leaf) => (leaf == by).then(|| self.constant(1.0)),
            Node::Unary(f, a) => {
                let d = at(a)?;
                let slope = self.slope(f, a, id);
                Some(self.binary(Binary::Mul, slope, d))
            }
            Node::Binary(f, a, b) => self.of_two(f, (a, b), (at(a), at(b)), id),
            Node::Fma(a, b, c) => {
                let product = self.of_product((a, b), (at(a), at(b)));
                self.of_sum(product, at(c))
            }
            Node::Select(condition, a, b) => {
                let (da, db) = (at(a), at(b));
                if da.is_none() && db.is_none() {
                    return None;
                }
                let zero = self.constant(0.0);
                Some(self.select(condition, da.unwrap_or(zero), db.unwrap_or(zero)))
            }
        }
    }

    /// df/da of f(a), which is the node `id`.
    pub(super) fn slope(&mut self, f: Unary, a: Id, id: Id) -> Id {
        let one = self.constant(1.0);
        match f {
            Unary::Neg => self.constant(-1.0),
            Unary::Abs => {
                let (zero, minus) = (self.constant(0.0), self.constant(-1.0));
                let negative = self.binary(Binary::Less, a, zero);
                self.select(negative, minus, one)
            }
            Unary::Sqrt => {
                let half = self.constant(0.5);
                self.binary(Binary::Div, half, id)
            }
            Unary::Exp => id,
            Unary::Expm1 => self.binary(Binary::Add, id, one),
            Unary::Log => self.binary(Binary::Div, one, a),
            Unary::Tanh => {
                let square = self.binary(Binary::Mul, id, id);
                self.binary(Binary::Sub, one, square)
            }
            Unary::Sin => self.unary(Unary::Cos, a),
            Unary::Cos => {
                let sin = self.unary(Unary::Sin, a);
                self.unary(Unary::Neg, sin)
            }
            Unary::Exprel => self.unary(Unary::ExprelSlope, a),
            // exprel″(x) = (eˣ − 2 exprel′(x))/x. The difference cancels near 0, where the series
            // Σ (n + 1)(n + 2)/(n + 3)!·xⁿ has a relative error of 1e-11.
            Unary::ExprelSlope => {
                let (two, e) = (self.constant(2.0), self.unary(Unary::Exp, a));
                let twice = self.binary(Binary::Mul, id, two);
                let rest = self.binary(Binary::Sub, e, twice);
                let far = self.binary(Binary::Div, rest, a);
                let mut near = self.constant(1.0 / 50_400.0);
                for term in [6480.0, 960.0, 168.0, 36.0, 10.0, 4.0, 3.0].map(|over: f64| self.constant(1.0 / over)) {
                    let product = self.binary(Binary::Mul, near, a);
                    near = self.binary(Binary::Add, product, term);
                }
                let (distance, limit) = (self.unary(Unary::Abs, a), self.constant(0.2));
                let is_near = self.binary(Binary::Less, distance, limit);
                self.select(is_near, near, far)
            }
            // 1/exprel(−x) has the derivative exprel′(−x)/exprel(−x)².
            Unary::InvExprel | Unary::InvExprelNear => {
                let minus = self.unary(Unary::Neg, a);
                let slope = self.unary(Unary::ExprelSlope, minus);
                let square = self.binary(Binary::Mul, id, id);
                self.binary(Binary::Mul, slope, square)
            }
            Unary::ExpNeg => self.unary(Unary::Neg, id),
            Unary::Reciprocal => {
                let square = self.binary(Binary::Mul, id, id);
                self.unary(Unary::Neg, square)
            }
        }
    }

    fn of_sum(&mut self, a: Option<Id>, b: Option<Id>) -> Option<Id> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.binary(Binary::Add, a, b)),
            (a, b) => a.or(b),
        }
    }

    fn of_product(&mut self, (a, b): (Id, Id), (da, db): (Option<Id>, Option<Id>)) -> Option<Id> {
        let left = da.map(|da| self.binary(Binary::Mul, da, b));
        let right = db.map(|db| self.binary(Binary::Mul, a, db));
        self.of_sum(left, right)
    }

    fn of_two(&mut self, f: Binary, (a, b): (Id, Id), (da, db): (Option<Id>, Option<Id>), id: Id) -> Option<Id> {
        if da.is_none() && db.is_none() {
            return None;
        }
        let zero = self.constant(0.0);
        match f {
            Binary::Add => self.of_sum(da, db),
            Binary::Sub => {
                let minus = db.map(|db| self.unary(Unary::Neg, db));
                self.of_sum(da, minus)
            }
            Binary::Mul => self.of_product((a, b), (da, db)),
            // (a/b)′ = (a′ − (a/b)·b′)/b
            Binary::Div => {
                let right = db.map(|db| self.binary(Binary::Mul, id, db));
                let over = self.binary(Binary::Sub, da.unwrap_or(zero), right.unwrap_or(zero));
                Some(self.binary(Binary::Div, over, b))
            }
            Binary::Min | Binary::Max => {
                let first = if f == Binary::Min { (a, b) } else { (b, a) };
                let is_first = self.binary(Binary::Less, first.0, first.1);
                Some(self.select(is_first, da.unwrap_or(zero), db.unwrap_or(zero)))
            }
            Binary::Less | Binary::LessEqual | Binary::Equal => None,
            Binary::Relax => {
                let of_a = da.map(|da| {
                    let slope = self.relax_by_rate(a, b);
                    self.binary(Binary::Mul, slope, da)
                });
                let of_b = db.map(|db| {
                    let slope = self.relax_by_time(a, b);
                    self.binary(Binary::Mul, slope, db)
                });
                self.of_sum(of_a, of_b)
            }
            // b = e⁻ᵃ is a function of a.
            Binary::InvExprelOf => da.map(|da| {
                let slope = self.slope(Unary::InvExprel, a, id);
                self.binary(Binary::Mul, slope, da)
            }),
        }
    }

    /// ∂φ/∂a of φ(a, b) = (1 − e^{−a·b})/a = b·exprel(−a·b), which is −b²·exprel′(−a·b). It is accurate
    /// at a = 0 too.
    pub(super) fn relax_by_rate(&mut self, a: Id, b: Id) -> Id {
        let product = self.binary(Binary::Mul, a, b);
        let minus = self.unary(Unary::Neg, product);
        let slope = self.unary(Unary::ExprelSlope, minus);
        let square = self.binary(Binary::Mul, b, b);
        let slope = self.binary(Binary::Mul, slope, square);
        self.unary(Unary::Neg, slope)
    }

    /// ∂φ/∂b, which is e^{−a·b}.
    pub(super) fn relax_by_time(&mut self, a: Id, b: Id) -> Id {
        let product = self.binary(Binary::Mul, a, b);
        let minus = self.unary(Unary::Neg, product);
        self.unary(Unary::Exp, minus)
    }
}
