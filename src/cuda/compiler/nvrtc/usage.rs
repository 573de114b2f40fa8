//! Reads the resource usage of kernels from the output of `ptxas -v`.

/// The resource usage of a kernel, as `ptxas` reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Name of the kernel.
    pub kernel: String,
    /// Registers per thread.
    pub registers: u32,
    /// Static shared memory of a thread block, in bytes. Dynamic shared memory, whose size the
    /// launch sets, is not included.
    pub shared: u32,
    /// Constant memory, in bytes. From compute capability 9.0 on, `ptxas` does not report it and
    /// the value is 0.
    pub constant: u32,
    /// Stack frame of a thread, in bytes.
    pub stack: u32,
    /// Register spills: bytes that a thread stores to local memory.
    pub spill_stores: u32,
    /// Register spills: bytes that a thread loads from local memory.
    pub spill_loads: u32,
}

/// Returns the usage of each kernel, in the order of `ptxas`'s output.
///
/// ```text
/// ptxas info    : Compiling entry function 'scan' for 'sm_90'
/// ptxas info    : Function properties for scan
/// ptxas         .     8 bytes stack frame, 4 bytes spill stores, 0 bytes spill loads
/// ptxas info    : Used 20 registers, used 1 barriers, 1024 bytes smem, 360 bytes cmem[0]
/// ```
pub(crate) fn usage(log: &str) -> Vec<Usage> {
    let mut kernels: Vec<Usage> = Vec::new();
    // `ptxas` also reports properties of functions that were not inlined; these are not the
    // kernel's.
    let mut own = false;
    for line in log.lines() {
        if let Some((_, rest)) = line.split_once("Compiling entry function '") {
            let kernel = rest.split('\'').next().unwrap_or_default().to_owned();
            kernels.push(Usage { kernel, ..Usage::default() });
            own = false;
            continue;
        }
        let Some(kernel) = kernels.last_mut() else { continue };
        if let Some((_, name)) = line.split_once("Function properties for ") {
            own = name.trim() == kernel.kernel;
        } else if own && line.contains("bytes stack frame") {
            kernel.stack = before(line, " bytes stack frame");
            kernel.spill_stores = before(line, " bytes spill stores");
            kernel.spill_loads = before(line, " bytes spill loads");
        } else if line.contains("Used ") && line.contains(" registers") {
            kernel.registers = before(line, " registers");
            kernel.shared = before(line, " bytes smem");
            kernel.constant = line
                .split(',')
                .filter(|part| part.contains(" bytes cmem["))
                .map(|part| before(part, " bytes cmem["))
                .sum();
        }
    }
    kernels
}

/// Returns the number before these words, or 0 if there is none.
fn before(line: &str, words: &str) -> u32 {
    let number = line.find(words).and_then(|at| line.get(..at)).and_then(|head| head.rsplit([' ', ',']).next());
    number.and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output of NVRTC 13.0 for two kernels, one of which calls a function that is not inlined.
    const LOG: &str = "\
ptxas info    : Overriding maximum register limit 256 for 'spill' with  24 of maxrregcount option
ptxas warning : Registers are spilled to local memory in function 'spill', 648 bytes spill stores, 696 bytes spill loads
ptxas info    : 472 bytes gmem, 400 bytes cmem[3], 24 bytes cmem[4]
ptxas info    : Compiling entry function 'spill' for 'sm_75'
ptxas info    : Function properties for spill
ptxas         .     736 bytes stack frame, 648 bytes spill stores, 696 bytes spill loads
ptxas info    : Used 24 registers, used 0 barriers, 736 bytes cumulative stack size, 368 bytes cmem[0], 32 bytes cmem[2]
ptxas info    : Compile time = 152.874 ms
ptxas info    : Function properties for _Z6helperPf
ptxas         .     16 bytes stack frame, 4 bytes spill stores, 4 bytes spill loads
ptxas info    : Compiling entry function '_Z2ttILi3EEvPf' for 'sm_90'
ptxas info    : Function properties for _Z2ttILi3EEvPf
ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 20 registers, used 1 barriers, 1024 bytes smem
";

    #[test]
    fn what_ptxas_says_is_read() {
        let spill = Usage {
            kernel: "spill".into(),
            registers: 24,
            shared: 0,
            constant: 400,
            stack: 736,
            spill_stores: 648,
            spill_loads: 696,
        };
        let other = Usage { kernel: "_Z2ttILi3EEvPf".into(), registers: 20, shared: 1024, ..Usage::default() };
        assert_eq!(usage(LOG), [spill, other]);
    }

    #[test]
    fn nothing_said_is_nothing_used() {
        assert!(usage("").is_empty());
        assert!(
            usage("ptxas info    : Used 24 registers, used 0 barriers\nptxas         .  8 bytes stack frame")
                .is_empty()
        );
        let odd = usage("Compiling entry function '\nUsed many registers, 99999999999 bytes smem");
        assert_eq!(odd, [Usage::default()]);
    }
}
