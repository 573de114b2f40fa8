//! Graphs.

use super::put;
use crate::driver::{Code, queue::Op};

entries! {
    Context fn cuGraphInstantiateWithFlags(s, executable: *mut usize, graph: usize, flags: u64) {
        let Some(g) = s.graphs.get(&graph).cloned() else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        let handle = s.handle();
        s.executables.insert(handle, g);
        put(executable, handle)?;
    }
    Context fn cuGraphUpload(s, executable: usize, stream: usize) {
        if !s.executables.contains_key(&executable) {
            return Err(Code::ERROR_INVALID_HANDLE.into());
        }
        s.stream(stream)?;
    }
    Context fn cuGraphLaunch(s, executable: usize, stream: usize) {
        let Some(g) = s.executables.get(&executable).cloned() else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        s.count_launch("a graph")?;
        for op in g.ops {
            if let Op::Launch { kernel, .. } = &op {
                s.kernels.entry(kernel.name.clone()).or_default().0 += 1;
            }
            s.queue(stream, op)?;
        }
    }
    Context fn cuGraphGetNodes(s, graph: usize, nodes: *mut usize, n: *mut usize) {
        let Some(g) = s.graphs.get(&graph) else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        if !nodes.is_null() {
            return Err(Code::ERROR_NOT_SUPPORTED.why("a query of a graph's nodes other than their number"));
        }
        put(n, g.ops.len())?;
    }
    Initialised fn cuGraphExecDestroy(s, executable: usize) {
        s.executables.remove(&executable).ok_or(Code::ERROR_INVALID_HANDLE)?;
    }
    Initialised fn cuGraphDestroy(s, graph: usize) {
        s.graphs.remove(&graph).ok_or(Code::ERROR_INVALID_HANDLE)?;
    }
}
