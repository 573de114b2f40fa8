//! A network as a device is told of it.

use super::Network;
use super::describe::receptor::membrane;
use super::host::stdp::Rule;
use super::plan::{Acts, Link, Pool};
use super::postsynaptic::Course;
use super::presynaptic::Terminal;
use crate::numeric::scalar::Real;
use crate::system::program::{Body, Program, network};

impl<T: Real> Network<T> {
    /// Nothing if a model has no program, or one that is not pointwise.
    pub(super) fn to_program(&self, dt: f64) -> Option<Program> {
        let plastic = |g: usize| self.links.iter().any(|link| link.plastic.is_some() && (link.from == g || link.to == g));
        let groups = self.pools.iter().enumerate().map(|(g, pool)| group(pool, dt, plastic(g))).collect::<Option<_>>()?;
        let projections = self.links.iter().map(|link| projection(link, &self.pools[link.from], dt)).collect();
        Some(Program { body: Body::Network(network::Network { groups, projections }) })
    }
}

fn value<T: Real>(x: T) -> network::Value {
    let mut value = network::Value::default();
    value[..size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&x));
    value
}

fn group<T: Real>(pool: &Pool<T>, dt: f64, plastic: bool) -> Option<network::Group> {
    let Body::Pointwise(source) = pool.model.program(dt)?.body else { return None };
    let receptors: Vec<_> = (pool.receptors.iter())
        .map(|felt| match felt.acts {
            Acts::Course(Course { decay, rise, reversal, block }) => network::Receptor::Course {
                decay: value(decay),
                reversal: reversal.map(value),
                rise: rise.map(|rise| [rise.decay, rise.gain].map(value)),
                block: block.map(|b| network::Block { scale: value(b.scale), alpha: value(b.alpha) }),
            },
            Acts::Delta => {
                network::Receptor::Delta { var: felt.var - pool.vars.start, held_by: felt.held_by.map(|counter| counter - pool.vars.start) }
            }
            Acts::Gap => network::Receptor::Gap,
        })
        .collect();
    let coba = pool.receptors.iter().any(|felt| felt.acts.is_conductance());
    let current = u32::from(pool.conductance != Some(0) && pool.ports > 0);
    let rain = |rain: &super::plan::Rain<T>| network::Poisson {
        receptor: rain.receptor,
        weight: value(rain.weight),
        thresholds: rain.thresholds.clone(),
    };
    Some(network::Group {
        name: pool.name.clone(),
        source,
        units: pool.units,
        vars: pool.vars.start..pool.flight + 1,
        own: pool.vars.len(),
        terminals: pool.terminals.iter().map(|t| t.kinetics.names().len()).sum(),
        transmits: !pool.terminals.is_empty(),
        membrane: membrane(&pool.model.schema()).ok(),
        ports: pool.ports,
        conductance: pool.conductance,
        given: current | pool.conductance.filter(|_| coba).map_or(0, |port| 1 << port),
        receptors,
        slots: pool.slots,
        words: pool.words(),
        current: pool.current.as_ref().map(|current| bytemuck::cast_slice(current.values()).to_vec()),
        input: pool.input,
        noise: pool.noise.map(|sigma| value(T::of(sigma / dt.sqrt()))),
        poisson: pool.poisson.iter().map(rain).collect(),
        plastic,
    })
}

fn projection<T: Real>(link: &Link, from: &Pool<T>, dt: f64) -> network::Projection {
    network::Projection {
        recipe: link.recipe.clone(),
        from: link.from,
        to: link.to,
        receptor: link.receptor,
        delays: (*link.delays.start(), *link.delays.end()),
        quantum: value(T::of(link.quantum)),
        plastic: link.plastic.as_ref().map(|plastic| {
            let Rule { decay, steps, min, max } = Rule::<T>::of(plastic, dt);
            let values = [decay[0], decay[1], steps[0], steps[1], min, max, T::of(1.0 / plastic.quantum)].map(value);
            network::Plastic { var: plastic.var, synapses: plastic.synapses, columns: plastic.columns.clone(), values }
        }),
        terminal: link.terminal.map(|t| terminal::<T>(&from.terminals[t])),
    }
}

fn terminal<T: Real>(of: &Terminal) -> network::Terminal {
    network::Terminal { var: of.vars.start, law: of.kinetics.number(), constants: of.constants.map(|c| value(T::of(c))) }
}
