//! Compares the kinetics with the equations.

use super::ChannelKind;
use super::ca_t::CaT;
use super::h::H;
use super::k_hh::KHh;
use super::k_tm::KTm;
use super::kinetics::{E, G_MAX, Kinetics, WithKinetics};
use super::na_hh::NaHh;
use super::na_tm::NaTm;
use crate::numeric::scalar::Real;

/// 1/exprel(x) = x/(eˣ − 1), as in the equations.
fn inv_exprel(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x / x.exp_m1() }
}

/// (α, β) as (a, s).
fn of_rates(alpha: f64, beta: f64) -> (f64, f64) {
    (alpha, alpha + beta)
}

fn of_times(steady: f64, tau: f64) -> (f64, f64) {
    (steady / tau, 1.0 / tau)
}

fn expected_na_hh(w: f64) -> [(f64, f64); 2] {
    let p = of_rates(inv_exprel(-(w - 5.0) / 10.0), 4.0 * (-(w + 20.0) / 18.0).exp());
    [p, of_rates(0.07 * (-(w + 20.0) / 20.0).exp(), 1.0 / (1.0 + (-(w - 10.0) / 10.0).exp()))]
}

fn expected_k_hh(w: f64) -> [(f64, f64); 1] {
    [of_rates(0.1 * inv_exprel(-(w + 10.0) / 10.0), 0.125 * (-(w + 20.0) / 80.0).exp())]
}

fn expected_na_tm(w: f64) -> [(f64, f64); 2] {
    let p = of_rates(1.28 * inv_exprel(-(w - 13.0) / 4.0), 1.4 * inv_exprel((w - 40.0) / 5.0));
    [p, of_rates(0.128 * (-(w - 17.0) / 18.0).exp(), 4.0 / (1.0 + (-(w - 40.0) / 5.0).exp()))]
}

fn expected_k_tm(w: f64) -> [(f64, f64); 1] {
    [of_rates(0.16 * inv_exprel(-(w - 15.0) / 5.0), 0.5 * (-(w - 10.0) / 40.0).exp())]
}

fn expected_ca_t(w: f64) -> [(f64, f64); 2] {
    let tau_p = 0.612 + 1.0 / ((-(w + 132.0) / 16.7).exp() + ((w + 16.8) / 18.2).exp());
    let tau_q = if w >= -80.0 { (-(w + 22.0) / 10.5).exp() + 28.0 } else { ((w + 467.0) / 66.6).exp() };
    [of_times(1.0 / (1.0 + (-(w + 59.0) / 6.2).exp()), tau_p), of_times(1.0 / (1.0 + ((w + 83.0) / 4.0).exp()), tau_q)]
}

fn expected_h(v: f64) -> [(f64, f64); 1] {
    [of_times(1.0 / (1.0 + ((v + 75.0) / 5.5).exp()), 1.0 / ((-0.086 * v - 14.59).exp() + (0.0701 * v - 1.87).exp()))]
}

/// Potentials from −110 to 60 mV, and potentials that approach the singularities. Every potential
/// is exact in f32, so that both types receive the same values.
fn potentials() -> impl Iterator<Item = f64> {
    let wide = (0..17_000).map(|k| -110.0 + 0.01 * f64::from(k));
    let near = (0..300).flat_map(|k| {
        let d = 10_f64.powf(1.0 - 0.06 * f64::from(k));
        [-40.0, -55.0, -37.0, -10.0, -48.0, -35.0, -83.0].into_iter().flat_map(move |at| [at - d, at + d])
    });
    wide.chain(near).map(|v| f64::from(v as f32))
}

/// The largest relative error of a and s over these potentials. Where a is negligible beside s, the
/// error of a is relative to 100 s.
fn worst<R: Real, K: Kinetics<G, P>, const G: usize, const P: usize>(
    p: [f64; P],
    right: impl Fn(f64) -> [(f64, f64); G],
) -> f64 {
    let mut worst = 0.0_f64;
    for v in potentials() {
        for ((a, s), (right_a, right_s)) in K::rates(R::of(v), &p.map(R::of).into()).into_iter().zip(right(v)) {
            // Far from the usual potentials the bound of the exponential leaves an a of 1e-12 s.
            let scale = if right_a > 1e-9 * right_s { right_a } else { 100.0 * right_s };
            for (got, right, scale) in [(a, right_a, scale), (s, right_s, right_s)] {
                let error = (got.to_f64() - right).abs() / scale;
                assert!(error.is_finite(), "{v} mV: {got}, not {right}");
                worst = worst.max(error);
            }
        }
    }
    worst
}

macro_rules! kinetics {
    ($($name:ident: $K:ty, $p:expr, $right:expr;)*) => {$(
        #[test]
        fn $name() {
            let (double, single) = (worst::<f64, $K, _, _>($p, $right), worst::<f32, $K, _, _>($p, $right));
            println!("f64 {double:e}, f32 {single:e}");
            assert!(double <= 5e-14 && single <= 3e-5, "f64 {double:e}, f32 {single:e}");
            // Far from the usual potentials the rates stay finite, and a gate's rates are not both 0.
            for v in [-1e6_f64, -3000.0, -400.0, -250.0, 150.0, 300.0, 2000.0, 1e6] {
                for (a, s) in <$K>::rates(v, &$p.into()) {
                    assert!(a >= 0.0 && s > 0.0 && s.is_finite() && a <= s * 1.000_001, "{v} mV: {a} {s}");
                }
                for (a, s) in <$K>::rates(v as f32, &$p.map(|x| x as f32).into()) {
                    assert!(a >= 0.0 && s > 0.0 && s < 1e19 && a <= s * 1.001, "{v} mV in f32: {a} {s}");
                }
            }
            assert!(<$K>::rates(f64::NAN, &$p.into()).into_iter().all(|(a, s)| (a + s).is_nan()));
        }
    )*};
}

kinetics! {
    na_hh: NaHh, [0.0, 0.0, 1.0, -45.0], |v| expected_na_hh(v + 45.0);
    k_hh: KHh, [0.0, 0.0, 1.0, -45.0], |v| expected_k_hh(v + 45.0);
    na_tm: NaTm, [0.0, 0.0, 1.0, -50.0], |v| expected_na_tm(v + 50.0);
    k_tm: KTm, [0.0, 0.0, 1.0, -50.0], |v| expected_k_tm(v + 50.0);
    ca_t: CaT, [0.0, 0.0, 1.0, 1.0, -3.0], |v| expected_ca_t(v + 3.0);
    h: H, [0.0, 0.0, 1.0], expected_h;
}

struct Names(ChannelKind);

impl WithKinetics for Names {
    fn call<K: Kinetics<G, P>, const G: usize, const P: usize>(self) {
        let Self(kind) = self;
        let known: Vec<String> = kind.parameters().iter().map(|parameter| parameter.name.to_lowercase()).collect();
        assert_eq!(K::NAMES.as_slice(), known, "{kind}");
        assert_eq!((K::NAMES[E], K::NAMES[G_MAX], G), ("e", "g_max", kind.gates().len()), "{kind}");
    }
}

/// Table and kinetics name the same parameters in the same order.
#[test]
fn the_parameters_of_a_kind_are_those_of_its_kinetics() {
    ChannelKind::ALL.into_iter().for_each(|kind| kind.with(Names(kind)));
}
