//! Calls. Arguments are copied to the callee's parameters, and results are copied back. A
//! function's registers and variables exist once for each kernel, because the compiler's own helper
//! functions do not recurse.

use super::body::{Builder, Statement};
use super::operand::Arg;
use super::{Error, Result, Variable};
use crate::exec::{Action, Label};
use crate::ops;

/// A function that the kernel calls: its first instruction, and the row that holds the return
/// address.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub(super) entry: Label,
    pub(super) back: u32,
}

impl Builder<'_> {
    /// Emits `call (results), name, (args)`.
    pub(crate) fn call(&mut self, s: &Statement) -> Result<()> {
        let fail = |what: String| Err(Error::new(s.line, what));
        let (results, name, args): (&[Arg], &str, &[Arg]) = match s.args.as_slice() {
            [Arg::List(r), Arg::Name(n), Arg::List(a)] => (r, n, a),
            [Arg::Name(n), Arg::List(a)] => (&[], n, a),
            [Arg::Name(n)] => (&[], n, &[]),
            _ => return fail("a call through a pointer, which is not supported".into()),
        };
        if self.within.as_ref().is_some_and(|w| w.0 == name) {
            return fail(format!("'{name}' calls itself, which is not supported"));
        }
        let symbols = self.symbols;
        let Some(f) = symbols.functions.get(name) else {
            self.emit(
                s.guard,
                Action::Fail(format!("call of '{name}', which has no body (printf, or a failed assert)")),
            );
            return Ok(());
        };
        if args.len() != f.params.len() || results.len() != f.results.len() {
            return fail(format!("'{name}' is called with the wrong number of parameters"));
        }
        let placed = match self.functions.get(name) {
            Some(p) => *p,
            None => {
                for v in f.params.iter().chain(&f.results) {
                    self.declare(&Variable { name: format!("{name}/{}", v.name), ..v.clone() });
                }
                let p = Placed { entry: self.new_label(), back: self.new_row() };
                self.functions.insert(name.into(), p);
                self.waiting.push(name.into());
                p
            }
        };
        for (v, a) in f.params.iter().zip(args) {
            self.emit(s.guard, ops::copy_local(self.formal(name, v), self.actual(s, a)?, v.size));
        }
        self.emit(s.guard, Action::Call { to: placed.entry, back: placed.back });
        for (v, a) in f.results.iter().zip(results) {
            self.emit(s.guard, ops::copy_local(self.actual(s, a)?, self.formal(name, v), v.size));
        }
        Ok(())
    }

    /// The offset of a function's own parameter or result in local memory.
    pub(super) fn formal(&self, function: &str, v: &Variable) -> u64 {
        self.places.get(&format!("{function}/{}", v.name)).map_or(0, |p| p.1)
    }

    fn actual(&self, s: &Statement, a: &Arg) -> Result<u64> {
        match a {
            Arg::Row(r) => self.code.constants.iter().find(|c| c.0 == *r).map(|c| c.1),
            _ => None,
        }
        .ok_or_else(|| Error::new(s.line, "a call's parameter is not a variable"))
    }
}
