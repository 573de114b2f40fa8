//! Recurrent layers as a system. Each layer makes a batch of steps in its directions before the
//! next layer starts.

use super::kinds::Layered;
use super::{MOST, Recurrent};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::system::program::{LayerProgram, Program, ProgramBody};
use crate::system::scan::{Scan, ScanDirection};
use crate::system::sequential::BETWEEN;
use crate::system::state::{State, StatePart};
use crate::system::torch::Module;
use crate::system::{Coupling, Inputs, Schema, Shared, System, Tick, Weight, WeightMut};

impl<T: Scalar, K: Layered> Recurrent<T, K> {
    /// The state of cell `n` in a block whose first row is `first`.
    fn part(&self, n: usize, first: usize) -> StatePart {
        StatePart { index: n, vars: n..n + 1, units: self.hidden, first }
    }

    fn way(&self, n: usize) -> ScanDirection {
        let direction = n % self.directions;
        ScanDirection { backwards: direction == 1, column: direction * self.hidden, width: self.width() }
    }
}

impl<T: Scalar, K: Layered> System<T> for Recurrent<T, K> {
    fn schema(&self) -> Schema {
        let mut schema = Schema::row([self.num_in], [self.width()]);
        if self.directions == 2 {
            schema.coupling = Coupling::Sequence;
        }
        for (name, cell) in &self.cells {
            schema.state.extend(cell.schema().state.iter().map(|var| var.within(name)));
        }
        schema
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, T>) {
        for (n, (_, cell)) in self.cells.iter().enumerate() {
            let part = self.part(n, state.first());
            cell.init(shared, &mut state.part(&part));
        }
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let width = self.width().max(1);
        let rows = y.len() / width;
        let mut h: Vec<T> = bytemuck::zeroed_vec(rows * self.hidden);
        let mut between: Vec<T> = Vec::new();
        for (layer, cells) in self.cells.chunks(self.directions).enumerate() {
            let previous = std::mem::take(&mut between);
            let from = if layer == 0 { *x } else { Inputs::new(&[&previous]) };
            for (direction, (_, cell)) in cells.iter().enumerate() {
                let n = layer * self.directions + direction;
                let part = self.part(n, state.first());
                cell.step(at, &from, &mut state.part(&part), &mut h);
                let column = self.way(n).column;
                for (y, h) in y.chunks_exact_mut(width).zip(h.chunks_exact(self.hidden.max(1))) {
                    y[column..][..h.len()].copy_from_slice(h);
                }
            }
            between = y.to_vec();
        }
    }

    /// Makes all steps, layer after layer, as a [`Sequential`](crate::Sequential) does: for a batch
    /// of steps, or for the whole sequence if there are two directions.
    fn scan(&self, scan: &mut Scan<'_, T>) {
        let steps = scan.steps();
        if steps.is_empty() {
            return;
        }
        // The number of elements of a step, `[rows, D·H]`.
        let each = scan.at(steps.start).3.len();
        let batch = if self.directions == 2 { steps.len() } else { (BETWEEN / each.max(1)).clamp(1, steps.len()) };
        let (mut input, mut output): (Vec<T>, Vec<T>) = (Vec::new(), Vec::new());
        for from in steps.clone().step_by(batch) {
            let some = from..steps.end.min(from + batch);
            for (n, (_, cell)) in self.cells.iter().enumerate() {
                let (is_first, is_last) = (n < self.directions, n + self.directions >= self.cells.len());
                if n % self.directions == 0 {
                    std::mem::swap(&mut input, &mut output);
                    output.resize(if is_last { 0 } else { some.len() * each }, T::zeroed());
                }
                let from = (!is_first).then_some(input.as_slice());
                let to = (!is_last).then_some(output.as_mut_slice());
                let part = self.part(n, scan.state().first());
                scan.part(&part, some.clone(), from, to, |scan| cell.sweep(self.way(n), scan));
            }
        }
    }

    fn takes_lengths(&self) -> bool {
        true
    }

    fn program(&self, _: f64) -> Option<Program> {
        let layer = |(n, (name, cell)): (usize, &(String, crate::models::Cell<T, K>))| {
            let program = cell.program_in(self.way(n))?;
            Some(LayerProgram { name: name.clone(), index: n, vars: n..n + 1, schema: cell.schema(), program })
        };
        let layers: Option<Vec<LayerProgram>> = self.cells.iter().enumerate().map(layer).collect();
        Some(Program { body: ProgramBody::Sequence(layers?) })
    }

    fn kind(&self) -> &str {
        K::LAYERS
    }

    fn nodes(&self) -> Vec<(&str, &dyn System<T>)> {
        self.cells.iter().map(|(name, cell)| (name.as_str(), cell as &dyn System<T>)).collect()
    }

    fn weights(&self) -> Vec<Weight<'_, T>> {
        let mut all = Vec::new();
        for (name, cell) in &self.cells {
            all.extend(cell.weights().into_iter().map(|w| Weight { name: format!("{name}.{}", w.name), ..w }));
        }
        all
    }

    fn weights_mut(&mut self) -> Vec<WeightMut<'_, T>> {
        let mut all = Vec::new();
        for (name, cell) in &mut self.cells {
            all.extend(cell.weights_mut().into_iter().map(|w| WeightMut { name: format!("{name}.{}", w.name), ..w }));
        }
        all
    }

    fn torch(&self) -> Vec<Module<'_>> {
        vec![self.module()]
    }

    fn check(&self) -> Result<()> {
        if !(1..=MOST).contains(&self.layers) {
            return Err(Error::value("num_layers", self.layers, format!("is not between 1 and {MOST}")));
        }
        self.cells.iter().try_for_each(|(_, cell)| cell.check())
    }
}
