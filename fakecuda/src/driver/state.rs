//! The state of the driver, and the path of an entry point to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use super::capture::Capture;
use super::code::Code;
use super::config::Config;
use super::flight::Trail;
use super::queue::{Event, Op, Stream};
use crate::exec::Kernel;
use crate::memory::Memory;
use crate::parse::Module;

/// The reason why an entry point fails. Its text goes to the report and to stderr.
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) why: Option<String>,
}

impl From<Code> for Failure {
    fn from(code: Code) -> Failure {
        Failure { code, why: None }
    }
}

impl Code {
    /// Adds a reason in words.
    pub(crate) fn why(self, why: impl Into<String>) -> Failure {
        Failure { code: self, why: Some(why.into()) }
    }
}

pub(crate) type Outcome = Result<(), Failure>;

/// A function handle: the kernel, and the attributes that were set.
pub(crate) struct Function {
    pub(crate) module: usize,
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) dynamic_limit: i32,
    /// Whether clusters of more than 8 blocks are allowed.
    pub(crate) large_clusters: bool,
}

/// The operations of a graph, in an order in which they may run.
#[derive(Clone, Default)]
pub(crate) struct Graph {
    pub(crate) ops: Vec<Op>,
}

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) initialised: bool,
    pub(crate) retains: u32,
    pub(crate) flags: u32,
    /// The code of the first fault; every later call returns it.
    pub(crate) lost: Option<Code>,
    pub(crate) memory: Memory,
    /// Pinned host memory, by address. `pinned_sizes` has the sizes.
    pub(crate) pinned: BTreeMap<usize, Vec<u64>>,
    pub(crate) pinned_sizes: HashMap<usize, usize>,
    pub(crate) dying: Vec<u64>,
    pub(crate) streams: BTreeMap<usize, Stream>,
    pub(crate) events: HashMap<usize, Event>,
    /// Completed copies that other work is still unordered with.
    pub(crate) trails: Vec<Trail>,
    /// The streams that wait for an event of another stream, whose work is running for that reason.
    pub(crate) waiting: Vec<usize>,
    pub(crate) modules: HashMap<usize, Module>,
    pub(crate) functions: HashMap<usize, Function>,
    pub(crate) graphs: HashMap<usize, Graph>,
    pub(crate) executables: HashMap<usize, Graph>,
    pub(crate) captures: HashMap<usize, Capture>,
    next: usize,
    pub(crate) sequence: u64,
    pub(crate) launches: u64,
    pub(crate) allocations: u64,
    pub(crate) ran: u32,
    pub(crate) calls: BTreeMap<&'static str, u64>,
    /// The launches and instructions of each kernel.
    pub(crate) kernels: BTreeMap<String, (u64, u64)>,
    pub(crate) messages: Vec<String>,
    pub(crate) leaked: Vec<(u64, usize)>,
}

impl State {
    fn new() -> State {
        let config = Config::read();
        State {
            memory: Memory::new(config.memory),
            config,
            initialised: false,
            retains: 0,
            flags: 0,
            lost: None,
            pinned: BTreeMap::new(),
            pinned_sizes: HashMap::new(),
            dying: Vec::new(),
            streams: BTreeMap::from([(0, Stream::default())]),
            events: HashMap::new(),
            trails: Vec::new(),
            waiting: Vec::new(),
            modules: HashMap::new(),
            functions: HashMap::new(),
            graphs: HashMap::new(),
            executables: HashMap::new(),
            captures: HashMap::new(),
            next: 0x10000,
            sequence: 0,
            launches: 0,
            allocations: 0,
            ran: 0,
            calls: BTreeMap::new(),
            kernels: BTreeMap::new(),
            messages: Vec::new(),
            leaked: Vec::new(),
        }
    }

    /// A new handle. It is not a pointer, so a program cannot dereference it.
    pub(crate) fn handle(&mut self) -> usize {
        self.next += 16;
        self.next
    }

    pub(crate) fn say(&mut self, what: String) {
        if !self.config.quiet {
            eprintln!("fakecuda: {what}");
        }
        self.messages.push(what);
    }
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn locked() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(|e| e.into_inner())
}

/// Runs `f` on the state, without counting a call.
pub(crate) fn counted<R>(f: impl FnOnce(&mut State) -> R) -> R {
    f(locked().get_or_insert_with(State::new))
}

/// The requirements of an entry point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    Nothing,
    Initialised,
    /// A context that is not lost.
    Context,
}

/// Runs an entry point: counts the call, checks the requirements, and converts the result to a
/// `CUresult`.
pub(crate) fn call(name: &'static str, needs: Needs, f: impl FnOnce(&mut State) -> Outcome) -> u32 {
    let run = || {
        counted(|s| {
            *s.calls.entry(name).or_insert(0) += 1;
            let ready = if needs > Needs::Nothing && !s.initialised {
                Err(Code::ERROR_NOT_INITIALIZED.into())
            } else if let (Needs::Context, Some(code)) = (needs, s.lost) {
                Err(code.into())
            } else if needs == Needs::Context && s.retains == 0 {
                Err(Code::ERROR_INVALID_CONTEXT.why("no context"))
            } else {
                Ok(())
            };
            match ready.and_then(|()| f(s)) {
                Ok(()) => 0,
                Err(Failure { code, why }) => {
                    if let Some(why) = why {
                        s.say(format!("{name}: {why}"));
                    }
                    code as u32
                }
            }
        })
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or(Code::ERROR_UNKNOWN as u32)
}
