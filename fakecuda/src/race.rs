//! Races: for every word the last write and the last reads, each with when it was. Two accesses race where neither is
//! ordered before the other and one is a write. Atomic accesses do not race with each other, nor does a write that
//! changes nothing.

/// Who accessed a word when. In shared memory `who` is a warp, in device memory a block.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Access {
    pub(crate) who: u32,
    /// The thread's number in its block; the top bit tells atomics.
    thread: u32,
    /// 0: never.
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

#[derive(Clone, Copy, Default)]
struct Cell {
    /// What another launch left is void.
    launch: u32,
    write: Access,
    reads: [Access; 2],
}

/// The cells of one allocation or of one block's shared memory.
pub(crate) struct Shadow {
    cells: Vec<Cell>,
    bytes: usize,
    /// Bytes of a cell, as a power of two: 4, or what the narrowest access so far was.
    shift: u32,
}

/// The access that this one races with, and whether that one wrote.
pub(crate) struct Clash {
    pub(crate) other: Access,
    pub(crate) wrote: bool,
}

impl Shadow {
    pub(crate) fn new(bytes: usize) -> Shadow {
        Shadow { cells: vec![Cell::default(); bytes.div_ceil(4)], bytes, shift: 2 }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    #[cold]
    fn split(&mut self, shift: u32) {
        let times = 1 << (self.shift - shift);
        self.cells = self.cells.iter().flat_map(|c| std::iter::repeat_n(*c, times)).collect();
        self.shift = shift;
    }

    /// Notes an access; `write` is `Some(changed)` for a write. `ordered` is also told whether the other one wrote.
    pub(crate) fn touch(
        &mut self,
        launch: u32,
        (at, n): (usize, usize),
        me: Access,
        write: Option<bool>,
        ordered: impl Fn(&Access, bool) -> bool,
    ) -> Result<(), Clash> {
        let narrow = n.trailing_zeros().min(2);
        if narrow < self.shift {
            self.split(narrow);
        }
        let clash = |o: &Access, wrote: bool| o.time != 0 && !(o.atomic() && me.atomic()) && !ordered(o, wrote);
        let last = (at + n - 1) >> self.shift;
        for cell in &mut self.cells[at >> self.shift..=last] {
            if cell.launch != launch {
                *cell = Cell { launch, ..Cell::default() };
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
                    // Of the reads keep those that others may still race with, by two different warps or blocks.
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
