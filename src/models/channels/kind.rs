//! The kinds of channels, by brainpy's names.

use super::kinetics::WithKinetics;
use super::{ca_t, h, k_hh, k_tm, leak, na_hh, na_tm};
use crate::error::{Error, Result};
use crate::models::info;
use crate::models::info::{Bound, Family, ModelInfo, Parameter, Variable};
use std::fmt;
use std::fmt::Display;

/// A kind of ion channel, named as brainpy names it. Its current is g (E − V), with g = `g_max`
/// times what the gates leave open.
///
/// | kind | g/g_max | parameters and defaults | source |
/// |---|---|---|---|
/// | `INa_HH1952` | p³q | `E` 50, `g_max` 120, `phi` 1, `V_sh` −45 | Hodgkin & Huxley, J. Physiol. 117, 1952, 500-544 |
/// | `IK_HH1952` | p⁴ | `E` −90, `g_max` 10, `phi` 1, `V_sh` −45 | the same |
/// | `INa_TM1991` | p³q | `E` 50, `g_max` 120, `phi` 1, `V_sh` −63 | Traub & Miles, Neuronal Networks of the Hippocampus, 1991 |
/// | `IK_TM1991` | p⁴ | `E` −90, `g_max` 10, `phi` 1, `V_sh` −60 | the same |
/// | `IL` | 1 | `E` −70, `g_max` 0.1 | a leak |
/// | `INa_Ba2002` | p³q | `E` 50, `g_max` 90, `phi` 1 (`T` 36), `V_sh` −50 | Bazhenov et al., J. Neurosci. 22, 2002, 8691-8704 |
/// | `IKDR_Ba2002` | p⁴ | `E` −90, `g_max` 10, `phi` 1 (`T` 36), `V_sh` −50 | the same |
/// | `ICaT_HM1992` | p²q | `E` 120, `g_max` 2, `phi_p` 3.55^1.2, `phi_q` 3^1.2 (`T` 36), `V_sh` −3 | Huguenard & McCormick, J. Neurophysiol. 68, 1992, 1373-1383 |
/// | `Ih_HM1992` | p | `E` 43, `g_max` 10, `phi` 1 | the same |
///
/// E and V_sh are in mV, g_max in mS/cm², T in °C; `T` sets φ = 3^{(T−36)/10} of the Ba2002
/// channels, and φ_p = 3.55^{(T−24)/10} and φ_q = 3^{(T−24)/10} of `ICaT_HM1992`. Time is in ms.
///
/// ```text
/// dx/dt = φ (α_x (1 − x) − β_x x)    or    φ_x (x_∞ − x)/τ_x          for x = p, q;    exprel(x) = (eˣ − 1)/x
///
/// HH1952, w = V − V_sh       INa  α_p = 1/exprel(−(w−5)/10)      β_p = 4 e^{−(w+20)/18}
///                                 α_q = 0.07 e^{−(w+20)/20}      β_q = 1/(1 + e^{−(w−10)/10})
///                            IK   α_p = 0.1/exprel(−(w+10)/10)   β_p = 0.125 e^{−(w+20)/80}
/// TM1991, Ba2002             INa  α_p = 1.28/exprel(−(w−13)/4)   β_p = 1.4/exprel((w−40)/5)
///                                 α_q = 0.128 e^{−(w−17)/18}     β_q = 4/(1 + e^{−(w−40)/5})
///                            IK   α_p = 0.16/exprel(−(w−15)/5)   β_p = 0.5 e^{−(w−10)/40}
/// ICaT   p_∞ = 1/(1 + e^{−(w+59)/6.2})     τ_p = 0.612 + 1/(e^{−(w+132)/16.7} + e^{(w+16.8)/18.2})
///        q_∞ = 1/(1 + e^{(w+83)/4})        τ_q = e^{−(w+22)/10.5} + 28 for w ≥ −80, else e^{(w+467)/66.6}
/// Ih     p_∞ = 1/(1 + e^{(V+75)/5.5})      τ_p = 1/(e^{−0.086 V − 14.59} + e^{0.0701 V − 1.87})
/// ```
///
/// In brainpy the calcium channel takes E from the ion that it is put into; here it is a parameter,
/// with the default of brainpy's `CalciumFixed`. Its documentation gives −63 mV for `V_sh` of
/// `IK_TM1991`; its code has −60, and so has this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table above says what they are")]
#[non_exhaustive]
pub enum ChannelKind {
    INaHh1952,
    IKHh1952,
    INaTm1991,
    IKTm1991,
    IL,
    INaBa2002,
    IKdrBa2002,
    ICaTHm1992,
    IhHm1992,
}

