//! Modules, and the functions and variables in them.

use std::ffi::{CStr, c_char, c_void};

use super::put;
use crate::driver::Code;
use crate::driver::state::Function;

entries! {
    Context fn cuModuleLoadData(s, module: *mut usize, image: *const u8) {
        s.not_capturing("loading a module")?;
        let handle = s.load(image)?;
        put(module, handle)?;
    }
    Context fn cuModuleLoadDataEx(s, module: *mut usize, image: *const u8, n: u32, options: *mut i32, values: *mut *mut c_void) {
        s.not_capturing("loading a module")?;
        let handle = s.load(image)?;
        put(module, handle)?;
    }
    Context fn cuModuleUnload(s, module: usize) {
        s.drain_all()?;
        let Some(gone) = s.modules.remove(&module) else { return Err(Code::ERROR_INVALID_HANDLE.why("no such module")) };
        for (_, at) in gone.globals {
            s.memory.free(at);
        }
        s.functions.retain(|_, f| f.module != module);
    }
    Context fn cuModuleGetFunction(s, function: *mut usize, module: usize, name: *const c_char) {
        let name = CStr::from_ptr(name).to_string_lossy().into_owned();
        let Some(m) = s.modules.get(&module) else { return Err(Code::ERROR_INVALID_HANDLE.why("no such module")) };
        let Some(kernel) = m.kernels.get(&name).cloned() else {
            let list: Vec<_> = m.kernels.keys().cloned().collect();
            return Err(Code::ERROR_NOT_FOUND.why(format!("no kernel '{name}' among {}", list.join(", "))));
        };
        let old = s.functions.iter().find(|(_, f)| f.module == module && f.kernel.name == name).map(|f| *f.0);
        let handle = old.unwrap_or_else(|| s.handle());
        s.functions.entry(handle).or_insert(Function { module, kernel, dynamic_limit: 48 << 10, large_clusters: false });
        put(function, handle)?;
    }
    Context fn cuModuleGetGlobal_v2(s, at: *mut u64, bytes: *mut usize, module: usize, name: *const c_char) {
        let name = CStr::from_ptr(name).to_string_lossy();
        let Some(m) = s.modules.get(&module) else { return Err(Code::ERROR_INVALID_HANDLE.why("no such module")) };
        let Some((v, address)) = m.globals.iter().find(|g| g.0.name == name) else {
            return Err(Code::ERROR_NOT_FOUND.why(format!("no variable '{name}'")));
        };
        if !at.is_null() {
            put(at, *address)?;
        }
        if !bytes.is_null() {
            put(bytes, v.size)?;
        }
    }
}
