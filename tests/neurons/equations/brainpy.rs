//! Runs compared with those of brainpy.

use super::{UNITS, at, each};
use crate::common::{close, close_mostly, golden, narrow, same_spikes, widen};
use ndarray::{Axis, Slice};
use overtime::models::{
    AdExIf, AdQuaIf, ExpIf, FitzHughNagumo, Hh, HindmarshRose, Izhikevich, Method, MorrisLecar, QuaIf, Reset,
    WangBuzsaki,
};
use overtime::{Input, LoopOverTime, Real, Result, System};

/// One run of brainpy: see `make_neurons.py`.
struct Case<R> {
    name: &'static str,
    scale: f64,
    dt: f64,
    vars: &'static [&'static str],
    /// Whether there is a conductance of 0.3 with the reversal potential −10.
    synapse: bool,
    make: fn(Method) -> Result<Box<dyn System<R>>>,
}

const fn case<R>(
    name: &'static str,
    scale: f64,
    dt: f64,
    vars: &'static [&'static str],
    make: fn(Method) -> Result<Box<dyn System<R>>>,
) -> Case<R> {
    Case { name, scale, dt, vars, synapse: false, make }
}

fn cases<R: Real>() -> Vec<Case<R>> {
    const VW: &[&str] = &["V", "w"];
    vec![
        case("izhikevich", 0.5, 0.1, &["V", "u"], |m| {
            Ok(Box::new(Izhikevich::new(UNITS).method(m).param("tau_ref", 2.05)?))
        }),
        case("izhikevich_each", 0.5, 0.1, &["V", "u"], |m| {
            let neuron = Izhikevich::new(UNITS).method(m).v(at(-65.0)).param("c", -55.0)?;
            Ok(Box::new(neuron.param("a", each([0.02, 0.1, 0.02]))?.param("d", each([8.0, 2.0, 4.0]))?))
        }),
        case("adex_if", 0.5, 0.1, VW, |m| {
            Ok(Box::new(AdExIf::new(UNITS).method(m).v(at(-65.0)).param("tau_ref", 2.05)?))
        }),
        Case {
            synapse: true,
            ..case("adex_if_g", 0.25, 0.1, VW, |m| {
                Ok(Box::new(AdExIf::new(UNITS).method(m).v(at(-65.0)).param("a", 0.1)?.conductance()))
            })
        },
        case("adex_if_soft", 0.5, 0.1, VW, |m| {
            Ok(Box::new(AdExIf::new(UNITS).method(m).v(at(-65.0)).param("b", 0.5)?.reset(Reset::Soft)))
        }),
        case("exp_if", 0.5, 0.1, &["V"], |m| {
            Ok(Box::new(ExpIf::new(UNITS).method(m).v(at(-65.0)).param("tau_ref", 2.05)?))
        }),
        case("qua_if", 0.5, 0.1, &["V"], |m| {
            Ok(Box::new(QuaIf::new(UNITS).method(m).v(at(-65.0)).param("tau_ref", 2.05)?))
        }),
        case("ad_qua_if", 0.5, 0.1, VW, |m| {
            let neuron = AdQuaIf::new(UNITS).method(m).v(at(-65.0));
            Ok(Box::new(neuron.param("a", 0.1)?.param("tau_w", 15.0)?.param("tau_ref", 2.05)?))
        }),
        case("morris_lecar", 4.0, 0.1, &["V", "W"], |m| Ok(Box::new(MorrisLecar::new(UNITS).method(m).v(at(-60.0))))),
        case("wang_buzsaki", 0.125, 0.05, &["V", "h", "n"], |m| {
            Ok(Box::new(WangBuzsaki::new(UNITS).method(m).v(at(-64.0))))
        }),
        Case {
            synapse: true,
            ..case("hh_ltc", 0.25, 0.05, &["V", "m", "h", "n"], |m| {
                Ok(Box::new(Hh::new(UNITS).method(m).v(at(-65.0)).conductance()))
            })
        },
        case("fhn", 1.0 / 64.0, 0.1, VW, |m| {
            Ok(Box::new(FitzHughNagumo::new(UNITS).method(m).v(at(-1.0)).param("V_th", 1.5)?))
        }),
        case("hindmarsh_rose", 0.125, 0.05, &["V", "y", "z"], |m| {
            Ok(Box::new(HindmarshRose::new(UNITS).method(m).v(at(-1.5))))
        }),
    ]
}

fn brainpys_runs<R: Real>() {
    let reference = golden("neurons");
    for Case { name, scale, dt, vars, synapse, make } in cases::<R>() {
        for method in [Method::ExpAuto, Method::Rk4] {
            let mut x = reference.array("in") * scale;
            if synapse {
                x += 0.3 * -10.0;
            }
            let mut over_time =
                LoopOverTime::builder(make(method).unwrap()).dt(dt).out_vars(vars.to_vec()).build().unwrap();
            let x = narrow::<R>(&x);
            let input = Input::from(&x);
            let run = over_time.run(if synapse { input.named_constant("g", R::of(0.3)) } else { input }).unwrap();
            let spikes = reference.array(&format!("{name}.{method}.spike"));
            assert!(spikes.sum() >= 3.0, "{name} {method}: too few spikes for a comparison");
            let what = format!("{name} {method} {}", R::DTYPE);
            same_spikes(&what, &widen(&run.output), spikes, if size_of::<R>() == 8 { 0 } else { 1 });
            for var in vars {
                let found = widen(&run[*var]).slice_axis(Axis(0), Slice::new(9, None, 10)).to_owned();
                let expected = reference.array(&format!("{name}.{method}.{var}"));
                let what = format!("{what} {var}");
                if size_of::<R>() == 8 {
                    println!("{what}: {:e}", close(&what, &found, expected, 1e-8));
                } else {
                    close_mostly(&what, &found, expected, 2e-4, 0.5);
                }
            }
        }
    }
}

#[test]
fn runs_agree_with_brainpy() {
    brainpys_runs::<f64>();
}

#[test]
fn runs_in_single_precision_agree_with_brainpy() {
    brainpys_runs::<f32>();
}
