//! The kinetics of a channel: the rates of its gates and its open fraction.

use crate::numeric::arithmetic::Arithmetic;

/// The index of the reversal potential among the parameters of every channel.
pub(crate) const E: usize = 0;
/// The index of the conductance with all gates open.
pub(crate) const G_MAX: usize = 1;

/// `G` gates, `P` parameters, the first two of which are E and g_max.
pub(crate) trait Kinetics<const G: usize, const P: usize> {
    /// The names of the parameters.
    const NAMES: [&'static str; P];
    /// The parameters of one neuron's channels by name, which `names!` declares.
    type Parameters<R: Arithmetic>: From<[R; P]>;

    /// (a, s) of each gate at potential `v`, mV: dx/dt = a − s·x, 1/ms.
    fn rates<R: Arithmetic>(v: R, p: &Self::Parameters<R>) -> [(R, R); G];

    /// The part of g_max that is open.
    fn open<R: Arithmetic>(x: [R; G]) -> R;
}

/// A function of the kinetics of a channel, which `ChannelKind::with` calls for the kinetics of its
/// kind.
pub(crate) trait WithKinetics {
    fn call<K: Kinetics<G, P>, const G: usize, const P: usize>(self);
}

/// Declares the struct `Parameters` of a channel: the names of its parameters, in the order of its
/// kinds and of its kernel.
macro_rules! names {
    ($($field:ident)*) => {
        /// The parameters of one neuron's channels.
        #[allow(dead_code, reason = "the gates need not use all of them")]
        pub(crate) struct Parameters<R> {
            $($field: R,)*
        }

        #[allow(dead_code, reason = "a test compares the names with the kinds and the kernels")]
        impl Parameters<()> {
            /// The number of parameters.
            pub(crate) const COUNT: usize = [$(stringify!($field)),*].len();
            /// The names of the parameters.
            const NAMES: [&'static str; Self::COUNT] = [$(stringify!($field)),*];
        }

        impl<R> From<[R; Parameters::COUNT]> for Parameters<R> {
            #[inline(always)]
            fn from(all: [R; Parameters::COUNT]) -> Self {
                let [$($field),*] = all;
                Self { $($field),* }
            }
        }
    };
}
pub(super) use names;

/// The maximum of a rate, far from the usual potentials. The product of two rates must not
/// overflow, and a gate with this rate follows V at once.
pub(super) const MOST: f64 = 1e12;

/// e^{−z}, at most [`MOST`].
#[inline(always)]
pub(super) fn bounded<R: Arithmetic>(z: R) -> R {
    R::of(MOST).min(crate::numeric::math::exp_neg(z))
}
