//! A cell over time. The products with the input are computed for a batch of steps at once, and
//! then the steps follow one by one.

use super::{Gates, PackedWeights};
use crate::models::Activation;
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::gemm::{Order, Rows, product_by};
use crate::numeric::scalar::Scalar;
use crate::numeric::team::Team;
use crate::system::scan::{Scan, ScanDirection};

/// The number of elements of products with the input that are computed at once. They stay in L2
/// until they are used.
const ELEMENTS: usize = 1 << 15;
/// The minimum number of rows of these products. The rows share each weight that is loaded.
const ROWS: usize = 64;
/// The same for a single batch row, whose steps leave more time between two products.
const SINGLE_ROWS: usize = 256;

/// The data of one step, for a range of units and of batch rows. All numbers have the type of
/// arithmetic.
pub struct CellStep<'m, T: Scalar> {
    pub(in crate::models) packed: &'m PackedWeights<T::Acc>,
    pub(in crate::models) activation: Activation,
    pub(in crate::models) rows: usize,
    /// The number of parts of the state.
    states: usize,
    /// The order in which this step reads the weights.
    pub(super) order: Order,
    /// The threads that share its products.
    team: &'m Team,
    /// For each row the bias and the gates' products with the input. The products with the state
    /// are added to them.
    pub(in crate::models) gates: &'m mut [T::Acc],
    /// The output, which is also the first part of the state.
    pub(in crate::models) h: &'m mut Rows<T::Acc>,
    /// The second part of the state.
    pub(in crate::models) c: &'m mut Rows<T::Acc>,
    /// The values that a kind of cell keeps within a step.
    pub(in crate::models) extra: &'m mut Rows<T::Acc>,
}

impl<T: Scalar> CellStep<'_, T> {
    /// The activation function of the cell.
    #[must_use]
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// Sets the state of each unit of each row to the result of `f`. The arguments of `f` are the
    /// gates of the unit, whose sums must be complete, and its old state, h and then c. `G` and `S`
    /// are the numbers of gates and of parts of the state. With other numbers the state becomes
    /// NaN, which ends the run.
    pub fn update<const G: usize, const S: usize>(&mut self, f: impl Fn([T::Acc; G], [T::Acc; S]) -> [T::Acc; S]) {
        self.update_with_extra(|gates, _, old| f(gates, old));
    }

    /// Sets the state as [`update`](Self::update) does. The second argument of `f` is the value
    /// that [`set_extra`](Self::set_extra) has computed for the unit.
    pub fn update_with_extra<const G: usize, const S: usize>(
        &mut self,
        f: impl Fn([T::Acc; G], T::Acc, [T::Acc; S]) -> [T::Acc; S],
    ) {
        let nan = T::Acc::of(f64::NAN);
        let first = self.packed.units.start;
        for (row, unit) in self.units() {
            let (at, gates) = (first + unit, self.gates_of(row, unit));
            let Some(gates) = gates.filter(|_| S == self.states) else {
                self.h.row_mut(row)[at] = nan;
                continue;
            };
            let old = std::array::from_fn(|part| if part == 0 { self.h.row(row)[at] } else { self.c.row(row)[at] });
            for (part, new) in f(gates, self.extra.row(row)[unit], old).into_iter().enumerate() {
                let state = if part == 0 { self.h.row_mut(row) } else { self.c.row_mut(row) };
                state[at] = T::from_acc(new).to_acc();
            }
        }
    }

    /// Keeps the result of `f` for each unit of each row, for [`add_extra`](Self::add_extra). The
    /// arguments of `f` are the gates of the unit, some of whose sums may be incomplete, and h. `G`
    /// is the number of gates. With another number the values are NaN.
    pub fn keep<const G: usize>(&mut self, f: impl Fn([T::Acc; G], T::Acc) -> T::Acc) {
        let nan = T::Acc::of(f64::NAN);
        let first = self.packed.units.start;
        for (row, unit) in self.units() {
            let at = first + unit;
            let kept = self.gates_of(row, unit).map_or(nan, |gates| f(gates, self.h.row(row)[at]));
            self.extra.row_mut(row)[at] = kept;
        }
    }

    /// All pairs of a row and a unit.
    fn units(&self) -> impl Iterator<Item = (usize, usize)> + use<T> {
        let (rows, units) = (self.rows, self.packed.units.len());
        (0..rows).flat_map(move |row| (0..units).map(move |unit| (row, unit)))
    }

    /// The gates of a unit, if there are `G`.
    fn gates_of<const G: usize>(&self, row: usize, unit: usize) -> Option<[T::Acc; G]> {
        let first = row * self.packed.width() + unit;
        (self.packed.gates.len() == G).then(|| std::array::from_fn(|gate| self.gates[first + self.packed.gates[gate]]))
    }

    /// Adds h·Wh to the gates of this group of [`Gates::GROUPS`](super::Gates::GROUPS). A group
    /// that does not exist adds nothing.
    pub fn add_h(&mut self, group: usize) {
        if group >= self.packed.groups.len() {
            return;
        }
        let gates = &mut self.gates[self.packed.groups[group]..];
        product_by(self.team, self.order, self.h, self.rows, &self.packed.wh[group], gates, self.packed.width());
    }

    /// Adds to the gates of this group the product of Wh and the values of [`keep`](Self::keep).
    pub fn add_extra(&mut self, group: usize) {
        if group >= self.packed.groups.len() {
            return;
        }
        let gates = &mut self.gates[self.packed.groups[group]..];
        product_by(self.team, self.order, self.extra, self.rows, &self.packed.wh[group], gates, self.packed.width());
    }

    /// Computes bh + h·Wh of this group, for [`update_with_extra`](Self::update_with_extra).
    pub fn set_extra(&mut self, group: usize) {
        if group >= self.packed.groups.len() {
            return;
        }
        let (packed, bias) = (self.packed, &self.packed.hidden_bias);
        let stride = self.extra.stride();
        let extra = self.extra.all_mut();
        for r in 0..self.rows {
            extra[r * stride..][..bias.len()].copy_from_slice(bias);
        }
        product_by(self.team, self.order, self.h, self.rows, &packed.wh[group], extra, stride);
    }
}

