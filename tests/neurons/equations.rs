//! Neurons that are defined by their equations, compared with runs of brainpy, with analysis, and
//! with their documentation.

use crate::common::{close, close_mostly, golden, narrow, same_spikes, widen};
use ndarray::{Axis, Slice};
use overtime::models::{
    AdExIf, AdQuaIf, ExpIf, FitzHughNagumo, Hh, HindmarshRose, Izhikevich, Lif, Method, MorrisLecar, Param, QuaIf,
    Reset, TraubMiles, WangBuzsaki,
};
use overtime::{Error, Init, Input, LoopOverTime, Real, Result, System};

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

const UNITS: usize = 3;

fn at(v: f64) -> Init {
    Init::Constant(v)
}

fn each<R: Real>(values: [f64; UNITS]) -> Param<R> {
    Param::Each(values.map(R::of).to_vec())
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

/// Every model with a current that causes no spike at the start, and the factor by which its time
/// scale demands a shorter step.
fn models(method: Method) -> Vec<(Box<dyn System<f64>>, f64, u64)> {
    vec![
        (Box::new(Izhikevich::new(1).method(method).v(at(-68.0))), 2.0, 4),
        (Box::new(AdExIf::new(1).method(method).v(at(-66.0)).param("a", 0.1).unwrap()), 2.0, 1),
        (Box::new(ExpIf::new(1).method(method).v(at(-66.0))), 2.0, 1),
        (Box::new(QuaIf::new(1).method(method).v(at(-61.0))), 2.0, 1),
        (Box::new(AdQuaIf::new(1).method(method).v(at(-61.0)).param("a", 0.1).unwrap()), 2.0, 1),
        (Box::new(MorrisLecar::new(1).method(method).v(at(-50.0))), 60.0, 1),
        (Box::new(WangBuzsaki::new(1).method(method).v(at(-64.0)).init("n", at(0.1)).unwrap()), 1.0, 8),
        (Box::new(FitzHughNagumo::new(1).method(method).v(at(-1.0))), 0.3, 8),
        (
            Box::new(HindmarshRose::new(1).method(method).init("y", at(1.0)).unwrap().param("V_th", 9.0).unwrap()),
            1.0,
            16,
        ),
    ]
}

#[test]
fn every_method_converges_with_its_order() {
    let methods = [Method::ExpAuto, Method::Euler, Method::Midpoint, Method::Rk3, Method::Rk4];
    // The differential variables of each model at the end.
    let ends = |method: Method, steps: u64| -> Vec<(String, Vec<f64>)> {
        let all = models(method).into_iter().map(|(system, i, finer)| {
            let steps = if method.order() >= 3 { steps * finer } else { steps * finer.max(8) / 8 };
            let names: Vec<String> = system.schema().state.iter().map(|v| v.name.to_string()).collect();
            let kind = system.kind().to_owned();
            let mut over_time =
                LoopOverTime::builder(system).dt(2.0 / steps as f64).out_vars(names.clone()).build().unwrap();
            let run = over_time.run(Input::steps(steps).constant(i)).unwrap();
            assert!(run["spike"].iter().all(|s| *s == 0.0), "{kind}");
            let differential = names.iter().take_while(|name| *name != "spike");
            (kind, differential.map(|name| run[name.as_str()][[steps as usize - 1, 0]]).collect())
        });
        all.collect()
    };
    let exact = ends(Method::Rk4, 512);
    let mut wrong = Vec::new();
    for method in methods {
        let steps = if method.order() >= 3 { 8 } else { 128 };
        let (coarse, fine) = (ends(method, steps), ends(method, 2 * steps));
        for (((kind, exact), (_, coarse)), (_, fine)) in exact.iter().zip(&coarse).zip(&fine) {
            // The error is relative to the values, so that no variable hides another.
            let error = |found: &[f64]| found.iter().zip(exact).map(|(a, b)| ((a - b) / b).powi(2)).sum::<f64>().sqrt();
            let found = (error(coarse) / error(fine)).log2();
            // With a single variable, its own derivative is the whole Jacobian. The exponential
            // Euler method is then a Rosenbrock method of order 2.
            let order = if exact.len() == 1 && method == Method::ExpAuto { 2 } else { method.order() };
            println!("{kind} {method}: {found}");
            let right = (found - f64::from(order)).abs() <= 0.15;
            if !right {
                wrong.push(format!("{kind} {method}: order {found}, not {order}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// τ dV/dt = c (V − a)(V − b) + R I has a tangent as its solution. This gives the time from V_reset
/// to V_th.
#[test]
fn the_quadratic_neurons_period_is_the_analytic_one() {
    let (a, b, c, tau, i, tau_ref, dt) = (-65.0_f64, -50.0, 0.07, 10.0, 20.0, 1.5, 0.002);
    let root = (i / c - (a - b).powi(2) / 4.0).sqrt();
    let angle = |v: f64| ((v - (a + b) / 2.0) / root).atan();
    let period = tau / (c * root) * (angle(-30.0) - angle(-68.0)) + tau_ref;
    for method in [Method::ExpAuto, Method::Rk4] {
        let neuron = QuaIf::<f64>::new(1).method(method).v(at(-68.0)).param("tau_ref", tau_ref).unwrap();
        let mut over_time =
            LoopOverTime::builder(neuron).dt(dt).out_vars(overtime::monitor("spike").events()).build().unwrap();
        let run = over_time.run(Input::duration(80.0).constant(i)).unwrap();
        let steps = &run.events("spike").unwrap().step;
        assert!(steps.len() >= 4, "{steps:?}");
        for pair in steps.windows(2) {
            let found = (pair[1] - pair[0]) as f64 * dt;
            assert!((found - period).abs() <= 2e-3 * period, "{method}: {found} instead of {period}");
        }
    }
}

/// In the refractory period V is constant and u continues. The period is counted in steps.
#[test]
fn refractoriness_holds_the_potential_alone() {
    let neuron = Izhikevich::<f64>::new(1).v(at(29.0)).param("tau_ref", 0.5).unwrap();
    let mut over_time = LoopOverTime::builder(neuron).dt(0.1).out_vars(["V", "u", "refractory"]).build().unwrap();
    let run = over_time.run(Input::steps(8).constant(5.0)).unwrap();
    let of = |name: &str| run[name].iter().copied().collect::<Vec<f64>>();
    assert_eq!(run.output.iter().copied().collect::<Vec<_>>(), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(of("refractory"), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0]);
    let (v, u) = (of("V"), of("u"));
    assert!(v[..6].iter().all(|v| *v == -65.0) && v[6] != -65.0, "{v:?}");
    assert!(u.windows(2).all(|u| u[0] != u[1]), "{u:?}");
    // u started at b·V, and the spike added d.
    assert!((u[0] - (0.2 * 29.0 + 8.0)).abs() <= 1e-12, "{u:?}");
}

/// A soft reset keeps the part of V above the threshold.
#[test]
fn a_soft_reset_keeps_the_excess_over_the_threshold() {
    let end = |reset: Reset| {
        let neuron = QuaIf::<f64>::new(1).v(at(-10.0)).param("tau", 1e9).unwrap().reset(reset);
        let mut over_time = LoopOverTime::builder(neuron).out_vars("V").build().unwrap();
        over_time.run_steps(1).unwrap()["V"][[0, 0]]
    };
    assert!((end(Reset::Hard) + 68.0).abs() <= 0.0);
    assert!((end(Reset::Soft) - (-10.0 - 38.0)).abs() <= 1e-6);
}

/// A step stays finite however far the upstroke overshoots, because V is reset.
#[test]
fn an_upstroke_stays_finite() {
    fn check<R: Real>(system: impl System<R>) {
        let kind = system.kind().to_owned();
        let mut over_time = LoopOverTime::builder(system).dt(0.5).out_vars("V").build().unwrap();
        let run = over_time.run(Input::steps(200).constant(R::of(100.0))).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert!(run.output.iter().filter(|s| **s != R::of(0.0)).count() > 10, "{kind}");
    }
    for method in [Method::ExpAuto, Method::Rk4] {
        check(AdExIf::<f32>::new(1).method(method).param("V_th", 0.0).unwrap().param("delta_T", 0.5).unwrap());
        check(ExpIf::<f32>::new(1).method(method).param("V_th", 0.0).unwrap().param("delta_T", 0.5).unwrap());
        check(ExpIf::<f64>::new(1).method(method).param("V_th", 0.0).unwrap().param("delta_T", 0.5).unwrap());
        check(QuaIf::<f32>::new(1).method(method));
        check(Izhikevich::<f32>::new(1).method(method));
    }
}

/// The number of spikes, and the largest magnitude of the second variable, of a neuron with `v' =
/// f`. The plain loop uses Euler's method with steps of 1e-4 ms, and bounds V by the threshold in
/// the derivatives. `reset` gives V and the second variable after a spike.
fn plain(
    start: [f64; 2],
    v_th: f64,
    steps: usize,
    slopes: impl Fn(f64, f64) -> [f64; 2],
    reset: impl Fn(f64) -> [f64; 2],
) -> (usize, f64) {
    let ([mut v, mut w], mut spikes, mut largest) = (start, 0, 0.0_f64);
    for _ in 0..steps {
        let [dv, dw] = slopes(v.min(v_th), w);
        (v, w) = (v + 1e-4 * dv, w + 1e-4 * dw);
        if v >= v_th {
            [v, w] = reset(w);
            spikes += 1;
        }
        largest = largest.max(w.abs());
    }
    (spikes, largest)
}

/// The upstroke of a spike exceeds the threshold within the stages of a Runge-Kutta method. It must
/// not affect the other variable: every method agrees with a plain loop of a thousandth of the
/// step.
#[test]
fn no_stage_takes_an_upstroke_beyond_the_threshold() {
    let adex = plain(
        [0.0, 0.0],
        -55.0,
        5_000_000,
        |v, w| [(-(v + 65.0) + 3.48 * ((v + 59.9) / 3.48).exp() + 60.0 - w) / 10.0, ((v + 65.0) - w) / 30.0],
        |w| [-68.0, w + 1.0],
    );
    let izhikevich = plain(
        [-70.0, -14.0],
        30.0,
        5_000_000,
        |v, u| [0.04 * v * v + 5.0 * v + 140.0 - u + 15.0, 0.02 * (0.2 * v - u)],
        |u| [-50.0, u + 2.0],
    );
    println!("{adex:?} {izhikevich:?}");
    fn run<R: Real>(system: impl System<R>, dt: f64, input: f64, var: &str) -> (usize, f64) {
        let mut over_time = LoopOverTime::builder(system).dt(dt).out_vars([var]).build().unwrap();
        let run = over_time.run(Input::duration(500.0).constant(R::of(input))).unwrap();
        let largest = run[var].iter().fold(0.0_f64, |most, x| most.max(x.to_f64().abs()));
        (run.output.iter().filter(|s| **s != R::of(0.0)).count(), largest)
    }
    let near = |what: String, found: (usize, f64), expected: (usize, f64), within: f64| {
        println!("{what}: {found:?}");
        let spikes = (found.0 as f64 / expected.0 as f64 - 1.0).abs() <= within;
        assert!(spikes && found.1 <= expected.1 + 3.0, "{what}: {found:?}, not {expected:?}");
    };
    for method in Method::ALL {
        let what = |kind: &str, dt: f64| format!("{kind} {method} dt {dt}");
        near(what("adex", 0.1), run(AdExIf::<f64>::new(1).method(method), 0.1, 60.0, "w"), adex, 0.06);
        near(what("adex f32", 0.1), run(AdExIf::<f32>::new(1).method(method), 0.1, 60.0, "w"), adex, 0.06);
        let chatters = || Izhikevich::<f64>::new(1).method(method).param("c", -50.0).unwrap().param("d", 2.0).unwrap();
        // The step is as long as an upstroke; this step is customary for this neuron.
        near(what("izhikevich", 1.0), run(chatters(), 1.0, 15.0, "u"), izhikevich, 0.2);
        near(what("izhikevich", 0.1), run(chatters(), 0.1, 15.0, "u"), izhikevich, 0.06);
        // A soft reset keeps at most the part of an upstroke that one step of the derivative at the
        // threshold makes.
        let soft =
            || AdExIf::<f64>::new(1).method(method).v(at(-65.0)).reset(Reset::Soft).param("V_th", -48.0).unwrap();
        let slope = (-17.0 + 3.48 * (11.9_f64 / 3.48).exp() + 60.0) / 10.0;
        let mut over_time = LoopOverTime::builder(soft()).out_vars("V").build().unwrap();
        let run = over_time.run(Input::steps(2_000).constant(60.0)).unwrap();
        let after = run.output.iter().zip(&run["V"]).filter(|(spike, _)| **spike != 0.0).map(|(_, v)| *v);
        assert!(after.clone().count() > 50 && after.into_iter().all(|v| v <= -48.0 + 0.1 * slope - 20.0), "{method}");
    }
}

/// The rates of the Wang-Buzsáki neuron are finite at their singularities and far away from them.
#[test]
fn wang_and_buzsakis_singularities() {
    fn check<R: Real>(tol: f64) {
        for v in [-35.0, -34.0, -35.000_01, -33.999_99, -300.0, 200.0] {
            let slope = |v: f64| {
                let neuron = WangBuzsaki::<R>::new(1).v(at(v)).method(Method::Euler);
                let mut over_time = LoopOverTime::builder(neuron).dt(0.001).out_vars(["V", "h", "n"]).build().unwrap();
                let run = over_time.run_steps(1).unwrap();
                ["V", "h", "n"].map(|name| run[name][[0, 0]].to_f64())
            };
            let (here, beside) = (slope(v), slope(v + 1e-3));
            for (a, b) in here.iter().zip(beside) {
                assert!((a - b).abs() <= tol, "{v}: {here:?} {beside:?}");
            }
        }
    }
    check::<f64>(2e-2);
    check::<f32>(2e-2);
}

#[test]
fn invalid_parameters_are_refused() {
    assert!(matches!(Izhikevich::<f64>::new(3).param("R", 1.0), Err(Error::Unknown { .. })));
    assert!(matches!(Izhikevich::<f64>::new(3).init("w", Init::Zeros), Err(Error::Unknown { .. })));
    let built = |name: &str, value: Param<f64>| {
        LoopOverTime::new(AdExIf::<f64>::new(3).param(name, value).unwrap()).map(|_| ())
    };
    for name in ["tau", "tau_w", "delta_T"] {
        assert!(matches!(built(name, 0.0.into()), Err(Error::Value { .. })), "{name}");
    }
    assert!(matches!(built("tau_ref", (-1.0).into()), Err(Error::Value { .. })));
    assert!(matches!(built("R", f64::NAN.into()), Err(Error::NotFinite { .. })));
    assert!(matches!(built("V_th", vec![1.0, 2.0].into()), Err(Error::Shape { expected: 3, given: 2, .. })));
    // One step of 0.1 ms at the threshold makes 10⁶ mV, and a soft reset would subtract 68 mV.
    let soft = AdExIf::<f64>::new(3).reset(Reset::Soft).param("V_th", each([-55.0, -55.0, 0.0])).unwrap();
    let error = LoopOverTime::new(soft.clone()).map(|_| ()).unwrap_err();
    assert!(
        matches!(&error, Error::Unsupported(why) if why.contains("V_th = 0") && why.contains("hard reset")),
        "{error}"
    );
    assert!(LoopOverTime::builder(soft).dt(1e-6).build().is_ok());
    // One step at V_th with w at rest, where w is 0.
    let soft = |params: &[(&str, f64)]| {
        let all = params.iter().try_fold(AdExIf::<f64>::new(1), |neuron, (name, value)| neuron.param(name, *value));
        LoopOverTime::builder(all.unwrap().reset(Reset::Soft)).dt(0.1).build().map(|_| ())
    };
    // 0.1·(−10 + 3.48·e^(4.9/3.48))/10 = 0.04 mV, compared with 13 mV.
    assert!(soft(&[("R", 100.0)]).is_ok());
    // 0.1·(−85 + 3·e^(24.3/3))/10 = 98 mV, compared with 70 mV.
    let steep = [("V_th", 20.0), ("V_T", -4.3), ("delta_T", 3.0), ("R", 1000.0), ("V_reset", -50.0)];
    let error = soft(&steep).unwrap_err().to_string();
    assert!(error.contains("makes 9.798e1 mV, more than the 70 mV"), "{error}");
    // A soft reset that subtracts nothing is refused too.
    for reset in [-55.0, -50.0] {
        assert!(soft(&[("V_reset", reset)]).unwrap_err().to_string().contains("must be positive"), "{reset}");
    }
    let lif = Lif::<f64>::new(3).param("V_reset", each([19.0, 19.5, 21.0])).unwrap().reset(Reset::Soft);
    assert!(LoopOverTime::new(lif).map(|_| ()).unwrap_err().to_string().contains("V_th = 20 and V_reset = 21"));
    // The period has more steps than f32 can count.
    for tau in [1e6, 3e38] {
        let error = |built: overtime::Result<()>| built.unwrap_err().to_string();
        let errors = [
            error(LoopOverTime::builder(Lif::<f32>::new(1).param("tau_ref", tau).unwrap()).dt(0.1).build().map(|_| ())),
            error(
                LoopOverTime::builder(ExpIf::<f32>::new(1).param("tau_ref", tau).unwrap()).dt(0.1).build().map(|_| ()),
            ),
            error(
                LoopOverTime::builder(TraubMiles::<f32>::new(1).param("tau_ref", tau).unwrap())
                    .dt(0.1)
                    .build()
                    .map(|_| ()),
            ),
        ];
        assert!(errors.iter().all(|e| e.contains("tau_ref") && e.contains("f32 counts")), "{errors:?}");
        assert!(LoopOverTime::builder(Lif::<f64>::new(1).param("tau_ref", 1e6).unwrap()).dt(0.1).build().is_ok());
    }
    let soft = MorrisLecar::<f64>::new(3).reset(Reset::Soft);
    assert!(matches!(LoopOverTime::new(soft), Err(Error::Unsupported(_))));
    let few = Izhikevich::<f64>::new(3).init("u", Init::Values(vec![1.0])).unwrap();
    assert!(matches!(LoopOverTime::new(few), Err(Error::Shape { .. })));
}

#[test]
fn nothing_to_run_is_an_empty_result() {
    for (system, _) in
        [(Box::new(Izhikevich::<f64>::new(0)) as Box<dyn System<f64>>, 0), (Box::new(WangBuzsaki::new(0)), 0)]
    {
        let run = LoopOverTime::builder(system).out_vars("V").build().unwrap().run_for(1.0).unwrap();
        assert_eq!(run.output.shape(), [10, 0]);
    }
}

/// The initial values, and one step without spikes, computed by hand from the equations.
#[test]
fn the_first_step_is_the_equations() {
    let first = |system: Box<dyn System<f64>>, vars: &[&'static str]| -> Vec<f64> {
        let mut over_time = LoopOverTime::builder(system).dt(0.5).out_vars(vars.to_vec()).build().unwrap();
        let run = over_time.run(Input::steps(1).constant(1.0)).unwrap();
        vars.iter().map(|v| run[*v][[0, 0]]).collect()
    };
    let euler = Method::Euler;
    let near = |what: &str, found: Vec<f64>, expected: &[f64]| {
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1.0)),
            "{what}: {found:?} {expected:?}"
        );
    };
    near(
        "izhikevich",
        first(Box::new(Izhikevich::new(1).method(euler)), &["V", "u"]),
        &[-70.0 + 0.5 * (196.0 - 350.0 + 140.0 + 14.0 + 1.0), -14.0],
    );
    near("fhn", first(Box::new(FitzHughNagumo::new(1).method(euler)), &["V", "w"]), &[0.5, 0.5 * 0.7 / 12.5]);
    near(
        "hindmarsh_rose",
        first(Box::new(HindmarshRose::new(1).method(euler)), &["V", "y", "z"]),
        &[-4.5, -10.0 + 0.5 * 11.0, 0.5 * 0.01 * 4.0 * 1.6],
    );
}
