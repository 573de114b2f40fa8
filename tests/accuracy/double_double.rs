//! Double-double arithmetic: a number is the sum of two doubles, which gives about 106 bits.

#[derive(Clone, Copy)]
pub(crate) struct DoubleDouble(pub(crate) f64, pub(crate) f64);

impl DoubleDouble {
    pub(crate) fn of_sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Self(s, (a - (s - t)) + (b - t))
    }
    pub(crate) fn plus(self, o: Self) -> Self {
        let Self(s, e) = Self::of_sum(self.0, o.0);
        Self::of_sum(s, e + self.1 + o.1)
    }
    pub(crate) fn times(self, o: Self) -> Self {
        let p = self.0 * o.0;
        Self::of_sum(p, self.0.mul_add(o.0, -p) + (self.0 * o.1 + self.1 * o.0))
    }
    pub(crate) fn over(self, o: Self) -> Self {
        let q = self.0 / o.0;
        let rest = self.plus(o.times(Self(-q, 0.0)));
        Self::of_sum(q, rest.0 / o.0)
    }
    pub(crate) fn negated(self) -> Self {
        Self(-self.0, -self.1)
    }
    /// The product with 2ⁿ. It takes two steps, because 2ⁿ alone may not be a double.
    pub(crate) fn scaled(self, n: i32) -> Self {
        let (half, rest) = (2.0_f64.powi(n / 2), 2.0_f64.powi(n - n / 2));
        Self(self.0 * half * rest, self.1 * half * rest)
    }
}

const ONE: DoubleDouble = DoubleDouble(1.0, 0.0);

/// x − n·(a + b + c).
fn reduced(x: f64, n: f64, parts: [f64; 3]) -> DoubleDouble {
    parts.iter().fold(DoubleDouble(x, 0.0), |r, part| {
        let p = n * part;
        r.plus(DoubleDouble(-p, -n.mul_add(*part, -p)))
    })
}

/// eˣ: the argument is reduced by multiples of ln 2 (in three parts) and by 2⁻⁸; Taylor's
/// series follows, and eight squarings.
pub(crate) fn exp(x: f64) -> (DoubleDouble, i32) {
    let n = (x * std::f64::consts::LOG2_E).round();
    let (l1, l2, l3) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10, 0.0);
    let r = reduced(x, n, [l1, l2, l3]);
    let r = DoubleDouble(r.0 / 256.0, r.1 / 256.0);
    let mut sum = DoubleDouble(1.0, 0.0);
    for k in (1..=14).rev() {
        let q = f64::from(k);
        let step = sum.times(r);
        // Divides by a small integer, and keeps the remainder.
        let d = step.0 / q;
        let rest = (-d).mul_add(q, step.0) + step.1;
        sum = DoubleDouble(1.0, 0.0).plus(DoubleDouble(d, rest / q));
    }
    for _ in 0..8 {
        sum = sum.times(sum);
    }
    (sum, n as i32)
}

/// The natural logarithm: one step of Newton's method from the system's own function.
pub(crate) fn log(x: f64) -> DoubleDouble {
    let near = x.ln();
    let (e, n) = exp(-near);
    let d = e.times(DoubleDouble(x, 0.0).scaled(n)).plus(DoubleDouble(-1.0, 0.0));
    DoubleDouble(near, 0.0).plus(DoubleDouble(d.0 - d.0 * d.0 / 2.0, d.1))
}

/// The sine and the cosine: the argument is reduced by multiples of π/2 (in three parts), and
/// Taylor's series follow.
pub(crate) fn sin_cos(x: f64) -> (DoubleDouble, DoubleDouble) {
    let n = (x * std::f64::consts::FRAC_2_PI).round();
    let half_pi = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
    let r = reduced(x, n, half_pi);
    let s = r.times(r);
    let (mut sin, mut cos) = (ONE, ONE);
    for k in (1..=14).rev().map(|k| 2.0 * f64::from(k)) {
        sin = ONE.plus(sin.times(s).over(DoubleDouble(-k * (k + 1.0), 0.0)));
        cos = ONE.plus(cos.times(s).over(DoubleDouble(-k * (k - 1.0), 0.0)));
    }
    let sin = sin.times(r);
    match n.rem_euclid(4.0) as u8 {
        0 => (sin, cos),
        1 => (cos, sin.negated()),
        2 => (sin.negated(), cos.negated()),
        _ => (cos.negated(), sin),
    }
}

/// x/(1 − e⁻ˣ). The difference cancels near 0, where the series has enough terms.
pub(crate) fn inv_exprel(x: f64) -> DoubleDouble {
    if x.abs() < 1e-9 {
        return DoubleDouble::of_sum(1.0, x / 2.0 + x * x / 12.0);
    }
    let (e, n) = exp(-x);
    DoubleDouble(x, 0.0).over(ONE.plus(e.scaled(n).negated()))
}

/// The derivative of (eˣ − 1)/x.
pub(crate) fn exprel_slope(x: f64) -> DoubleDouble {
    if x.abs() < 1e-6 {
        return DoubleDouble::of_sum(0.5, x / 3.0 + x * x / 8.0);
    }
    let (e, n) = exp(x);
    let (e, x) = (e.scaled(n), DoubleDouble(x, 0.0));
    e.plus(e.plus(ONE.negated()).over(x).negated()).over(x)
}
