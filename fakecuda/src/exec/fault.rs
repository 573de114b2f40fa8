//! The faults of a kernel, with the thread and the instruction that caused them.

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An address outside every allocation.
    OutOfBounds,
    /// An address in memory that has been freed.
    UseAfterFree,
    /// An address that is not a multiple of the access's size.
    Misaligned,
    /// A write to constants or parameters.
    ReadOnly,
    /// Two unordered accesses to the same place, at least one of which is a write.
    Race,
    /// Threads wait for threads that never arrive.
    Deadlock,
    /// Threads poll memory that no thread will write.
    Endless,
    /// Wrong use of a barrier, a descriptor or an asynchronous operation.
    Misuse,
    /// `trap`, or a failed assertion.
    Trap,
    /// A feature that this driver does not have.
    NotDone,
}

/// A fault without its place.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    pub(crate) lane: Option<usize>,
    pub(crate) what: String,
}

impl Violation {
    pub(crate) fn new(kind: Kind, lane: usize, what: impl Into<String>) -> Violation {
        Violation { kind, lane: Some(lane), what: what.into() }
    }
}

/// A fault, with its kernel, block, thread and instruction.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The kind of the fault.
    pub kind: Kind,
    /// The kernel's name.
    pub kernel: String,
    /// `blockIdx`.
    pub block: [u32; 3],
    /// `threadIdx`.
    pub thread: [u32; 3],
    /// The line of the PTX text.
    pub line: u32,
    /// The text of that line.
    pub text: String,
    /// The description.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ([a, b, c], [x, y, z]) = (self.block, self.thread);
        write!(f, "{:?} in kernel {}, block ({a},{b},{c}), thread ({x},{y},{z}), ", self.kind, self.kernel)?;
        write!(f, "PTX line {} `{}`: {}", self.line, self.text, self.what)
    }
}

impl std::error::Error for Fault {}
