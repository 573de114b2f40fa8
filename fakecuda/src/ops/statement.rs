//! Access to a statement's modifiers, types and operands.

use crate::parse::{Arg, Builder, Error, Result, Statement};
use crate::types::{Space, Type};

impl Statement {
    pub(crate) fn name(&self) -> &str {
        &self.parts[0]
    }

    /// Whether `second` is the word after the name.
    pub(crate) fn name_is(&self, second: &str) -> bool {
        self.parts.get(1).is_some_and(|p| p == second)
    }

    pub(crate) fn modifiers(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().skip(1).map(String::as_str)
    }

    pub(crate) fn has(&self, modifier: &str) -> bool {
        self.modifiers().any(|m| m == modifier)
    }

    /// Refuses the statement if it has a modifier that is neither a type nor in `known`.
    pub(crate) fn only(&self, known: &str) -> Result<()> {
        match self.modifiers().find(|m| Type::named(m).is_none() && !known.split(' ').any(|k| k == *m)) {
            Some(m) => Err(Error::new(self.line, format!("unknown opcode '{}': '.{m}' is not supported", self.opcode))),
            None => Ok(()),
        }
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = Type> {
        self.modifiers().filter_map(Type::named)
    }

    /// The first type in the opcode.
    pub(crate) fn ty(&self) -> Option<Type> {
        self.types().next()
    }

    pub(crate) fn space(&self) -> Space {
        self.modifiers().find_map(Space::named).unwrap_or(Space::Generic)
    }

    pub(crate) fn not_done<T>(&self) -> Result<T> {
        Err(Error::new(self.line, format!("unknown opcode '{}'", self.opcode)))
    }

    pub(crate) fn wrong<T>(&self, what: &str) -> Result<T> {
        Err(Error::new(self.line, format!("'{}': {what}", self.opcode)))
    }

    pub(crate) fn arg(&self, n: usize) -> Result<&Arg> {
        match self.args.get(n) {
            Some(a) => Ok(a),
            None => self.wrong(&format!("operand {} is missing", n + 1)),
        }
    }

    /// The row of an operand. `_` gets a new row that no instruction reads.
    pub(crate) fn row_of(&self, b: &mut Builder<'_>, a: &Arg) -> Result<u32> {
        match a {
            Arg::Row(r) => Ok(*r),
            Arg::Sink => Ok(b.new_row()),
            Arg::Name(n) => self.wrong(&format!("unknown name '{n}'")),
            _ => self.wrong("a register or number expected"),
        }
    }

    pub(crate) fn row(&self, b: &mut Builder<'_>, n: usize) -> Result<u32> {
        self.row_of(b, self.arg(n)?)
    }

    /// The rows of all operands; there must be exactly `N`.
    pub(crate) fn rows<const N: usize>(&self, b: &mut Builder<'_>) -> Result<[u32; N]> {
        if self.args.len() != N {
            return self.wrong(&format!("{N} operands expected"));
        }
        let mut rows = [0; N];
        for (n, r) in rows.iter_mut().enumerate() {
            *r = self.row(b, n)?;
        }
        Ok(rows)
    }

    /// A predicate, and whether it is negated.
    pub(crate) fn pred(&self, n: usize) -> Result<(u32, bool)> {
        match self.arg(n)? {
            Arg::Pred(p, negated) => Ok((*p, *negated)),
            _ => self.wrong("a predicate expected"),
        }
    }

    pub(crate) fn pred_of(&self, b: &mut Builder<'_>, a: &Arg) -> Result<u32> {
        match a {
            Arg::Pred(p, false) => Ok(*p),
            Arg::Sink => Ok(b.new_pred()),
            _ => self.wrong("a predicate expected"),
        }
    }

    /// The rows of a vector, or the single row of a register operand.
    pub(crate) fn vector(&self, b: &mut Builder<'_>, n: usize) -> Result<Vec<u32>> {
        match self.arg(n)? {
            Arg::Vector(list) => list.iter().map(|a| self.row_of(b, a)).collect(),
            a => Ok(vec![self.row_of(b, a)?]),
        }
    }

    /// The base row, the offset and the state space of an address.
    pub(crate) fn memory(&self, n: usize) -> Result<(u32, i64, Space)> {
        match self.arg(n)? {
            Arg::Memory { base, offset, space } => Ok((*base, *offset, space.unwrap_or(self.space()))),
            _ => self.wrong("an address in brackets expected"),
        }
    }
}
