//! Declarations of variables, with their initial values.

use super::lexer::{Token, Tokens};
use super::{Error, Result, names};
use crate::types::{Space, Type};

/// A variable of a module, a kernel or a function.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name in the PTX.
    pub name: String,
    /// The state space.
    pub space: Space,
    /// The alignment in bytes.
    pub align: usize,
    /// The size in bytes; 0 for `extern` arrays.
    pub size: usize,
    /// The initial bytes; the rest is zero.
    pub init: Vec<u8>,
}

/// Reads a declaration after its state space: `.align 4 .b8 name[128] = {…}`. `address` returns the
/// address of a symbol.
pub(crate) fn variable(t: &mut Tokens, space: Space, address: &dyn Fn(&str) -> Option<u64>) -> Result<Variable> {
    let (mut align, mut ty, mut vector) = (None, None, 1);
    while let Some(Token::Word(w)) = t.peek().cloned() {
        let Some(word) = w.strip_prefix('.') else { break };
        t.next();
        match word {
            "align" => align = Some(t.number::<usize>()?),
            "ptr" | "global" | "shared" | "const" | "local" | "noalias" => {}
            "v2" => vector = 2,
            "v4" => vector = 4,
            _ => {
                ty = Some(
                    Type::named(word).ok_or_else(|| Error::new(t.line(), format!("unknown directive '.{word}'")))?,
                )
            }
        }
    }
    let line = t.line();
    let ty = ty.ok_or_else(|| Error::new(line, "a variable without a type"))?;
    let name = t.word()?;
    let mut count = vector;
    while t.eat('[') {
        count *= if t.is(']') { 0 } else { t.number::<usize>()? };
        t.expect(']')?;
    }
    let mut init = Vec::new();
    if t.eat('=') {
        values(t, ty, &mut init, address)?;
    }
    Ok(Variable { name, space, align: align.unwrap_or(ty.bytes() * vector).max(1), size: count * ty.bytes(), init })
}

fn values(t: &mut Tokens, ty: Type, out: &mut Vec<u8>, address: &dyn Fn(&str) -> Option<u64>) -> Result<()> {
    if t.eat('{') {
        while !t.eat('}') {
            values(t, ty, out, address)?;
            t.eat(',');
        }
        return Ok(());
    }
    let line = t.line();
    let negative = t.eat('-');
    let word = t.word()?;
    let word = if word == "generic" {
        t.expect('(')?;
        let inner = t.word()?;
        t.expect(')')?;
        inner
    } else {
        word
    };
    let bits = names::number(&word)
        .or_else(|| address(&word))
        .ok_or_else(|| Error::new(line, format!("'{word}' is not a value")))?;
    let bits = if negative { bits.wrapping_neg() } else { bits };
    out.extend_from_slice(&bits.to_le_bytes()[..ty.bytes().min(8)]);
    Ok(())
}
