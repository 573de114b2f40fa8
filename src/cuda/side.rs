//! What a chunk has of its own, so that the next one can be asked for while this one is under way.

use super::context::Context;
use super::job::Job;
use super::limits::Limits;
use super::memory::{ALIGN, Buffer, Pinned};
use super::stream::{Event, Stream};
use crate::error::Result;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Side {
    pub(super) input: Buffer,
    pub(super) record: Buffer,
    /// The state as it was before the chunk.
    pub(super) backup: Buffer,
    /// A u32 for each row: how many of the chunk's steps it takes. Empty until a run has lengths.
    pub(super) lengths: Buffer,
    /// The least index of something that is not finite.
    pub(super) found: Buffer,
    pub(super) host_input: Pinned,
    pub(super) host_record: Pinned,
    pub(super) host_lengths: Pinned,
    pub(super) host_jobs: Pinned,
    pub(super) host_found: Pinned,
    pub(super) uploaded: Event,
    pub(super) computed: Event,
    pub(super) downloaded: Event,
}

impl Side {
    /// Bytes from one stage's job to the next one's.
    pub(super) const JOB: usize = size_of::<Job>().next_multiple_of(ALIGN);

    pub(super) fn new(context: &Arc<Context>, state: usize, limits: &Limits, jobs: usize) -> Result<Self> {
        let buffer = |what: &str, len: usize| Buffer::new(context, what, len);
        let pinned = |what: &str, len: usize| Pinned::new(context, what, len);
        Ok(Self {
            input: buffer("inputs", limits.input)?,
            record: buffer("recordings", limits.record)?,
            backup: buffer("the state before a chunk", state)?,
            lengths: buffer("lengths", 0)?,
            found: buffer("a flag", 8)?,
            host_input: pinned("inputs", limits.input)?,
            host_record: pinned("recordings", limits.record)?,
            host_lengths: pinned("lengths", 0)?,
            host_jobs: pinned("jobs", jobs)?,
            host_found: pinned("a flag", 8)?,
            uploaded: Event::new(context)?,
            computed: Event::new(context)?,
            downloaded: Event::new(context)?,
        })
    }

    /// Asks for the lengths of a chunk of `steps` steps, `before` steps into the run, to be put where kernels find them. Returns where.
    pub(super) fn put_lengths(&mut self, lengths: &[usize], before: u64, steps: u64, stream: &Stream) -> Result<u64> {
        let left = lengths.iter().map(|len| (*len as u64).saturating_sub(before).min(steps) as u32);
        self.host_lengths.slice_mut::<u32>(0, lengths.len())?.iter_mut().zip(left).for_each(|(to, len)| *to = len);
        self.lengths.upload(0, &self.host_lengths, 0, size_of::<u32>() * lengths.len(), stream)?;
        Ok(self.lengths.address(0))
    }
}
