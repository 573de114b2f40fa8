//! Multapses: several synapses of one pair of neurons.

use super::Connect;
use super::spec::ConnectivitySpec;
use super::total_number::AllowedPairs;
use crate::error::{Error, Result};

/// The largest number of synapses, and the largest mean number for one source or one target. Their
/// counts and sums then fit in 32 bits.
const MOST: u64 = 1 << 40;
const MOST_EACH: u64 = 1 << 30;
/// Units of random words have 48 bits.
const UNITS: u64 = 1 << 48;

/// The unit of a synapse's random values. The synapses of a pair have different numbers; the number
/// is 0 if a pair has at most one synapse. The counterpart is `unit` in `connect.cuh`.
#[inline(always)]
pub(super) fn unit(source: u32, sources: u32, number: u32) -> u64 {
    u64::from(source) + u64::from(sources) * u64::from(number)
}

impl ConnectivitySpec {
    /// Whether sources or targets are drawn with repetition.
    pub(super) fn repeats(&self) -> bool {
        match self.connect {
            Connect::FixedTotalNumber(_) => true,
            Connect::FixedNumPre(_) | Connect::FixedNumPost(_) => self.multapses == Some(true),
            _ => false,
        }
    }

    /// Whether the number of a synapse in its row or column matters, as the values of parallel
    /// synapses are drawn.
    pub(super) fn numbered(&self) -> bool {
        self.repeats() && (self.weighs() || self.delays_differ())
    }

    /// Checks that the rule takes the option, and that synapses with repetition can be numbered.
    pub(super) fn check_multapses(&self) -> Result<()> {
        let refuse = |reason: &str| Err(Error::Unsupported(format!("projection `{}` {reason}", self.name)));
        match (&self.connect, self.multapses) {
            (Connect::FixedTotalNumber(_), Some(false)) => {
                return refuse("excludes multapses, which the rule FixedTotalNumber always has");
            }
            (Connect::Arrays { .. }, Some(false)) => {
                return refuse("excludes multapses, but given arrays are not changed: omit repeated pairs from them");
            }
            (Connect::FixedNumPre(_) | Connect::FixedNumPost(_) | Connect::FixedTotalNumber(_), _)
            | (_, None | Some(false)) => {}
            (_, Some(true)) => {
                return refuse("has multapses, which only FixedNumPre, FixedNumPost and FixedTotalNumber draw");
            }
        }
        if self.repeats() { self.check_numbers() } else { Ok(()) }
    }

    fn check_numbers(&self) -> Result<()> {
        let (pre, post) = (self.pre.len() as u64, self.post.len() as u64);
        let all = self.size().synapses;
        if let Connect::FixedTotalNumber(n) = self.connect
            && n > 0
            && AllowedPairs::of(self).len() == 0
        {
            let but = if self.own_shift().is_some() { ", and the neuron itself does not count" } else { "" };
            let reason = format!("is more than 0, without a pair of a source and a target{but}");
            return Err(Error::value(self.of("number of synapses"), n, reason));
        }
        if all > MOST {
            return Err(Error::value(self.of("number of synapses"), all, "is more than 2⁴⁰"));
        }
        let own = match self.connect {
            Connect::FixedNumPre(k) | Connect::FixedNumPost(k) => k as u64,
            _ => 0,
        };
        let each = own.max(all.div_ceil(pre.max(1))).max(all.div_ceil(post.max(1)));
        // The numbers of a row of random length stay below twice the mean.
        let most = MOST_EACH.min(UNITS / 2 / pre.max(1) - 64);
        if each > most {
            let what = self.of("number of synapses of one neuron");
            return Err(Error::value(what, each, format!("is more than {most}, the most with multapses")));
        }
        Ok(())
    }
}
