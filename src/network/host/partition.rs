//! The partition of neurons among workers, and the exchange of their spikes. No other module
//! depends on the number of workers.

use crate::network::plan::{GroupPlan, WORD};
use crate::system::state::State;
use std::ops::Range;

/// One of the workers that run a network together. Each has a state of the whole network, in which
/// only its own neurons are up to date.
///
/// A worker steps the neurons that it owns, and delivers spikes to them. From the other workers it
/// needs only their spikes, and these only after the network's shortest delay. So
/// [`SpikeExchange::swap`] is called once in that number of steps, between the neurons' step and
/// the delivery, with the masks of the steps since the last call. It writes the words of the other
/// workers and sends its own. All workers call it in the same steps, so that it may wait for them.
pub(crate) trait SpikeExchange<T> {
    /// Returns the neurons of group number `group`, of `units` neurons, that this worker steps.
    /// Both ends are multiples of 16, except at the end of the group.
    fn owned(&self, group: usize, units: usize) -> Range<usize>;

    /// Exchanges words, so that the masks are complete.
    fn swap(&mut self, masks: SpikeMasks<'_, '_, T>);
}

/// The spikes of a range of steps.
pub(crate) struct SpikeMasks<'m, 's, T> {
    pub(super) groups: &'m [GroupPlan],
    pub(super) state: &'m mut State<'s, T>,
    pub(super) rows: usize,
    /// The steps.
    pub(super) steps: Range<u64>,
}

/// One worker that owns everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SingleWorker;

impl<T> SpikeExchange<T> for SingleWorker {
    fn owned(&self, _: usize, units: usize) -> Range<usize> {
        0..units
    }

    fn swap(&mut self, _: SpikeMasks<'_, '_, T>) {}
}

