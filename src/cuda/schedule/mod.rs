//! TODO head

pub(crate) mod chunk_buffers;
pub(crate) mod chunk_length;
pub(crate) mod plan;
pub(crate) mod stage_builder;
pub(crate) mod strategy;
