//! Matrix products of rows with a packed weight matrix. Each element is a sum in one fixed order.
//!
//! c[r, j] ← c[r, j] + Σₖ a[r, k]·w[k, j] is one chain of fused multiply-adds with k ascending,
//! independent of the number of rows, the tile, the thread and the vector width. A single row
//! therefore has the same bits as that row in a batch, and a step has the same bits as in a scan.
//! General-purpose libraries promise neither, and they pack the weights again in every call.

mod interleaved;
mod packed;
mod panels;

use super::scalar::Real;
use super::team::Team;
pub(crate) use interleaved::Interleaved;
use packed::Shape;
pub(crate) use packed::{Packed, Rows, padded};
use panels::{Left, panels};
use std::sync::{Mutex, PoisonError};

/// The bytes of weights for which another thread pays off if a single row is multiplied. Such a
/// product is bound by reading the weights, and one core cannot read from a shared cache or memory
/// faster.
const SHARE: usize = 1 << 19;
/// The same for the threads of a [`Team`], which start sooner.
const TEAM_SHARE: usize = 1 << 17;
/// The number of multiply-adds for which another thread of a team pays off if there are several rows.
const TEAM_WORK: usize = 1 << 17;

/// The panels from which on rows are interleaved first.
const INTERLEAVED: usize = 8;

/// The order of the panels. Repeated products with the same weights alternate between the two
/// orders: the panels that were used last are then used first, while they are still in L2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    There,
    Back,
}

/// Computes c ← c + a·w for the first `rows` rows of a. Row r of c starts at `c[r · stride]` and
/// has `w.width()` elements.
pub(crate) fn product<R: Real>(a: &Rows<R>, rows: usize, w: &Packed<R>, c: &mut [R], stride: usize) {
    if rows == 1 {
        let shares = (size_of_val(w.values.values()) / SHARE).min(rayon::current_num_threads());
        row(a.row(0), w.values.values(), w.shape, &mut c[..w.width()], shares);
    } else {
        block(&a.values, a.stride, rows, w.values.values(), w.shape, c, stride);
    }
}

/// The same product for all rows of `a`, by one thread.
pub(crate) fn product_of<R: Real>(a: &Interleaved<R>, w: &Packed<R>, c: &mut [R], stride: usize) {
    all_panels(Left::Interleaved(&a.values), a.rows, w.values.values(), w.shape, c, stride);
}

/// Computes the same product with the panels in this order, by the threads of a team: they share the
/// columns of a single row, and otherwise the rows. Neither the order nor the threads affect any bit.
pub(crate) fn product_by<R: Real>(
    team: &Team,
    order: Order,
    a: &Rows<R>,
    rows: usize,
    w: &Packed<R>,
    c: &mut [R],
    stride: usize,
) {
    let (shape, values) = (Shape { order, ..w.shape }, w.values.values());
    let Shape { depth, width, panel, .. } = shape;
    let work = if rows == 1 { size_of_val(values) / TEAM_SHARE } else { rows * depth * width / TEAM_WORK };
    let parts = work.min(team.threads());
    if parts < 2 {
        return block(&a.values, a.stride, rows, values, shape, c, stride);
    }
    let (items, unit) = if rows == 1 { (width, panel) } else { (rows, 1) };
    // The bounds of the parts, in items.
    let bound = |part: usize| if part == parts { items } else { items * part / parts / unit * unit };
    let each = if rows == 1 { 1 } else { stride };
    let mut rest = if rows == 1 { &mut c[..width] } else { c };
    let places: Vec<Mutex<&mut [R]>> = (0..parts)
        .map(|part| {
            let len = if part + 1 == parts { rest.len() } else { (bound(part + 1) - bound(part)) * each };
            Mutex::new(rest.split_off_mut(..len).unwrap_or_default())
        })
        .collect();
    team.run(parts, &|part| {
        let mut c = places[part].lock().unwrap_or_else(PoisonError::into_inner);
        let (from, to) = (bound(part), bound(part + 1));
        if rows == 1 {
            let shape = Shape { width: to - from, ..shape };
            block(a.row(0), 0, 1, &values[from * depth..to * depth], shape, &mut c, 0);
        } else {
            block(&a.values[from * a.stride..], a.stride, to - from, values, shape, &mut c, stride);
        }
    });
}

