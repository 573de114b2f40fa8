//! What a chunk has of its own, so that the next one can be asked for while this one is under way.

use super::context::Context;
use super::job::Job;
use super::limits::Limits;
use super::memory::{ALIGN, Buffer, Pinned};
use super::stream::Event;
use crate::error::Result;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Side {
    pub(super) input: Buffer,
    pub(super) record: Buffer,
    /// The state as it was before the chunk.
    pub(super) backup: Buffer,
    /// The least index of something that is not finite.
    pub(super) found: Buffer,
    pub(super) host_input: Pinned,
    pub(super) host_record: Pinned,
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
            found: buffer("a flag", 8)?,
            host_input: pinned("inputs", limits.input)?,
            host_record: pinned("recordings", limits.record)?,
            host_jobs: pinned("jobs", jobs)?,
            host_found: pinned("a flag", 8)?,
            uploaded: Event::new(context)?,
            computed: Event::new(context)?,
            downloaded: Event::new(context)?,
        })
    }
}
