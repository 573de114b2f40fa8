//! Checks of refractory periods and resets, and the number of steps of a period.

use crate::error::{Error, Result};
use crate::numeric::scalar::Real;
use crate::system::param::Param;

/// Returns the number of whole steps in a time. The quotient is rounded down. It is rounded up if
/// the next whole number is at most a millionth of the quotient, and at most a quarter of a step,
/// away. (Adding and subtracting `ROUNDER` rounds to the nearest whole number.)
#[inline(always)]
pub(crate) fn steps_in<R: Real>(time: R, dt: R) -> R {
    let (exact, most) = (time / dt, R::of(0.25));
    let near = exact.mul_add(R::of(1e-6), R::of(1e-6));
    let whole = exact + (if near < most { near } else { most } - R::of(0.5)) + R::of(R::ROUNDER) - R::of(R::ROUNDER);
    if whole > R::of(0.0) { whole } else { R::of(0.0) }
}

/// Replaces refractory periods by their numbers of steps, as `steps` computes them.
pub(crate) fn in_steps<R: Real>(tau_ref: &mut Param<R>, steps: impl Fn(R) -> R) {
    match tau_ref {
        Param::All(tau) => *tau = steps(*tau),
        Param::Each(taus) => taus.iter_mut().for_each(|tau| *tau = steps(*tau)),
    }
}

/// Checks that a variable of type `R` can count the steps of these periods.
pub(crate) fn check_steps<R: Real>(tau_ref: &Param<R>, dt: f64) -> Result<()> {
    // Up to here `steps_in` rounds to whole numbers, and subtracting 1 from a count is exact.
    let most = R::ROUNDER / 3.0;
    match tau_ref.values().iter().find(|tau| tau.to_f64() / dt > most) {
        Some(tau) => {
            let reason = format!("ms has more steps of {dt} ms than a neuron in {} counts ({most})", R::DTYPE);
            Err(Error::value("parameter `tau_ref`", tau, reason))
        }
        None => Ok(()),
    }
}

/// The error of a soft reset that does not lower V.
pub(crate) fn no_reset<R: Real>(kind: &str, v_th: R, v_reset: R) -> Error {
    Error::Unsupported(format!(
        "a soft reset of {kind} with V_th = {v_th} and V_reset = {v_reset}: it takes V_th − V_reset away, which must be positive"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_the_steps_that_fit() {
        for (time, dt, steps) in [
            (0.0, 0.1, 0.0),
            (2.0, 0.1, 20.0),
            (0.3, 0.1, 3.0),
            (0.25, 0.1, 2.0),
            (0.099, 0.1, 0.0),
            (1000.0, 0.001, 1e6),
            (100_000.0, 0.001, 1e8),
            (1e5, 0.1, 1e6),
            (123_456.7, 0.1, 1_234_567.0),
        ] {
            assert_eq!(steps_in::<f64>(time, dt), steps, "{time} ms in steps of {dt} ms");
            if steps < 1e6 {
                assert_eq!(
                    steps_in::<f32>(time as f32, dt as f32),
                    steps as f32,
                    "{time} ms in steps of {dt} ms, in f32"
                );
            }
        }
        // The quotient in f32 has an error of a tenth of a step.
        assert!((steps_in::<f32>(1e5, 0.1) - 1e6).abs() <= 1.0);
        let most = 4_194_304.0;
        assert_eq!(steps_in::<f32>(most, 1.0), most);
        assert!(check_steps::<f32>(&Param::All(most), 1.0).is_ok());
        for tau in [most * 1.001, 3e38] {
            let error = check_steps::<f32>(&Param::Each(vec![1.0, tau]), 1.0).unwrap_err().to_string();
            assert!(error.contains("tau_ref") && error.contains("f32 counts (4194304)"), "{error}");
        }
        assert!(check_steps::<f64>(&Param::All(3e38), 0.1).is_err());
    }
}
