//! Converts a group of a specification to one of the library.

use super::{Neurons, channels};
use crate::arrays::Arrays;
use crate::error::spec;
use crate::{Error, Loaded, Result, Value};
use ndarray::ArrayD;
use overtime::models::{self, Bound, Method, NeuronGroup, Param, Reset, WhiteNoise};
use overtime::{Equations, Init, Number, Real};

/// The input of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Current,
    /// A current and a conductance.
    Conductance,
}

/// A group of neurons without a network. Noise is the model's own, if the model has some.
pub(crate) fn neurons<R: Real>(group: &Neurons, arrays: &Arrays, seed: u64) -> Result<Loaded<R>> {
    let mut made = of_network::<R>(group, Values { arrays, prefix: "", seed }, Port::Current)?;
    match group.noise {
        Some(sigma) if group.info()?.takes("noise") => made.set_noise(sigma)?,
        Some(sigma) => return Ok(Box::new(WhiteNoise::new(made, sigma))),
        None => {}
    }
    Ok(made)
}

/// The values of a group: arrays, whose names begin with a prefix, and the seed of random numbers.
#[derive(Clone, Copy)]
pub(crate) struct Values<'v> {
    pub(crate) arrays: &'v Arrays,
    pub(crate) prefix: &'v str,
    pub(crate) seed: u64,
}

impl Values<'_> {
    /// The parameter `name` of `units` neurons.
    pub(super) fn param<R: Real>(self, name: &str, value: &Value, units: u64) -> Result<Param<R>> {
        let name = format!("{}{name}", self.prefix);
        let Value::Random(bounded) = value else { return param(&name, value, self.arrays) };
        let units = size(units, "size")?;
        let label = format!("the values of `{name}`");
        let mut values = overtime::memory::collect(&label, std::iter::repeat_n(R::of(0.0), units))?;
        Init::Random(*bounded).fill(&mut values, &[units], &name, self.seed)?;
        Ok(Param::Each(values))
    }
}

/// A group of a network. The network adds noise to the group's current.
pub(crate) fn of_network<R: Real>(group: &Neurons, values: Values<'_>, port: Port) -> Result<Box<dyn NeuronGroup<R>>> {
    let Values { arrays, prefix, .. } = values;
    let info = group.info()?;
    let mut made: Box<dyn NeuronGroup<R>> = match &group.equations {
        Some(equations) => {
            let mut model = Equations::new(&equations.text)?.units(size(group.size, "size")?);
            // Parameters of equations are f64 in a run of any element type.
            for (name, value) in &group.parameters {
                model = model.param(name, values.param::<f64>(&format!("parameters.{name}"), value, group.size)?)?;
            }
            Box::new(model)
        }
        None => models::neurons::<R>(&group.kind, size(group.size, "size")?)?,
    };
    if let Some(method) = &group.method {
        made.set_method(method.parse::<Method>()?)?;
    }
    if group.soft {
        made.set_reset(Reset::Soft)?;
    }
    if info.name == "SpikeTimeGroup" {
        spikes(&mut *made, group, arrays, prefix)?;
    } else if group.equations.is_none() {
        for (name, value) in &group.parameters {
            if let (Some(Bound::Time), Value::Number(time)) = (info.parameter(name).map(|p| p.bound), value) {
                made.set_time(name, *time)?;
                continue;
            }
            made.set_param(name, values.param::<R>(&format!("parameters.{name}"), value, group.size)?)?;
        }
    }
    for (name, value) in &group.initial {
        let init: Init = arrays.init(&format!("{prefix}initial.{name}"), value)?;
        made.set_init(name, init)?;
    }
    channels::add(&mut *made, group, values)?;
    // If a model takes no conductance, the network's error names the receptor that needs it.
    if port == Port::Conductance && info.input("g").is_some() {
        made.add_conductance()?;
    }
    Ok(made)
}

/// Sets the spikes of a group with given times.
fn spikes<R: Real>(made: &mut dyn NeuronGroup<R>, group: &Neurons, arrays: &Arrays, prefix: &str) -> Result<()> {
    let list = |name: &str| -> Result<Vec<f64>> {
        match group.parameters.iter().find(|(known, _)| known == name) {
            Some((_, Value::File { .. } | Value::Sequence { .. })) => {
                Ok(arrays.get(&format!("{prefix}parameters.{name}"))?.iter().copied().collect())
            }
            _ => Err(spec(format!("a SpikeTimeGroup needs `{name}`, a sequence or an array from a file"))),
        }
    };
    let whole = |x: &f64| {
        let fits = x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(x);
        if fits {
            Ok(*x as usize)
        } else {
            Err(spec(format!("{prefix}parameters.indices: {} is not the number of a unit", Number(*x))))
        }
    };
    let indices = list("indices")?.iter().map(whole).collect::<Result<Vec<usize>>>()?;
    Ok(made.set_spikes(&indices, &list("times")?)?)
}

/// A number, or the array of this name.
pub(crate) fn param<R: Real>(name: &str, value: &Value, arrays: &Arrays) -> Result<Param<R>> {
    let each = |array: &ArrayD<f64>| -> Result<Param<R>> {
        Ok(match (array.ndim(), array.iter().next()) {
            (0, Some(x)) => Param::from(*x),
            _ => Param::Each(overtime::memory::collect(
                &format!("the values of `{name}`"),
                array.iter().map(|x| R::of(*x)),
            )?),
        })
    };
    match value {
        Value::Number(x) => Ok(Param::from(*x)),
        Value::File { .. } | Value::Sequence { .. } => arrays.get(name).and_then(each),
        _ => Err(spec(format!("`{name}` must be a number, a sequence such as linspace, or an array from a file"))),
    }
}

/// A length in the type of this machine.
pub(crate) fn size(n: u64, what: &str) -> std::result::Result<usize, Error> {
    usize::try_from(n).map_err(|_| spec(format!("{what}: {n} is more than can be addressed")))
}
