//! Refused parameters, and runs of nothing.

use super::each;
use overtime::models::{AdExIf, ExpIf, Izhikevich, Lif, MorrisLecar, Param, Reset, TraubMiles, WangBuzsaki};
use overtime::{Error, Init, LoopOverTime, System};

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
