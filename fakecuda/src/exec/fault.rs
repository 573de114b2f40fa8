//! What a kernel can do wrong, and who did it where.

/// The sort of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An address outside of every allocation.
    OutOfBounds,
    /// An address in memory that was freed.
    UseAfterFree,
    /// An address that is no multiple of the access's size.
    Misaligned,
    /// A write to constants or parameters.
    ReadOnly,
    /// Two accesses to one place, one of them a write, in no order.
    Race,
    /// Threads that wait for threads that never come.
    Deadlock,
    /// Threads that read and read what nobody will write.
    Endless,
    /// A barrier, a descriptor or an operation beside the threads that is used as it must not be.
    Misuse,
    /// `trap`, a failed assertion.
    Trap,
    /// Something that this driver does not do.
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

/// A fault: which kernel, block, thread and instruction.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its sort.
    pub kind: Kind,
    /// The kernel.
    pub kernel: String,
    /// `blockIdx`.
    pub block: [u32; 3],
    /// `threadIdx`.
    pub thread: [u32; 3],
    /// Of the PTX text.
    pub line: u32,
    /// That line.
    pub text: String,
    /// In words.
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
