//! The registers that an instruction reads and writes. The first operand is the result, unless it
//! is an address.

use super::Arg;

/// The rows that are read, and the rows that are written.
pub(super) fn of(args: &[Arg]) -> (Vec<u32>, Vec<u32>) {
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for (n, a) in args.iter().enumerate() {
        all(a, &mut reads, if n == 0 { Some(&mut writes) } else { None });
    }
    (reads, writes)
}

fn all(a: &Arg, reads: &mut Vec<u32>, mut writes: Option<&mut Vec<u32>>) {
    match a {
        Arg::Row(r) => match writes {
            Some(w) => w.push(*r),
            None => reads.push(*r),
        },
        Arg::Memory { base, .. } => reads.push(*base),
        Arg::Tensor { base, at, .. } => {
            reads.push(*base);
            at.iter().for_each(|a| all(a, reads, None));
        }
        Arg::Vector(list) | Arg::List(list) => list.iter().for_each(|a| all(a, reads, writes.as_deref_mut())),
        Arg::Pair(x, y) => [x, y].into_iter().for_each(|a| all(a, reads, writes.as_deref_mut())),
        Arg::Pred(..) | Arg::Name(_) | Arg::Sink => {}
    }
}
