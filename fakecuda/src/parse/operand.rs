//! The operands of a statement: registers, literals, addresses, and lists of these.

use super::body::{Builder, Slot};
use super::lexer::Tokens;
use super::{Error, Result, names};
use crate::exec::Special;
use crate::types::Space;

/// An operand with its names resolved.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    /// A register, a constant or a special register; each is a row of 32 lanes.
    Row(u32),
    /// A predicate, and whether it is negated.
    Pred(u32, bool),
    Memory {
        base: u32,
        offset: i64,
        space: Option<Space>,
    },
    /// An address with coordinates: `[map, {x, y}]`.
    Tensor {
        base: u32,
        offset: i64,
        at: Vec<Arg>,
    },
    Vector(Vec<Arg>),
    Pair(Box<Arg>, Box<Arg>),
    List(Vec<Arg>),
    Name(String),
    Sink,
}

impl Builder<'_> {
    pub(super) fn find(&self, name: &str) -> Option<Slot> {
        self.scopes.iter().rev().find_map(|s| s.get(name).copied())
    }

    pub(super) fn operand(&mut self, t: &mut Tokens) -> Result<Arg> {
        let first = self.single(t)?;
        if t.eat('|') {
            return Ok(Arg::Pair(first.into(), self.single(t)?.into()));
        }
        Ok(first)
    }

    fn single(&mut self, t: &mut Tokens) -> Result<Arg> {
        if t.eat('{') {
            return Ok(Arg::Vector(self.sequence(t, '}')?));
        }
        if t.eat('(') {
            return Ok(Arg::List(self.sequence(t, ')')?));
        }
        if t.eat('[') {
            return self.memory(t);
        }
        if t.eat('!') {
            return match self.single(t)? {
                Arg::Pred(p, negated) => Ok(Arg::Pred(p, !negated)),
                _ => Err(t.wrong("a predicate after '!'")),
            };
        }
        let negative = t.eat('-');
        let word = t.word()?;
        if word == "_" {
            return Ok(Arg::Sink);
        }
        if negative {
            let n = names::number(&word).ok_or_else(|| t.wrong("a number after '-'"))?;
            return Ok(Arg::Row(self.constant(n.wrapping_neg())));
        }
        let (arg, plus) = (self.named(&word), t.eat('+'));
        if !plus {
            return Ok(arg);
        }
        let offset = self.offset(t)?;
        match arg {
            Arg::Row(row) => match self.code.constants.iter().find(|c| c.0 == row).map(|c| c.1) {
                Some(bits) => Ok(Arg::Row(self.constant(bits.wrapping_add_signed(offset)))),
                None => Err(Error::new(self.line, format!("'{word}' plus a number is not a constant"))),
            },
            _ => Err(Error::new(self.line, format!("unknown name '{word}'"))),
        }
    }

    fn sequence(&mut self, t: &mut Tokens, end: char) -> Result<Vec<Arg>> {
        let mut list = Vec::new();
        while !t.eat(end) {
            list.push(self.operand(t)?);
            if !t.is(end) {
                t.expect(',')?;
            }
        }
        Ok(list)
    }

    fn offset(&self, t: &mut Tokens) -> Result<i64> {
        let negative = t.eat('-');
        let word = t.word()?;
        let n = names::number(&word).ok_or_else(|| Error::new(self.line, format!("'{word}' is not an offset")))? as i64;
        Ok(if negative { -n } else { n })
    }

    fn memory(&mut self, t: &mut Tokens) -> Result<Arg> {
        let word = t.word()?;
        let signed = t.eat('+') || t.is('-');
        let offset = if signed { self.offset(t)? } else { 0 };
        if t.eat(',') {
            let (Arg::Row(base), Arg::Vector(at)) = (self.named(&word), self.single(t)?) else {
                return Err(t.wrong("coordinates"));
            };
            t.expect(']')?;
            return Ok(Arg::Tensor { base, offset, at });
        }
        t.expect(']')?;
        let space = self.places.get(&word).map(|p| p.0);
        match self.named(&word) {
            Arg::Row(base) => Ok(Arg::Memory { base, offset, space }),
            _ => Err(Error::new(self.line, format!("unknown address '{word}'"))),
        }
    }

    /// A register, a literal or a variable's address. Any other word stays a name (of a label or a
    /// function).
    fn named(&mut self, word: &str) -> Arg {
        match self.find(word) {
            Some(Slot::Row(r)) => return Arg::Row(r),
            Some(Slot::Pred(p)) => return Arg::Pred(p, false),
            None => {}
        }
        if let Some(what) = names::special(word) {
            return Arg::Row(self.special(what));
        }
        if word == "WARP_SZ" {
            return Arg::Row(self.constant(32));
        }
        if let Some(bits) = names::number(word) {
            return Arg::Row(self.constant(bits));
        }
        if let Some(&(_, at)) = self.places.get(word) {
            return Arg::Row(self.constant(at));
        }
        let symbols = self.symbols;
        if let Some(&at) = symbols.addresses.get(word) {
            return Arg::Row(self.constant(at));
        }
        match symbols.shared.get(word) {
            Some(v) if v.size == 0 => {
                self.code.dynamic_align = self.code.dynamic_align.max(v.align);
                Arg::Row(self.special(Special::DynamicShared))
            }
            Some(v) => {
                self.declare(v);
                self.named(word)
            }
            None => Arg::Name(word.into()),
        }
    }
}
