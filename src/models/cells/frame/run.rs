//! A cell over time: the products with the input for a stretch of steps at once, then step after step.

use super::{Kind, Part};
use crate::models::Activation;
use crate::numeric::gemm::{Order, Rows, product, product_in};
use crate::numeric::scalar::Scalar;
use crate::system::scan::{Scan, ScanDirection};

/// Elements of products with the input that are made at once: they stay in the second cache until they are used.
const STRETCH: usize = 1 << 15;
/// Fewest rows of them: so many share each weight that is loaded.
const ROWS: usize = 256;

/// What one step of some units of some rows works on. All of it is in the type arithmetic is done in.
pub struct Moment<'m, T: Scalar> {
    pub(in crate::models) part: &'m Part<T::Acc>,
    pub(in crate::models) activation: Activation,
    pub(in crate::models) rows: usize,
    /// In which order this step takes the weights.
    pub(super) order: Order,
    /// For each row the gates' products with the input and the bias; those with the state are added to it.
    pub(in crate::models) gates: &'m mut [T::Acc],
    /// The output, that is also the first part of the state.
    pub(in crate::models) h: &'m mut Rows<T::Acc>,
    /// The second part of the state.
    pub(in crate::models) c: &'m mut Rows<T::Acc>,
    /// For what a kind keeps within a step.
    pub(in crate::models) extra: &'m mut Rows<T::Acc>,
}

impl<T: Scalar> Moment<'_, T> {
    /// Adds h·Wh to the gates of this group.
    pub(in crate::models) fn add_h(&mut self, group: usize) {
        let gates = &mut self.gates[self.part.groups[group]..];
        product_in(self.order, self.h, self.rows, &self.part.wh[group], gates, self.part.width());
    }

    /// Adds extra·Wh to the gates of this group.
    pub(in crate::models) fn add_extra(&mut self, group: usize) {
        let gates = &mut self.gates[self.part.groups[group]..];
        product_in(self.order, self.extra, self.rows, &self.part.wh[group], gates, self.part.width());
    }

    /// extra ← bh + h·Wh for this group.
    pub(in crate::models) fn set_extra(&mut self, group: usize) {
        let (part, bias) = (self.part, &self.part.hidden_bias);
        let stride = self.extra.stride();
        let extra = self.extra.all_mut();
        for r in 0..self.rows {
            extra[r * stride..][..bias.len()].copy_from_slice(bias);
        }
        product_in(self.order, self.h, self.rows, &part.wh[group], extra, stride);
    }
}

/// A cell's state while it runs, for some rows.
struct Runner<'p, T: Scalar> {
    part: &'p Part<T::Acc>,
    activation: Activation,
    rows: usize,
    h: Rows<T::Acc>,
    c: Rows<T::Acc>,
    extra: Rows<T::Acc>,
    gates: Vec<T::Acc>,
    /// The state of rows that do not take a step.
    kept: Vec<T::Acc>,
}

impl<'p, T: Scalar> Runner<'p, T> {
    fn new<K: Kind>(part: &'p Part<T::Acc>, activation: Activation, state: &[T]) -> Self {
        let (hidden, states) = (part.hidden, K::STATES.len());
        let rows = state.len() / (hidden * states).max(1);
        let mut runner = Self {
            part,
            activation,
            rows,
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

    /// The products of these inputs, one row for each step and row.
    fn hoist(&mut self, x: &Rows<T::Acc>, rows: usize) {
        let (part, width) = (self.part, self.part.width());
        self.gates.clear();
        (0..rows).for_each(|_| self.gates.extend_from_slice(&part.bias));
        for (w, start) in part.wi.iter().zip(&part.groups) {
            product(x, rows, w, &mut self.gates[*start..], width);
        }
    }

    /// Step `k` of those that products were made for.
    fn step<K: Kind>(&mut self, k: usize) {
        let len = self.rows * self.part.width();
        K::step::<T>(&mut Moment {
            part: self.part,
            activation: self.activation,
            rows: self.rows,
            order: if k.is_multiple_of(2) { Order::There } else { Order::Back },
            gates: &mut self.gates[k * len..][..len],
            h: &mut self.h,
            c: &mut self.c,
            extra: &mut self.extra,
        });
    }

    /// As [`Runner::step`], of the rows that take it alone.
    fn step_some<K: Kind>(&mut self, k: usize, takes: impl Fn(usize) -> bool) {
        let idle = || (0..self.rows).filter(|r| !takes(*r));
        let (count, hidden) = (idle().count(), self.part.hidden);
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

    /// The state as the loop keeps it, and the output of the rows that have taken this step.
    fn store<K: Kind>(&self, state: &mut [T], y: &mut [T], way: ScanDirection, took: impl Fn(usize) -> bool) {
        let (hidden, states) = (self.part.hidden, K::STATES.len());
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

/// Elements as arithmetic wants them.
pub(crate) fn load<T: Scalar>(from: &[T], to: &mut [T::Acc]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = from.to_acc());
}

/// Elements as memory keeps them.
pub(crate) fn store<T: Scalar>(from: &[T::Acc], to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = T::from_acc(*from));
}

pub(super) fn step<T: Scalar, K: Kind>(part: &Part<T::Acc>, activation: Activation, x: &[T], state: &mut [T], y: &mut [T]) {
    let mut runner = Runner::<T>::new::<K>(part, activation, state);
    let features = x.len() / runner.rows.max(1);
    let mut inputs = Rows::new(runner.rows, features);
    x.chunks_exact(features.max(1)).zip(inputs.rows_mut(0)).for_each(|(from, to)| load(from, to));
    runner.hoist(&inputs, runner.rows);
    runner.step::<K>(0);
    runner.store::<K>(state, y, ScanDirection::alone(part.hidden), |_| true);
}

pub(super) fn scan<T: Scalar, K: Kind>(part: &Part<T::Acc>, activation: Activation, way: ScanDirection, scan: &mut Scan<'_, T>) {
    let (steps, lengths) = (scan.steps(), scan.lengths());
    let takes = |k: usize| move |r: usize| lengths.is_none_or(|all| all.get(r).is_some_and(|length| k < *length));
    let mut runner = Runner::<T>::new::<K>(part, activation, scan.state().var(0));
    let rows = runner.rows;
    if rows == 0 || steps.is_empty() {
        return;
    }
    let features = scan.input(0, steps.start).len() / rows;
    let stretch = (STRETCH / part.width().max(features)).max(ROWS).div_ceil(rows).min(steps.len());
    let mut inputs = Rows::new(stretch * rows, features);
    let stretches = steps.len().div_ceil(stretch);
    for s in 0..stretches {
        let from = steps.start + stretch * if way.backwards { stretches - 1 - s } else { s };
        let some = from..steps.end.min(from + stretch);
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
