//! The objects of the CUDA driver, each of which is freed once: context, modules, memory, streams,
//! graphs; and launches.

pub(crate) mod context;
pub(crate) mod functions;
pub(crate) mod graph;
pub(crate) mod launch;
pub(crate) mod library;
pub(crate) mod memory;
pub(crate) mod module;
pub(crate) mod occupancy;
pub(crate) mod signature;
pub(crate) mod stream;
pub(crate) mod tensor_maps;
