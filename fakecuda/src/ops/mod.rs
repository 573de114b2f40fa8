//! Opcodes by group. The `decode` of a group returns the closure that runs a statement, or `None`
//! if the opcode is not in the group.

mod atomic;
mod bits;
mod bulk;
mod carry;
mod compare;
mod convert;
mod float;
mod flow;
mod half;
mod integer;
mod ldst;
mod matrix;
mod mbarrier;
mod mma;
mod moves;
mod round;
mod statement;
mod warpwide;
mod wgmma;

use crate::exec::{Action, Exec, Mask, Pure, Touch};
use crate::parse::{Builder, Error, Result, Statement};

type Decoded = Result<Option<Action>>;

/// Turns a statement into instructions, and appends them to the kernel's code.
pub(crate) fn decode(b: &mut Builder<'_>, s: Statement) -> Result<()> {
    if s.name() == "call" {
        return b.call(&s);
    }
    let groups = [
        float::decode,
        integer::decode,
        moves::decode,
        compare::decode,
        ldst::decode,
        flow::decode,
        bits::decode,
        convert::decode,
        half::decode,
        carry::decode,
        atomic::decode,
        warpwide::decode,
        mma::decode,
        wgmma::decode,
        bulk::decode,
        matrix::decode,
        mbarrier::decode,
    ];
    for group in groups {
        if let Some(action) = group(b, &s)? {
            b.emit(s.guard, action);
            return Ok(());
        }
    }
    Err(Error::new(s.line, format!("unknown opcode '{}'", s.opcode)))
}

fn lanes(f: impl Fn(&mut crate::exec::Lanes, Mask) + Send + Sync + 'static) -> Action {
    let f: Pure = Box::new(f);
    Action::Lanes(f)
}

fn touch(
    f: impl Fn(&mut Exec<'_>, Mask) -> std::result::Result<(), crate::exec::Violation> + Send + Sync + 'static,
) -> Action {
    let f: Touch = Box::new(f);
    Action::Touch(f)
}

/// Copies a call's argument or result within local memory.
pub(crate) fn copy_local(to: u64, from: u64, n: usize) -> Action {
    let (to, from) = (to as usize, from as usize);
    touch(move |e, mask| {
        for lane in crate::exec::each(mask) {
            let base = lane * e.local_bytes;
            e.local.copy_within(base + from..base + from + n, base + to);
        }
        Ok(())
    })
}
