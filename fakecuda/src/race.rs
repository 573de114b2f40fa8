//! Race detection. For every word, the shadow holds the last write and the last reads, each with
//! its time. Two accesses race if neither is ordered before the other and at least one is a write.
//! Atomic accesses do not race with each other, and a write that does not change the value does not
//! race.

use bytemuck::Zeroable;
use std::ops::Range;

/// An access to a word. In shared memory `who` is a warp or another actor; in device memory it is a
/// block.
#[derive(Clone, Copy, Default, Debug, Zeroable)]
#[repr(C)]
pub(crate) struct Access {
    pub(crate) who: u32,
    /// The thread's number in its block. The top bit marks an atomic access.
    thread: u32,
    /// The time of the access; 0 means that there was none.
    pub(crate) time: u32,
}

const ATOMIC: u32 = 1 << 31;

impl Access {
    pub(crate) fn new(who: u32, thread: u32, time: u32, atomic: bool) -> Access {
        Access { who, thread: thread | if atomic { ATOMIC } else { 0 }, time }
    }

    pub(crate) fn thread(&self) -> u32 {
        self.thread & !ATOMIC
    }

    fn atomic(&self) -> bool {
        self.thread & ATOMIC != 0
    }
}

#[derive(Clone, Copy, Default, Zeroable)]
#[repr(C)]
struct Cell {
    /// The scope that this entry belongs to: a launch for device memory, a cluster for shared
    /// memory. Entries of other scopes are ignored.
    scope: u32,
    write: Access,
    reads: [Access; 2],
}

/// The entries of one allocation, or of a cluster's shared memory.
pub(crate) struct Shadow {
    cells: Vec<Cell>,
    bytes: usize,
    /// The bytes of an entry, as a power of two: 4, or the width of the narrowest access so far.
    shift: u32,
    /// The present scope, and the bytes from the first to the last that it has accessed.
    scope: u32,
    accessed: Range<usize>,
}

/// The earlier access that an access races with, and whether that was a write.
pub(crate) struct Clash {
    pub(crate) other: Access,
    pub(crate) wrote: bool,
}

impl Shadow {
    pub(crate) fn new(bytes: usize) -> Shadow {
        // The system hands out zeroed pages when they are touched. The entries are ten times as
        // large as the memory, and kernels access little of it.
        Shadow { cells: bytemuck::zeroed_vec(bytes.div_ceil(4)), bytes, shift: 2, scope: 0, accessed: 0..0 }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Divides the entries, so that each has `1 << shift` bytes. Only entries of the present scope
    /// count, so the others are not copied.
    #[cold]
    fn split(&mut self, shift: u32) {
        let times = 1 << (self.shift - shift);
        let mut cells: Vec<Cell> = bytemuck::zeroed_vec(self.cells.len() * times);
        let used = self.accessed.start >> self.shift..self.accessed.end.div_ceil(1 << self.shift);
        for (new, old) in cells[used.start * times..used.end * times].chunks_exact_mut(times).zip(&self.cells[used]) {
            new.fill(*old);
        }
        self.cells = cells;
        self.shift = shift;
    }

    /// Records an access to `n` bytes from byte `at`; `write` is `Some(changed)` for a write. The
    /// second argument of `ordered` says whether the earlier access was a write.
    pub(crate) fn touch(
        &mut self,
        scope: u32,
        (at, n): (usize, usize),
        me: Access,
        write: Option<bool>,
        ordered: impl Fn(&Access, bool) -> bool,
    ) -> Result<(), Clash> {
        if self.scope != scope {
            (self.scope, self.accessed) = (scope, at..at);
        }
        self.accessed = self.accessed.start.min(at)..self.accessed.end.max(at + n);
        let narrow = n.trailing_zeros().min(2);
        if narrow < self.shift {
            self.split(narrow);
        }
        let clash = |o: &Access, wrote: bool| o.time != 0 && !(o.atomic() && me.atomic()) && !ordered(o, wrote);
        let last = (at + n - 1) >> self.shift;
        for cell in &mut self.cells[at >> self.shift..=last] {
            if cell.scope != scope {
                *cell = Cell { scope, ..Cell::default() };
            }
            if clash(&cell.write, true) && write != Some(false) {
                return Err(Clash { other: cell.write, wrote: true });
            }
            match write {
                Some(changed) => {
                    if changed && let Some(r) = cell.reads.iter().find(|r| clash(r, false)) {
                        return Err(Clash { other: *r, wrote: false });
                    }
                    cell.write = me;
                    cell.reads = [Access::default(); 2];
                }
                None => {
                    // Keeps the reads that a later write may race with, by at most two different
                    // warps or blocks.
                    let [a, b] = &mut cell.reads;
                    if a.time == 0 || a.who == me.who || b.time != 0 && b.who != me.who && ordered(a, false) {
                        *a = me;
                    } else {
                        *b = me;
                    }
                }
            }
        }
        Ok(())
    }
}