/// A factor that depends on the temperature: which parameter, the logarithm of its base, and the
/// temperature at which it is 1.
type Factor = (usize, f64, f64);

const LN_3: f64 = 1.098_612_288_668_109_8;
const LN_3_55: f64 = 1.266_947_603_487_324_4;

const fn e(default: f64) -> Parameter {
    Parameter::new("E", default, "mV", Bound::Finite, "reversal potential")
}

const fn g_max(default: f64) -> Parameter {
    Parameter::new("g_max", default, "mS/cm²", Bound::NonNegative, "conductance where all gates are open")
}

/// Products of two rates must be neither zero nor infinite.
const fn phi(name: &'static str, default: f64) -> Parameter {
    Parameter::new(name, default, "", Bound::Between(1e-6, 1e6), "factor of the gates' rates")
}

const fn v_sh(default: f64) -> Parameter {
    Parameter::new("V_sh", default, "mV", Bound::Finite, "shift of the gates' rates along V")
}

impl ChannelKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::INaHh1952,
        Self::IKHh1952,
        Self::INaTm1991,
        Self::IKTm1991,
        Self::IL,
        Self::INaBa2002,
        Self::IKdrBa2002,
        Self::ICaTHm1992,
        Self::IhHm1992,
    ];

    /// Brainpy's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::INaHh1952 => "INa_HH1952",
            Self::IKHh1952 => "IK_HH1952",
            Self::INaTm1991 => "INa_TM1991",
            Self::IKTm1991 => "IK_TM1991",
            Self::IL => "IL",
            Self::INaBa2002 => "INa_Ba2002",
            Self::IKdrBa2002 => "IKDR_Ba2002",
            Self::ICaTHm1992 => "ICaT_HM1992",
            Self::IhHm1992 => "Ih_HM1992",
        }
    }

    /// The names of its gates.
    #[must_use]
    pub fn gates(self) -> &'static [&'static str] {
        match self {
            Self::INaHh1952 | Self::INaTm1991 | Self::INaBa2002 | Self::ICaTHm1992 => &["p", "q"],
            Self::IKHh1952 | Self::IKTm1991 | Self::IKdrBa2002 | Self::IhHm1992 => &["p"],
            Self::IL => &[],
        }
    }

    /// Its parameters, E and g_max first.
    #[must_use]
    pub fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::INaHh1952 => const { &[e(50.0), g_max(120.0), phi("phi", 1.0), v_sh(-45.0)] },
            Self::IKHh1952 => const { &[e(-90.0), g_max(10.0), phi("phi", 1.0), v_sh(-45.0)] },
            Self::INaTm1991 => const { &[e(50.0), g_max(120.0), phi("phi", 1.0), v_sh(-63.0)] },
            Self::IKTm1991 => const { &[e(-90.0), g_max(10.0), phi("phi", 1.0), v_sh(-60.0)] },
            Self::IL => const { &[e(-70.0), g_max(0.1)] },
            Self::INaBa2002 => const { &[e(50.0), g_max(90.0), phi("phi", 1.0), v_sh(-50.0)] },
            Self::IKdrBa2002 => const { &[e(-90.0), g_max(10.0), phi("phi", 1.0), v_sh(-50.0)] },
            Self::ICaTHm1992 => {
                const {
                    &[
                        e(120.0),
                        g_max(2.0),
                        phi("phi_p", 4.573_766_862_685_85),
                        phi("phi_q", 3.737_192_818_846_551_7),
                        v_sh(-3.0),
                    ]
                }
            }
            Self::IhHm1992 => const { &[e(43.0), g_max(10.0), phi("phi", 1.0)] },
        }
    }

    /// One line that says what it is.
    fn about(self) -> &'static str {
        match self {
            Self::INaHh1952 | Self::INaTm1991 | Self::INaBa2002 => "sodium current",
            Self::IKHh1952 | Self::IKTm1991 => "potassium current",
            Self::IL => "leak current",
            Self::IKdrBa2002 => "delayed rectifier potassium current",
            Self::ICaTHm1992 => "low-threshold calcium current",
            Self::IhHm1992 => "hyperpolarisation-activated cation current",
        }
    }

    /// Where its kinetics were published.
    fn source(self) -> Option<&'static str> {
        match self {
            Self::INaHh1952 | Self::IKHh1952 => Some("Hodgkin & Huxley, J. Physiol. 117, 1952, 500-544"),
            Self::INaTm1991 | Self::IKTm1991 => Some("Traub & Miles, Neuronal Networks of the Hippocampus, 1991"),
            Self::IL => None,
            Self::INaBa2002 | Self::IKdrBa2002 => Some("Bazhenov et al., J. Neurosci. 22, 2002, 8691-8704"),
            Self::ICaTHm1992 | Self::IhHm1992 => Some("Huguenard & McCormick, J. Neurophysiol. 68, 1992, 1373-1383"),
        }
    }

    /// What there is to know of it by name.
    #[must_use]
    pub fn info(self) -> ModelInfo {
        let mut all = ModelInfo::new(Family::Channel, self.name(), self.about());
        all.source = self.source();
        let about = |gate: &str| if gate == "p" { "activation gate" } else { "inactivation gate" };
        all.variables = self.gates().iter().map(|gate| Variable::fixed(gate, "", about(gate))).collect();
        all.parameters = self.parameters().to_vec();
        // It sets other parameters, and has no value of its own.
        all.options = info::optional(if self.has_temperature() { &["T"] } else { &[] });
        all
    }

    /// Whether `T`, °C, sets parameters of it.
    #[must_use]
    pub fn has_temperature(self) -> bool {
        !self.temperature().is_empty()
    }

    /// What depends on the temperature.
    pub(super) fn temperature(self) -> &'static [Factor] {
        match self {
            Self::INaBa2002 | Self::IKdrBa2002 => &[(2, LN_3, 36.0)],
            Self::ICaTHm1992 => &[(2, LN_3_55, 24.0), (3, LN_3, 24.0)],
            _ => &[],
        }
    }

    /// Calls a function of the kinetics of this kind.
    pub(crate) fn with<F: WithKinetics>(self, function: F) {
        match self {
            Self::INaHh1952 => function.call::<na_hh::NaHh, 2, { na_hh::Parameters::COUNT }>(),
            Self::IKHh1952 => function.call::<k_hh::KHh, 1, { k_hh::Parameters::COUNT }>(),
            Self::INaTm1991 | Self::INaBa2002 => function.call::<na_tm::NaTm, 2, { na_tm::Parameters::COUNT }>(),
            Self::IKTm1991 | Self::IKdrBa2002 => function.call::<k_tm::KTm, 1, { k_tm::Parameters::COUNT }>(),
            Self::IL => function.call::<leak::Leak, 0, { leak::Parameters::COUNT }>(),
            Self::ICaTHm1992 => function.call::<ca_t::CaT, 2, { ca_t::Parameters::COUNT }>(),
            Self::IhHm1992 => function.call::<h::H, 1, { h::Parameters::COUNT }>(),
        }
    }
}

impl Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for ChannelKind {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|k| k.name() == s)
            .ok_or_else(|| Error::unknown("channel", s, Self::ALL.map(Self::name)))
    }
}
