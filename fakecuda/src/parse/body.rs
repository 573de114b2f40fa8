//! The body of a kernel or function. Registers, labels, scopes and statements become instructions
//! while they are read.

use std::collections::HashMap;

use super::call::Placed;
use super::lexer::{Token, Tokens};
use super::module::Symbols;
use super::operand::Arg;
use super::variable::variable;
use super::{Error, Result, Variable, rows};
use crate::exec::{Action, Code, Guard, Instruction, Label, Special};
use crate::ops;
use crate::types::{Space, Type};

/// One instruction in the PTX.
pub(crate) struct Statement {
    pub(crate) line: u32,
    pub(crate) guard: Option<Guard>,
    /// The opcode's text, for messages.
    pub(crate) opcode: String,
    pub(crate) parts: Vec<String>,
    pub(crate) args: Vec<Arg>,
}

#[derive(Clone, Copy)]
pub(super) enum Slot {
    Row(u32),
    Pred(u32),
}

/// Builds one kernel, together with the functions that it calls.
pub(crate) struct Builder<'a> {
    pub(super) symbols: &'a Symbols,
    pub(crate) code: Code,
    pub(super) scopes: Vec<HashMap<String, Slot>>,
    /// The offsets of this body's `.local` and `.param` variables, and of the kernel's shared
    /// variables.
    pub(super) places: HashMap<String, (Space, u64)>,
    /// The labels of each open scope, in the order of `scopes`.
    pub(super) labels: Vec<HashMap<String, Label>>,
    /// Pairs of a label in an inner scope and the label of an outer scope that it stands for.
    pub(super) aliases: Vec<(Label, Label)>,
    constants: HashMap<u64, u32>,
    pub(super) functions: HashMap<String, Placed>,
    pub(super) waiting: Vec<String>,
    pub(super) line: u32,
    /// The function that is being read, and the row of its return address. `None` in the kernel
    /// itself.
    pub(super) within: Option<(String, u32)>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(symbols: &'a Symbols) -> Builder<'a> {
        Builder {
            symbols,
            code: Code::default(),
            scopes: Vec::new(),
            places: HashMap::new(),
            labels: Vec::new(),
            aliases: Vec::new(),
            constants: HashMap::new(),
            functions: HashMap::new(),
            waiting: Vec::new(),
            line: 0,
            within: None,
        }
    }

    /// Reads the kernel's body, and then the bodies of all functions that it calls.
    pub(crate) fn kernel(mut self, body: Tokens, params: &[(Variable, u64)]) -> Result<Code> {
        self.places.extend(params.iter().map(|(v, at)| (v.name.clone(), (Space::Param, *at))));
        self.body(body)?;
        while let Some(name) = self.waiting.pop() {
            let symbols = self.symbols;
            let (Some(f), Some(&placed)) = (symbols.functions.get(&name), self.functions.get(&name)) else { continue };
            for v in f.params.iter().chain(&f.results) {
                self.places.insert(v.name.clone(), (Space::Local, self.formal(&name, v)));
            }
            self.within = Some((name, placed.back));
            self.place(placed.entry);
            self.body(f.body.clone())?;
        }
        Ok(self.code)
    }

    fn body(&mut self, mut t: Tokens) -> Result<()> {
        self.labels.clear();
        t.expect('{')?;
        self.open();
        let depth = self.scopes.len();
        while self.scopes.len() >= depth {
            self.line = t.line();
            match t.peek().cloned() {
                None => return Err(t.wrong("'}'")),
                Some(Token::Mark('{')) => {
                    t.next();
                    self.open();
                }
                Some(Token::Mark('}')) => {
                    t.next();
                    self.close()?;
                }
                Some(Token::Mark(';')) => {
                    t.next();
                }
                Some(Token::Word(w)) if w.starts_with('.') => self.directive(&mut t)?,
                _ => self.label_or_statement(&mut t)?,
            }
        }
        self.emit(None, self.return_action());
        self.resolve();
        Ok(())
    }

    fn directive(&mut self, t: &mut Tokens) -> Result<()> {
        let word = t.word()?;
        match word.as_str() {
            ".reg" => self.registers(t)?,
            ".local" | ".shared" | ".param" => {
                let space = Space::named(&word[1..]).unwrap_or(Space::Local);
                let v = variable(t, space, &|_| None)?;
                self.declare(&v);
                t.expect(';')?;
            }
            ".loc" | ".file" => t.skip_line(),
            ".pragma" => t.skip_past(';'),
            _ => return Err(Error::new(self.line, format!("unknown directive '{word}'"))),
        }
        Ok(())
    }

    /// Gives a variable of this body its address. The parameters of a call are in local memory.
    pub(super) fn declare(&mut self, v: &Variable) {
        let (space, size) = match v.space {
            Space::Shared => (Space::Shared, &mut self.code.shared_bytes),
            _ => (Space::Local, &mut self.code.local_bytes),
        };
        let at = size.next_multiple_of(v.align);
        *size = at + v.size;
        self.places.insert(v.name.clone(), (space, at as u64));
    }

    fn registers(&mut self, t: &mut Tokens) -> Result<()> {
        let word = t.word()?;
        let ty = Type::named(word.trim_start_matches('.'))
            .ok_or_else(|| Error::new(self.line, format!("unknown type '{word}'")))?;
        loop {
            let name = t.word()?;
            let names = if t.eat('<') {
                let n = t.number::<usize>()?;
                t.expect('>')?;
                (0..n).map(|i| format!("{name}{i}")).collect()
            } else {
                vec![name]
            };
            for name in names {
                let slot = match ty {
                    Type::Pred => Slot::Pred(self.new_pred()),
                    Type::B128 => return Err(Error::new(self.line, "128-bit registers are not supported")),
                    _ => Slot::Row(self.new_row()),
                };
                if let Some(s) = self.scopes.last_mut() {
                    s.insert(name, slot);
                }
            }
            if !t.eat(',') {
                return t.expect(';');
            }
        }
    }

    pub(crate) fn new_row(&mut self) -> u32 {
        self.code.rows += 1;
        self.code.rows - 1
    }

    pub(crate) fn new_pred(&mut self) -> u32 {
        self.code.preds += 1;
        self.code.preds - 1
    }

    /// The row all of whose lanes hold `bits`.
    pub(crate) fn constant(&mut self, bits: u64) -> u32 {
        if let Some(&row) = self.constants.get(&bits) {
            return row;
        }
        let row = self.new_row();
        self.constants.insert(bits, row);
        self.code.constants.push((row, bits));
        row
    }

    pub(super) fn special(&mut self, what: Special) -> u32 {
        if let Some((row, _)) = self.code.specials.iter().find(|s| s.1 == what) {
            return *row;
        }
        let row = self.new_row();
        self.code.specials.push((row, what));
        row
    }

    pub(crate) fn emit(&mut self, guard: Option<Guard>, action: Action) {
        let (reads, writes) = (Box::default(), Box::default());
        self.code.instructions.push(Instruction {
            guard,
            action,
            line: self.line,
            aligned: false,
            reads,
            writes,
            renames: false,
            flies: false,
        });
    }

    pub(crate) fn return_action(&self) -> Action {
        match self.within {
            Some((_, back)) => Action::Return { back },
            None => Action::Exit,
        }
    }

    fn label_or_statement(&mut self, t: &mut Tokens) -> Result<()> {
        let mut guard = None;
        if t.eat('@') {
            let want = !t.eat('!');
            let name = t.word()?;
            match self.find(&name) {
                Some(Slot::Pred(pred)) => guard = Some(Guard { pred, want }),
                _ => return Err(Error::new(self.line, format!("'{name}' is not a predicate"))),
            }
        }
        let opcode = t.word()?;
        if guard.is_none() && t.eat(':') {
            if t.is_word(".branchtargets") {
                t.next();
                let mut targets = Vec::new();
                while !t.eat(';') {
                    let name = t.word()?;
                    targets.push(self.label(&name));
                    t.eat(',');
                }
                self.code.tables.insert(opcode, targets);
                return Ok(());
            }
            let label = self.label(&opcode);
            if self.code.labels[label.0 as usize] != u32::MAX {
                return Err(Error::new(self.line, format!("label '{opcode}' is defined twice")));
            }
            self.place(label);
            return Ok(());
        }
        let mut args = Vec::new();
        while !t.eat(';') {
            args.push(self.operand(t)?);
            if !t.is(';') {
                t.expect(',')?;
            }
        }
        let parts: Vec<String> = opcode.split('.').map(String::from).collect();
        let (reads, writes) = rows::of(&args);
        let (renames, flies) = (parts[0] == "mov" && reads.len() == 1 && writes.len() == 1, parts[0] == "wgmma");
        // `bar` is short for `barrier` with `.aligned`. `bar.warp` and all other instructions name
        // their lanes.
        let barrier = parts[0] == "bar" && parts.get(1).is_none_or(|p| p != "warp")
            || parts[0] == "barrier" && parts.iter().any(|p| p == "aligned");
        ops::decode(self, Statement { line: self.line, guard, opcode, parts, args })?;
        if let Some(i) = self.code.instructions.last_mut() {
            i.aligned = barrier;
            (i.reads, i.writes, i.renames, i.flies) = (reads.into(), writes.into(), renames, flies);
        }
        Ok(())
    }
}
