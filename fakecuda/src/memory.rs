//! Device memory. Every allocation has its own span of addresses, which is never used again. So an
//! address identifies its allocation, even past the allocation's end and after it was freed.

use crate::exec::{Kind, Violation};
use crate::race::Shadow;
use crate::spare::SpareMemory;

/// The byte that fresh memory is filled with. It is not a NaN, because arithmetic would hide a NaN.
pub const POISON: u8 = 0xa5;

const SPAN: u32 = 36;
/// The offset of an allocation within its span. It lets the driver attribute an address before the
/// allocation's start.
const START: u64 = 1 << 32;
/// The first address of the windows for shared, local and parameter memory.
const END: u64 = 1 << 60;

pub(crate) struct Region {
    pub(crate) bytes: Vec<u8>,
    size: usize,
    live: bool,
    name: Option<String>,
    pub(crate) constant: bool,
    pub(crate) shadow: Option<Shadow>,
    /// The copies and fills that are unordered with the kernel that runs.
    pub(crate) flights: Vec<Flight>,
}

/// The bytes of a region that a copy or fill accesses while a kernel runs.
pub(crate) struct Flight {
    from: usize,
    to: usize,
    writes: bool,
    what: String,
}

impl Region {
    /// Refuses an access of `n` bytes that overlaps an unordered copy or fill.
    #[cold]
    pub(crate) fn met(&self, at: usize, n: usize, write: bool) -> Result<(), String> {
        match self.flights.iter().find(|f| f.from < at + n && at < f.to && (write || f.writes)) {
            Some(Flight { what, writes, .. }) => {
                let does = if *writes { "writes" } else { "reads" };
                Err(format!(
                    "byte {at} of an allocation of {} bytes, which {what} {does}: neither waits for the other",
                    self.bytes.len()
                ))
            }
            None => Ok(()),
        }
    }
}

/// The memory of a device.
pub struct Memory {
    pub(crate) regions: Vec<Region>,
    pub(crate) spare: SpareMemory,
    used: usize,
    limit: usize,
}

impl Memory {
    /// Creates a device memory of `limit` bytes.
    pub fn new(limit: usize) -> Memory {
        Memory { regions: Vec::new(), spare: SpareMemory::default(), used: 0, limit }
    }

    /// The bytes in use.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The bytes in total.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Allocates `size` bytes, or returns `None` if the device does not have that much free memory.
    pub fn allocate(&mut self, size: usize) -> Option<u64> {
        self.region(size, None, false)
    }

    /// Allocates a module's variable.
    pub fn variable(&mut self, name: &str, size: usize, init: &[u8], constant: bool) -> Option<u64> {
        let at = self.region(size, Some(name.into()), constant)?;
        let region = self.regions.last_mut()?;
        region.bytes.fill(0);
        region.bytes.get_mut(..init.len())?.copy_from_slice(init);
        Some(at)
    }

    fn region(&mut self, size: usize, name: Option<String>, constant: bool) -> Option<u64> {
        let id = self.regions.len() as u64;
        if size as u64 > START || size > self.limit - self.used || (id + 1) << SPAN >= END {
            return None;
        }
        self.used += size;
        self.regions.push(Region {
            bytes: self.spare.poisoned(size),
            size,
            live: true,
            name,
            constant,
            shadow: None,
            flights: Vec::new(),
        });
        Some(id << SPAN | START)
    }

    /// Frees an allocation. Returns `false` if `at` is not the start of a live allocation.
    pub fn free(&mut self, at: u64) -> bool {
        let Some(region) = self.regions.get_mut((at >> SPAN) as usize) else { return false };
        if at & ((1 << SPAN) - 1) != START || !region.live {
            return false;
        }
        region.live = false;
        self.spare.keep(std::mem::take(&mut region.bytes));
        region.shadow = None;
        self.used -= region.size;
        true
    }

    /// Whether `at` is the start of a live allocation.
    pub fn is_start(&self, at: u64) -> bool {
        at & ((1 << SPAN) - 1) == START && self.regions.get((at >> SPAN) as usize).is_some_and(|r| r.live)
    }

    /// The address and size of every live allocation, without the modules' variables.
    pub fn left(&self) -> Vec<(u64, usize)> {
        let list = self.regions.iter().enumerate().filter(|(_, r)| r.live && r.name.is_none());
        list.map(|(id, r)| ((id as u64) << SPAN | START, r.size)).collect()
    }

    /// The region that contains an address, and the offset in it.
    #[inline]
    pub(crate) fn find(&self, at: u64, n: usize) -> Result<(usize, usize), (Kind, String)> {
        let (id, offset) = ((at >> SPAN) as usize, (at & ((1 << SPAN) - 1)).wrapping_sub(START));
        if let Some(r) = self.regions.get(id)
            && offset.checked_add(n as u64).is_some_and(|end| end <= r.bytes.len() as u64)
            && r.live
        {
            return Ok((id, offset as usize));
        }
        Err(self.explain(at, n))
    }

    #[cold]
    fn explain(&self, at: u64, n: usize) -> (Kind, String) {
        let Some(r) = self.regions.get((at >> SPAN) as usize).filter(|_| at >= START) else {
            return (Kind::OutOfBounds, format!("address {at:#x} is not in device memory"));
        };
        let name = r
            .name
            .as_ref()
            .map_or(format!("the allocation at {:#x}", at >> SPAN << SPAN | START), |n| format!("variable '{n}'"));
        let offset = (at & ((1 << SPAN) - 1)) as i64 - START as i64;
        if !r.live {
            return (
                Kind::UseAfterFree,
                format!("{n} bytes at byte {offset} of {name} of {} bytes, which was freed", r.size),
            );
        }
        (Kind::OutOfBounds, format!("{n} bytes at byte {offset} of {name} of {} bytes", r.size))
    }

    /// Marks the bytes that a copy or fill accesses while the next kernel runs. Returns the index
    /// of the marked region.
    pub(crate) fn fly(&mut self, at: u64, bytes: usize, writes: bool, what: String) -> Option<usize> {
        let (id, from) = self.find(at, bytes).ok()?;
        self.regions[id].flights.push(Flight { from, to: from + bytes, writes, what });
        Some(id)
    }

    /// Removes the marks from these regions.
    pub(crate) fn land(&mut self, regions: &[usize]) {
        regions.iter().for_each(|id| self.regions[*id].flights.clear());
    }

    /// Device memory, as the host reads it.
    pub fn bytes(&self, at: u64, n: usize) -> Result<&[u8], String> {
        let (id, offset) = self.find(at, n).map_err(|e| e.1)?;
        Ok(&self.regions[id].bytes[offset..offset + n])
    }

    /// Device memory, as the host writes it.
    pub fn bytes_mut(&mut self, at: u64, n: usize) -> Result<&mut [u8], String> {
        let (id, offset) = self.find(at, n).map_err(|e| e.1)?;
        Ok(&mut self.regions[id].bytes[offset..offset + n])
    }
}

impl From<(Kind, String)> for Violation {
    fn from((kind, what): (Kind, String)) -> Violation {
        Violation { kind, lane: None, what }
    }
}