/// The state of a cell during a run, for some batch rows.
struct Runner<'p, T: Scalar> {
    packed: &'p PackedWeights<T::Acc>,
    activation: Activation,
    rows: usize,
    team: &'p Team,
    h: Rows<T::Acc>,
    c: Rows<T::Acc>,
    extra: Rows<T::Acc>,
    gates: Vec<T::Acc>,
    /// The state of rows that do not take a step.
    kept: Vec<T::Acc>,
}

impl<'p, T: Scalar> Runner<'p, T> {
    fn new<K: Gates>(packed: &'p PackedWeights<T::Acc>, activation: Activation, team: &'p Team, state: &[T]) -> Self {
        let (hidden, states) = (packed.hidden, K::STATES.len());
        let rows = state.len() / (hidden * states).max(1);
        let mut runner = Self {
            packed,
            activation,
            rows,
            team,
            h: Rows::new(rows, hidden),
            c: Rows::new(if states > 1 { rows } else { 0 }, hidden),
            extra: Rows::new(rows, hidden),
            gates: Vec::new(),
            kept: Vec::new(),
        };
        for (r, row) in state.chunks_exact((hidden * states).max(1)).enumerate() {
            load(&row[..hidden], runner.h.row_mut(r));
            if states > 1 {
                load(&row[hidden..], runner.c.row_mut(r));
            }
        }
        runner
    }

    /// Computes the products with these inputs. There is one row for each step and batch row.
    fn hoist(&mut self, x: &Rows<T::Acc>, rows: usize) {
        let (packed, width) = (self.packed, self.packed.width());
        self.gates.clear();
        (0..rows).for_each(|_| self.gates.extend_from_slice(&packed.bias));
        for (w, start) in packed.wi.iter().zip(&packed.groups) {
            product_by(self.team, Order::There, x, rows, w, &mut self.gates[*start..], width);
        }
    }

    /// Makes step `k` of the batch of steps for which `hoist` has computed products.
    fn step<K: Gates>(&mut self, k: usize) {
        let len = self.rows * self.packed.width();
        K::step::<T>(&mut CellStep {
            packed: self.packed,
            activation: self.activation,
            rows: self.rows,
            states: K::STATES.len(),
            order: if k.is_multiple_of(2) { Order::There } else { Order::Back },
            team: self.team,
            gates: &mut self.gates[k * len..][..len],
            h: &mut self.h,
            c: &mut self.c,
            extra: &mut self.extra,
        });
    }

