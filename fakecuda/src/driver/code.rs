//! The driver's error codes that this library returns.

use crate::exec::Kind;

macro_rules! codes {
    ($($name:ident = $n:literal, $text:literal;)*) => {
        /// A `CUresult`.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        #[allow(missing_docs)]
        pub enum Code { $($name = $n),* }

        impl Code {
            /// The name and the description of a code, each with a NUL at the end.
            pub(crate) fn texts(n: u32) -> Option<(&'static str, &'static str)> {
                Some(match n {
                    $($n => (concat!("CUDA_", stringify!($name), "\0"), concat!($text, "\0")),)*
                    _ => return None,
                })
            }
        }
    };
}

codes! {
    SUCCESS = 0, "no error";
    ERROR_INVALID_VALUE = 1, "invalid argument";
    ERROR_OUT_OF_MEMORY = 2, "out of memory";
    ERROR_NOT_INITIALIZED = 3, "initialization error";
    ERROR_DEVICE_UNAVAILABLE = 46, "CUDA-capable device(s) is/are busy or unavailable";
    ERROR_NO_DEVICE = 100, "no CUDA-capable device is detected";
    ERROR_INVALID_DEVICE = 101, "invalid device ordinal";
    ERROR_INVALID_IMAGE = 200, "device kernel image is invalid";
    ERROR_INVALID_CONTEXT = 201, "invalid device context";
    ERROR_NO_BINARY_FOR_GPU = 209, "no kernel image is available for execution on the device";
    ERROR_INVALID_PTX = 218, "a PTX JIT compilation failed";
    ERROR_UNSUPPORTED_PTX_VERSION = 222, "the provided PTX was compiled with an unsupported toolchain.";
    ERROR_ILLEGAL_STATE = 401, "the operation cannot be performed in the present state";
    ERROR_INVALID_HANDLE = 400, "invalid resource handle";
    ERROR_NOT_FOUND = 500, "named symbol not found";
    ERROR_NOT_READY = 600, "device not ready";
    ERROR_ILLEGAL_ADDRESS = 700, "an illegal memory access was encountered";
    ERROR_LAUNCH_OUT_OF_RESOURCES = 701, "too many resources requested for launch";
    ERROR_LAUNCH_TIMEOUT = 702, "the launch timed out and was terminated";
    ERROR_ASSERT = 710, "device-side assert triggered";
    ERROR_ILLEGAL_INSTRUCTION = 715, "an illegal instruction was encountered";
    ERROR_MISALIGNED_ADDRESS = 716, "misaligned address";
    ERROR_LAUNCH_FAILED = 719, "unspecified launch failure";
    ERROR_COOPERATIVE_LAUNCH_TOO_LARGE = 720, "too many blocks in cooperative launch";
    ERROR_NOT_SUPPORTED = 801, "operation not supported";
    ERROR_STREAM_CAPTURE_UNSUPPORTED = 900, "operation not permitted when stream is capturing";
    ERROR_STREAM_CAPTURE_INVALIDATED = 901, "operation failed due to a previous error during capture";
    ERROR_STREAM_CAPTURE_MERGE = 902, "operation would result in a merge of separate capture sequences";
    ERROR_STREAM_CAPTURE_UNMATCHED = 903, "capture was not ended in the same stream as it began";
    ERROR_STREAM_CAPTURE_UNJOINED = 904, "capturing stream has unjoined work";
    ERROR_STREAM_CAPTURE_ISOLATION = 905, "dependency created on uncaptured work in another stream";
    ERROR_STREAM_CAPTURE_IMPLICIT = 906, "operation would make the legacy stream depend on a capturing blocking stream";
    ERROR_CAPTURED_EVENT = 907, "operation not permitted on an event last recorded in a capturing stream";
    ERROR_INVALID_CLUSTER_SIZE = 912, "cluster size is not possible";
    ERROR_UNKNOWN = 999, "unknown error";
}

/// The code that a GPU would return for a kernel's fault. A fault that a GPU would not notice
/// becomes a failed launch.
pub(crate) fn of_fault(kind: Kind) -> Code {
    match kind {
        Kind::OutOfBounds | Kind::UseAfterFree | Kind::ReadOnly => Code::ERROR_ILLEGAL_ADDRESS,
        Kind::Misaligned => Code::ERROR_MISALIGNED_ADDRESS,
        Kind::Trap | Kind::Misuse => Code::ERROR_ILLEGAL_INSTRUCTION,
        Kind::Deadlock | Kind::Endless => Code::ERROR_LAUNCH_TIMEOUT,
        Kind::Race | Kind::NotDone => Code::ERROR_LAUNCH_FAILED,
    }
}
