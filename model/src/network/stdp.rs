//! `stdp = { … }` of a projection: plastic weights.

use crate::rules::{Line, Result, error, finite, start};
use crate::strict::Keys;
use crate::toml_values::Maybe;
use overtime::{Number, network};
use serde::{Deserialize, Serialize};
use toml::Spanned;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    max: Maybe<f64>,
    min: Maybe<f64>,
    tau_pre: Maybe<f64>,
    tau_post: Maybe<f64>,
    a_pre: Maybe<f64>,
    a_post: Maybe<f64>,
}

/// The rule of [`network::Stdp`], with its defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stdp {
    max: f64,
    min: f64,
    tau: [f64; 2],
    amplitudes: [f64; 2],
}

impl Stdp {
    pub(super) fn check(item: Spanned<Keys<Raw>>, line: Line<'_>) -> Result<Self> {
        let at = start(&item);
        let Keys(raw) = item.into_inner();
        let or = |given: Maybe<f64>, key: &str, least: f64, default: f64| {
            given.map_or(Ok(default), |x| finite(x, line, key, least))
        };
        let Some(max) = raw.max else { return error(line, at, "`stdp` needs `max`, the largest weight") };
        let max = finite(max, line, "max", f64::MIN)?;
        let by_default = raw.min.is_none();
        let min = or(raw.min, "min", f64::MIN, 0.0)?;
        if min > max {
            let way = if by_default { ": give `min`, which is 0 by default" } else { "" };
            return error(line, at, format!("`stdp`: `min` ({}) is above `max` ({}){way}", Number(min), Number(max)));
        }
        if min == max {
            return error(
                line,
                at,
                format!("`stdp`: `min` and `max` are both {}, so that no weight can change", Number(max)),
            );
        }
        let tau = [(raw.tau_pre, "tau_pre"), (raw.tau_post, "tau_post")];
        let [tau_pre, tau_post] = tau.map(|(given, key)| or(given, key, f64::MIN_POSITIVE, network::Stdp::TAU));
        let tau = [tau_pre?, tau_post?];
        let [pre, post] = network::Stdp::AMPLITUDES.map(|amplitude| amplitude * (max - min));
        let pre = or(raw.a_pre, "a_pre", f64::MIN, pre)?;
        let post = or(raw.a_post, "a_post", f64::MIN, post)?;
        Ok(Self { max, min, tau, amplitudes: [pre, post] })
    }

    pub(super) fn rule(self) -> network::Stdp {
        network::Stdp::new(self.max)
            .min(self.min)
            .tau(self.tau[0], self.tau[1])
            .amplitudes(self.amplitudes[0], self.amplitudes[1])
    }
}