#[cfg_attr(not(test), allow(dead_code, reason = "a single worker needs none of it"))]
impl<T> SpikeMasks<'_, '_, T> {
    /// Group, batch row and step of all masks, in the order in which workers send them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, usize, u64)> + use<T> {
        let (rows, steps) = (self.rows, self.steps.clone());
        (0..self.groups.len()).flat_map(move |g| {
            let steps = steps.clone();
            (0..rows).flat_map(move |row| steps.clone().map(move |step| (g, row, step)))
        })
    }

    /// The words of one mask for these neurons.
    pub(crate) fn mask(&mut self, (group, row, step): (usize, usize, u64), units: &Range<usize>) -> &mut [T] {
        let plan = &self.groups[group];
        let first = plan.slot(row, step);
        &mut self.state.var_mut(plan.spike_ring)[first..][units.start / WORD..units.end.div_ceil(WORD)]
    }

    /// The number of neurons of a group.
    pub(crate) fn units(&self, group: usize) -> usize {
        self.groups[group].units
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectivity::Connect;
    use crate::init::Init;
    use crate::models::Lif;
    use crate::network::host::arrivals::Arrivals;
    use crate::network::host::run::Run;
    use crate::network::{Group, Network, Projection, Receptor, Stdp};
    use crate::numeric::team::Team;
    use crate::system::clock::Clock;
    use crate::system::state::Layout;
    use crate::system::{Inputs, Shared, System};
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// One of two threads that own half of each group.
    struct Half {
        second: bool,
        to: Sender<Vec<f64>>,
        from: Receiver<Vec<f64>>,
        calls: usize,
    }

    fn half(second: bool, units: usize) -> Range<usize> {
        let cut = (units / 2).next_multiple_of(WORD).min(units);
        if second { cut..units } else { 0..cut }
    }

    impl SpikeExchange<f64> for Half {
        fn owned(&self, _: usize, units: usize) -> Range<usize> {
            half(self.second, units)
        }

        fn swap(&mut self, mut masks: SpikeMasks<'_, '_, f64>) {
            self.calls += 1;
            for id in masks.all() {
                let units = masks.units(id.0);
                self.to.send(masks.mask(id, &half(self.second, units)).to_vec()).unwrap();
            }
            for id in masks.all() {
                let units = masks.units(id.0);
                masks.mask(id, &half(!self.second, units)).copy_from_slice(&self.from.recv().unwrap());
            }
        }
    }

    fn network(shortest: f64, plastic: bool) -> Network<f64> {
        let group = |name: &str, n| {
            let lif = Lif::<f64>::new(n).v(Init::uniform(0.0, 19.0)).param("tau_ref", 1.0).unwrap();
            let group =
                Group::new(name, lif).receptor(Receptor::exponential("s", 5.0)).receptor(Receptor::delta("kick", "V"));
            group.current(40.0).noise(1.0).poisson("kick", 500.0, 0.3)
        };
        let project =
            |name: &str, from: &str, to: &str| Projection::new(name, from, (to, "s")).connect(Connect::FixedProb(0.3));
        let ab = project("AB", "A", "B").weight(Init::uniform(0.0, 2.0)).delay(shortest);
        let own = |delay: f64| if plastic { Init::Constant(delay) } else { Init::uniform(delay, delay + 0.3) };
        let kick = Projection::new("kick", "B", ("A", 20..61, "kick")).connect(Connect::FixedProb(0.1));
        Network::builder(0.1)
            .group(group("A", 70))
            .group(group("B", 33))
            .project(project("AA", "A", "A").weight(Init::uniform(-1.0, 1.0)).delay(own(shortest + 0.4)))
            .project(if plastic { ab.weight(2.0).stdp(Stdp::new(2.5)) } else { ab.delay(own(shortest)) })
            .project(project("BA", "B", "A").weight(-2.0).delay(Init::uniform(shortest, 2.0)))
            .project(kick.weight(3.0).delay(Init::uniform(shortest + 0.1, 1.0)))
            .build()
            .unwrap()
    }

    const STEPS: u64 = 120;

    /// The variables after all steps, and the numbers of spikes in each.
    fn run(network: &Network<f64>, exchange: &mut dyn SpikeExchange<f64>, rows: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
        let layout = Layout::new(&network.schema(), rows).unwrap();
        let (mut arena, shared) = (vec![0.0; layout.len], Shared::new(3));
        let mut state = State::new(layout.split(&mut arena), 0, 2);
        network.init(&shared, &mut state);
        let team = Team::alone();
        let mut run = Run::new(network, exchange, &team, rows, 0, shared.seed);
        let mut spikes = Vec::new();
        for k in 0..STEPS {
            let mut y = vec![0.0; 2 * rows];
            let at = Clock::new(0, 0.0, 0.1).unwrap().tick(k, &shared);
            run.step(at, &Inputs::new(&[]), &mut state, &mut y);
            spikes.extend(y);
        }
        (state.into_vars().into_iter().map(|v| v.to_vec()).collect(), spikes)
    }

    /// Blocks add the arrivals of a single row themselves; those of several rows arrive after all neurons.
    #[test]
    fn the_first_of_two_rows_equals_a_single_row() {
        for shortest in [0.1, 0.7] {
            let network = network(shortest, false);
            for (rows, by_blocks) in [(1, true), (2, false)] {
                assert_eq!(Arrivals::new(&network.plan, rows, 0, 3).by_group.is_some(), by_blocks);
            }
            let (single, spikes) = run(&network, &mut SingleWorker, 1);
            let (both, _) = run(&network, &mut SingleWorker, 2);
            assert!(spikes.iter().sum::<f64>() > 100.0);
            for (single, both) in single.iter().zip(&both) {
                assert_eq!(single[..], both[..single.len()], "shortest delay {shortest}");
            }
        }
    }

    #[test]
    fn two_workers_that_exchange_spikes_equal_one() {
        let cases = [(0.0, 120), (0.1, 120), (0.7, 17)].map(|case| [(case, 2, true), (case, 1, false)]);
        for ((shortest, calls), rows, plastic) in cases.into_iter().flatten() {
            let network = network(shortest, plastic);
            let (whole, spikes) = run(&network, &mut SingleWorker, rows);
            assert!(spikes.iter().sum::<f64>() > 100.0);
            let ((to_b, from_a), (to_a, from_b)) = (channel(), channel());
            let mut a = Half { second: false, to: to_b, from: from_b, calls: 0 };
            let mut b = Half { second: true, to: to_a, from: from_a, calls: 0 };
            let (of_a, of_b) = std::thread::scope(|scope| {
                let first = scope.spawn(|| run(&network, &mut a, rows));
                let second = run(&network, &mut b, rows);
                (first.join().unwrap(), second)
            });
            assert_eq!((a.calls, b.calls), (calls, calls));
            let together: Vec<f64> = of_a.1.iter().zip(&of_b.1).map(|(a, b)| a + b).collect();
            assert_eq!(together, spikes);
            for plan in &network.plan.groups {
                for var in plan.vars.start..plan.spike_ring {
                    for row in 0..rows {
                        for (vars, second) in [(&of_a.0, false), (&of_b.0, true)] {
                            let own = half(second, plan.units);
                            let own = row * plan.units + own.start..row * plan.units + own.end;
                            assert_eq!(
                                vars[var][own.clone()],
                                whole[var][own],
                                "variable {var}, row {row}, shortest delay {shortest}"
                            );
                        }
                    }
                }
            }
        }
    }
}
