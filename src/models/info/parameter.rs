//! The declaration of a parameter of a model: name, default, unit, bound and meaning.

use crate::error::Result;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use std::borrow::Cow;

/// A parameter of a model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// The name.
    pub name: Cow<'static, str>,
    /// The default value.
    pub default: f64,
    /// The unit of the value; empty if it has none.
    pub unit: Cow<'static, str>,
    /// The accepted values.
    pub bound: Bound,
    /// The meaning, in a few words.
    pub about: Cow<'static, str>,
}

/// The accepted values of a parameter. A value that is not finite is never accepted, but for the
/// default of [`Bound::Time`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bound {
    /// Any number.
    Finite,
    /// A number above 0.
    Positive,
    /// 0, or a number above 0.
    NonNegative,
    /// A number from the first to the second, both included.
    Between(f64, f64),
    /// A time of the run in `f64`, one for all units, which
    /// [`NeuronGroup::set_time`](crate::models::NeuronGroup::set_time) sets. The default is
    /// infinite: the run has no such time.
    Time,
}

impl Parameter {
    /// A parameter; [`parameters!`](crate::parameters) declares a table of them.
    #[must_use]
    pub const fn new(name: &'static str, default: f64, unit: &'static str, bound: Bound, about: &'static str) -> Self {
        let [name, unit, about] = [Cow::Borrowed(name), Cow::Borrowed(unit), Cow::Borrowed(about)];
        Self { name, default, unit, bound, about }
    }

    /// Checks the values of the parameter for `units` units. `label` names the parameter in an
    /// error.
    ///
    /// # Errors
    /// If there are values for another number of units, or if a value is not finite or out of
    /// bounds.
    pub fn check<R: Real>(&self, label: &str, param: &Param<R>, units: usize) -> Result<()> {
        let zero = R::of(0.0);
        match self.bound {
            Bound::Time if param.values().iter().all(|x| x.to_f64() == self.default) => Ok(()),
            Bound::Finite | Bound::Time => param.check(label, units, |_| true, ""),
            Bound::Positive => param.check(label, units, |x| x > zero, "is not positive"),
            Bound::NonNegative => param.check(label, units, |x| x >= zero, "is negative"),
            Bound::Between(low, high) => {
                let must = format!("is not between {low:e} and {high:e}");
                param.check(label, units, |x| x >= R::of(low) && x <= R::of(high), &must)
            }
        }
    }
}

/// Checks the parameters of `units` units against their table.
pub(crate) fn check_all<'a, R: Real>(
    table: &[Parameter],
    params: impl IntoIterator<Item = &'a Param<R>>,
    units: usize,
) -> Result<()> {
    table.iter().zip(params).try_for_each(|(parameter, param)| parameter.check(&parameter.name, param, units))
}

/// The parameter of this name.
pub(crate) fn named<'a, R, const N: usize>(
    table: &[Parameter; N],
    params: [&'a mut Param<R>; N],
    name: &str,
) -> Result<&'a mut Param<R>> {
    match table.iter().zip(params).find(|(parameter, _)| parameter.name == name) {
        Some((_, param)) => Ok(param),
        None => {
            Err(crate::error::Error::unknown("parameter", name, table.each_ref().map(|parameter| &*parameter.name)))
        }
    }
}

/// Declares the parameters of a model. The macro makes a struct with a field for each parameter,
/// and a table of names, defaults, units, bounds and meanings.
///
/// ```
/// overtime::parameters! {
///     /// The parameters of a leaky neuron.
///     pub struct Parameters {
///         v_th: "V_th" = -50.0, "mV", Finite, "threshold";
///         tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
///     }
/// }
/// let p = Parameters::from(Parameters::TABLE.map(|parameter| parameter.default));
/// assert_eq!((p.tau, Parameters::COUNT), (10.0, 2));
/// assert_eq!(Parameters::TABLE[1].name, "tau");
/// ```
///
/// A line is `field: "name" = default, "unit", bound, "meaning";`. The bound is a variant of
/// [`Bound`](crate::models::Bound). The struct is generic over the type of its fields. `From`
/// converts an array in the order of the lines to the struct. `COUNT`, `TABLE` and `FIELDS` are
/// constants of the struct.
#[macro_export]
macro_rules! parameters {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($field:ident: $shown:literal = $default:expr, $unit:literal, $bound:ident $(($($limit:expr),*))?, $about:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $name<P> {
            $(#[doc = concat!("`", $shown, "`: ", $about, ".")] $vis $field: P,)*
        }

        #[allow(dead_code, reason = "a model need not use all of them")]
        impl $name<()> {
            /// The number of parameters.
            $vis const COUNT: usize = { [$($shown),*].len() };
            /// The names of the fields.
            $vis const FIELDS: [&'static str; Self::COUNT] = [$(stringify!($field)),*];
            /// The parameters, in the order of the fields.
            $vis const TABLE: [$crate::models::Parameter; Self::COUNT] = [$($crate::models::Parameter::new(
                $shown, $default, $unit, $crate::models::Bound::$bound $(($($limit),*))?, $about,
            )),*];
        }

        #[allow(dead_code, reason = "a model need not use all of them")]
        impl<P> $name<P> {
            /// The fields, in order.
            $vis fn all(&self) -> [&P; $name::COUNT] {
                [$(&self.$field),*]
            }

            /// Mutable references to the fields, in order.
            $vis fn all_mut(&mut self) -> [&mut P; $name::COUNT] {
                [$(&mut self.$field),*]
            }
        }

        impl<P> From<[P; $name::COUNT]> for $name<P> {
            #[inline(always)]
            fn from(all: [P; $name::COUNT]) -> Self {
                let [$($field),*] = all;
                Self { $($field),* }
            }
        }
    };
}
