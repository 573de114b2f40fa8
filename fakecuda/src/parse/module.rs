//! The outermost level of a PTX text: variables, kernels and functions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::body::Builder;
use super::lexer::{Token, Tokens};
use super::variable::variable;
use super::{Error, Result, Variable};
use crate::exec::Kernel;
use crate::types::Space;

/// An executable PTX text.
pub struct Module {
    /// The target, such as `sm_90`.
    pub target: String,
    /// The version of PTX.
    pub version: (u32, u32),
    /// The kernels by name.
    pub kernels: BTreeMap<String, Arc<Kernel>>,
    /// The variables in device memory, with their addresses.
    pub globals: Vec<(Variable, u64)>,
}

/// The names that a kernel's body may use.
#[derive(Default)]
pub(crate) struct Symbols {
    pub(crate) addresses: HashMap<String, u64>,
    pub(crate) shared: HashMap<String, Variable>,
    pub(crate) functions: HashMap<String, Function>,
}

pub(crate) struct Function {
    pub(crate) results: Vec<Variable>,
    pub(crate) params: Vec<Variable>,
    pub(crate) body: Tokens,
}

struct Entry {
    name: String,
    params: Vec<Variable>,
    body: Tokens,
    line: u32,
    max_threads: Option<u32>,
    required: Option<[u32; 3]>,
    cluster: Option<[u32; 3]>,
    max_cluster: Option<u32>,
    /// The least number of blocks that must fit on an SM, and the most registers of a thread.
    blocks: u32,
    registers: u32,
}

/// Reads a PTX text. `place` returns an address for each variable in device memory.
pub fn parse(
    text: &str,
    place: &mut dyn FnMut(&Variable) -> std::result::Result<u64, String>,
) -> std::result::Result<Module, Error> {
    let mut t = Tokens::new(text)?;
    let (mut target, mut globals, mut symbols, mut entries) =
        (String::new(), Vec::new(), Symbols::default(), Vec::new());
    let mut version = (0, 0);
    while t.peek().is_some() {
        let line = t.line();
        let word = t.word()?;
        match word.as_str() {
            ".version" => {
                let word = t.word()?;
                let parts = word.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
                version = parts.ok_or_else(|| Error::new(line, format!("'{word}' is not a version of PTX")))?;
            }
            ".address_size" => {
                if t.number::<u32>()? != 64 {
                    return Err(Error::new(line, "only addresses of 64 bits are supported"));
                }
            }
            ".target" => {
                target = t.word()?;
                while t.eat(',') {
                    t.word()?;
                }
            }
            ".visible" | ".weak" | ".extern" | ".common" => {}
            ".file" | ".loc" => t.skip_line(),
            ".section" => {
                t.word()?;
                t.skip_block()?;
            }
            ".global" | ".const" | ".shared" => {
                let space = Space::named(&word[1..]).unwrap_or(Space::Global);
                let addresses = &symbols.addresses;
                let v = variable(&mut t, space, &|name| addresses.get(name).copied())?;
                t.expect(';')?;
                if space == Space::Shared {
                    symbols.shared.insert(v.name.clone(), v);
                } else {
                    let at = place(&v).map_err(|e| Error::new(line, e))?;
                    symbols.addresses.insert(v.name.clone(), at);
                    globals.push((v, at));
                }
            }
            ".func" => function(&mut t, &mut symbols)?,
            ".entry" => entries.push(entry(&mut t)?),
            _ => return Err(Error::new(line, format!("unknown directive '{word}'"))),
        }
    }
    let source: Arc<str> = text.into();
    let mut kernels = BTreeMap::new();
    for e in entries {
        let (name, kernel) = (e.name.clone(), build(e, &symbols, &source)?);
        kernels.insert(name, Arc::new(kernel));
    }
    Ok(Module { target, version, kernels, globals })
}

fn params(t: &mut Tokens) -> Result<Vec<Variable>> {
    let mut list = Vec::new();
    if t.eat('(') {
        while !t.eat(')') {
            let line = t.line();
            if t.word()? != ".param" {
                return Err(Error::new(line, "a parameter starts with '.param'"));
            }
            // `.ptr .align 8` describes the memory that a pointer points to.
            list.push(param(t)?);
            t.eat(',');
        }
    }
    Ok(list)
}

fn param(t: &mut Tokens) -> Result<Variable> {
    let pointer = {
        let mut look = t.clone();
        look.next();
        look.is_word(".ptr")
    };
    let mut v = variable(t, Space::Param, &|_| None)?;
    if pointer {
        v.align = v.size;
    }
    Ok(v)
}

fn function(t: &mut Tokens, symbols: &mut Symbols) -> Result<()> {
    let results = params(t)?;
    let name = t.word()?;
    let params = params(t)?;
    while let Some(Token::Word(w)) = t.peek().cloned() {
        match w.as_str() {
            ".noreturn" => t.next(),
            _ => return Err(t.wrong("a function's body")),
        };
    }
    if t.eat(';') {
        return Ok(());
    }
    let body = t.clone();
    t.skip_block()?;
    symbols.functions.insert(name, Function { results, params, body });
    Ok(())
}

fn entry(t: &mut Tokens) -> Result<Entry> {
    let line = t.line();
    let name = t.word()?;
    let params = params(t)?;
    let (mut max_threads, mut required, mut cluster, mut max_cluster) = (None, None, None, None);
    let (mut blocks, mut registers) = (1, 255);
    while let Some(Token::Word(w)) = t.peek().cloned() {
        t.next();
        if w == ".explicitcluster" {
            continue;
        }
        let mut list = vec![t.number::<u32>()?];
        while t.eat(',') {
            list.push(t.number()?);
        }
        match w.as_str() {
            ".maxntid" => max_threads = Some(list.iter().product()),
            ".reqntid" => {
                max_threads = Some(list.iter().product());
                required = Some([0, 1, 2].map(|i| list.get(i).copied().unwrap_or(1)));
            }
            ".reqnctapercluster" => cluster = Some([0, 1, 2].map(|i| list.get(i).copied().unwrap_or(1))),
            ".maxclusterrank" => max_cluster = Some(list[0]),
            ".minnctapersm" => blocks = list[0].max(1),
            ".maxnreg" => registers = list[0],
            _ => return Err(Error::new(line, format!("unknown directive '{w}' at kernel '{name}'"))),
        }
    }
    let body = t.clone();
    t.skip_block()?;
    Ok(Entry { name, params, body, line, max_threads, required, cluster, max_cluster, blocks, registers })
}

fn build(e: Entry, symbols: &Symbols, source: &Arc<str>) -> Result<Kernel> {
    let (mut placed, mut at) = (Vec::new(), 0usize);
    for v in e.params {
        at = at.next_multiple_of(v.align);
        let size = v.size;
        placed.push((v, at as u64));
        at += size;
    }
    let code = Builder::new(symbols).kernel(e.body, &placed)?;
    let params = placed.iter().map(|(v, at)| (*at as usize, v.size)).collect();
    Ok(Kernel {
        name: e.name,
        line: e.line,
        params,
        param_bytes: at,
        max_threads: e.max_threads,
        required: e.required,
        cluster: e.cluster,
        blocks: e.blocks,
        most_registers: e.registers,
        max_cluster: e.max_cluster,
        source: source.clone(),
        code,
    })
}