/// The product for a single row, whose columns are divided among threads.
fn row<R: Real>(a: &[R], w: &[R], shape: Shape, c: &mut [R], shares: usize) {
    let Shape { depth, width, panel, .. } = shape;
    let middle = width * (shares / 2) / shares.max(1) / panel * panel;
    if middle > 0 {
        let (left, right) = (Shape { width: middle, ..shape }, Shape { width: width - middle, ..shape });
        let ((w, more), (c, rest)) = (w.split_at(middle * depth), c.split_at_mut(middle));
        rayon::join(|| row(a, w, left, c, shares / 2), || row(a, more, right, rest, shares - shares / 2));
    } else {
        block(a, 0, 1, w, shape, c, 0);
    }
}

/// The product of rows by one thread.
fn block<R: Real>(a: &[R], a_stride: usize, rows: usize, w: &[R], shape: Shape, c: &mut [R], stride: usize) {
    // A copy pays off if some panels use it.
    if rows > 1 && shape.width >= INTERLEAVED * shape.panel {
        let a = Interleaved::of_rows(a, a_stride, rows, shape.depth);
        return all_panels(Left::Interleaved(&a.values), rows, w, shape, c, stride);
    }
    all_panels(Left::Rows { values: a, stride: a_stride }, rows, w, shape, c, stride);
}

/// The product by one thread. With concrete types, this code is compiled once, in this crate, and not
/// in every crate that uses a cell.
fn all_panels<R: Real>(a: Left<'_, R>, rows: usize, w: &[R], shape: Shape, c: &mut [R], stride: usize) {
    use bytemuck::{cast_slice, cast_slice_mut};
    if size_of::<R>() == 4 {
        product_f32(a.cast(), rows, cast_slice(w), shape, cast_slice_mut(c), stride);
    } else {
        product_f64(a.cast(), rows, cast_slice(w), shape, cast_slice_mut(c), stride);
    }
}

#[inline(never)]
fn product_f32(a: Left<'_, f32>, rows: usize, w: &[f32], shape: Shape, c: &mut [f32], stride: usize) {
    panels::<f32, 16>(a, rows, w, shape, c, stride);
}

#[inline(never)]
fn product_f64(a: Left<'_, f64>, rows: usize, w: &[f64], shape: Shape, c: &mut [f64], stride: usize) {
    panels::<f64, 8>(a, rows, w, shape, c, stride);
}

#[cfg(test)]
mod tests {
    use super::packed::VECTOR;
    use super::*;

    /// Each element is one chain of fused multiply-adds, whatever the number of threads for the
    /// columns.
    #[test]
    fn a_row_is_the_same_by_any_number_of_threads() {
        for (depth, columns) in [(3, 5), (129, 1), (700, 1003)] {
            let value = |i: usize| ((i * 7919 % 2003) as f32).mul_add(1e-3, -1.0);
            let w: Vec<f32> = (0..depth * columns).map(value).collect();
            let packed = Packed::new(&w, columns, std::slice::from_ref(&(0..columns)));
            let mut a = Rows::new(1, depth);
            (0..depth).for_each(|k| a.row_mut(0)[k] = value(k + 11));
            let right = |j: usize| (0..depth).fold(0.5, |sum, k| a.row(0)[k].mul_add(w[k * columns + j], sum));
            let right: Vec<f32> = (0..columns).map(right).collect();
            for threads in 1..5 {
                let mut c = vec![0.5; packed.width()];
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                c.fill(0.5);
                pool.install(|| product(&a, 1, &packed, &mut c, packed.width()));
                assert_eq!(c[..columns], right, "{depth} x {columns}, {threads} threads");
                let team = Team::new(threads, || true);
                for order in [Order::There, Order::Back] {
                    c.fill(0.5);
                    product_by(&team, order, &a, 1, &packed, &mut c, packed.width());
                    assert_eq!(c[..columns], right, "{depth} x {columns}, team of {threads}, {order:?}");
                }
            }
        }
    }

    /// The panels are aligned whatever address the allocator returns.
    #[test]
    fn panels_begin_where_a_line_does() {
        for depth in 0..9 {
            let w: Vec<f32> = (0..depth * 20).map(|i| i as f32).collect();
            let all = [Packed::new(&w, 20, &[0..3, 5..20]), Packed::turned(&w, depth, 0..depth, 0..20)];
            for packed in &all {
                assert_eq!(packed.values.values().as_ptr().addr() % VECTOR, 0);
                assert_eq!(packed.values.values().len(), depth * 32);
            }
        }
    }
}