    /// Makes a step as [`Runner::step`] does, but only for the rows for which `takes` is true.
    fn step_some<K: Gates>(&mut self, k: usize, takes: impl Fn(usize) -> bool) {
        let idle = || (0..self.rows).filter(|r| !takes(*r));
        let (count, hidden) = (idle().count(), self.packed.hidden);
        if count == self.rows {
            return;
        }
        let mut kept = std::mem::take(&mut self.kept);
        kept.clear();
        for r in idle() {
            kept.extend_from_slice(self.h.row(r));
            if K::STATES.len() > 1 {
                kept.extend_from_slice(self.c.row(r));
            }
        }
        let back: Vec<usize> = idle().collect();
        self.step::<K>(k);
        for (r, kept) in back.into_iter().zip(kept.chunks_exact((hidden * K::STATES.len()).max(1))) {
            let (h, c) = kept.split_at(hidden);
            self.h.row_mut(r).copy_from_slice(h);
            if K::STATES.len() > 1 {
                self.c.row_mut(r).copy_from_slice(c);
            }
        }
        self.kept = kept;
    }

    /// Stores the state in the type of the loop, and the output of the rows for which `took` is
    /// true. The output of other rows is 0.
    fn store<K: Gates>(&self, state: &mut [T], y: &mut [T], way: ScanDirection, took: impl Fn(usize) -> bool) {
        let (hidden, states) = (self.packed.hidden, K::STATES.len());
        let rows = state.chunks_exact_mut((hidden * states).max(1)).zip(y.chunks_exact_mut(way.width.max(1)));
        for (r, (state, y)) in rows.enumerate() {
            let (h, c) = state.split_at_mut(hidden);
            store(self.h.row(r), h);
            let y = &mut y[way.column..][..hidden];
            if took(r) {
                y.copy_from_slice(h);
            } else {
                y.fill(T::zeroed());
            }
            if states > 1 {
                store(self.c.row(r), c);
            }
        }
    }
}

/// Converts elements to the type of arithmetic.
pub(crate) fn load<T: Scalar>(from: &[T], to: &mut [T::Acc]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_acc());
}

/// Converts elements to the type in memory.
pub(crate) fn store<T: Scalar>(from: &[T::Acc], to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = T::from_acc(*from));
}

pub(super) fn step<T: Scalar, K: Gates>(
    packed: &PackedWeights<T::Acc>,
    activation: Activation,
    x: &[T],
    state: &mut [T],
    y: &mut [T],
) {
    let team = Team::alone();
    let mut runner = Runner::<T>::new::<K>(packed, activation, &team, state);
    let features = x.len() / runner.rows.max(1);
    let mut inputs = Rows::new(runner.rows, features);
    x.chunks_exact(features.max(1)).zip(inputs.rows_mut(0)).for_each(|(from, to)| load(from, to));
    runner.hoist(&inputs, runner.rows);
    runner.step::<K>(0);
    runner.store::<K>(state, y, ScanDirection::alone(packed.hidden), |_| true);
}

pub(super) fn scan<T: Scalar, K: Gates>(
    packed: &PackedWeights<T::Acc>,
    activation: Activation,
    way: ScanDirection,
    scan: &mut Scan<'_, T>,
) {
    let (steps, lengths) = (scan.steps(), scan.lengths());
    let takes = |k: usize| move |r: usize| lengths.is_none_or(|all| all.get(r).is_some_and(|length| k < *length));
    let team = scan.team();
    let mut runner = Runner::<T>::new::<K>(packed, activation, team, scan.state().var(0));
    let rows = runner.rows;
    if rows == 0 || steps.is_empty() {
        return;
    }
    let features = scan.input(0, steps.start).len() / rows;
    let least = if rows == 1 { SINGLE_ROWS } else { ROWS };
    let batch = (ELEMENTS / packed.width().max(features)).max(least).div_ceil(rows).min(steps.len());
    let mut inputs = Rows::new(batch * rows, features);
    let batches = steps.len().div_ceil(batch);
    for s in 0..batches {
        let from = steps.start + batch * if way.backwards { batches - 1 - s } else { s };
        let some = from..steps.end.min(from + batch);
        for k in some.clone() {
            let x = scan.input(0, k).chunks_exact(features.max(1));
            x.zip(inputs.rows_mut((k - from) * rows)).for_each(|(from, to)| load(from, to));
        }
        runner.hoist(&inputs, some.len() * rows);
        for n in 0..some.len() {
            let k = if way.backwards { some.end - 1 - n } else { from + n };
            if lengths.is_some() {
                runner.step_some::<K>(k - from, takes(k));
            } else {
                runner.step::<K>(k - from);
            }
            let (_, _, state, y) = scan.at(k);
            runner.store::<K>(state.var_mut(0), y, way, takes(k));
            scan.record(k);
        }
    }
}
