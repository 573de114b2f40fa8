//! PTX's types and state spaces.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    F16,
    Bf16,
    F16x2,
    Bf16x2,
    F32,
    F64,
    Tf32,
    Pred,
    B128,
}

impl Type {
    /// The type of a name. `.b` types are unsigned.
    pub(crate) fn named(name: &str) -> Option<Type> {
        Some(match name {
            "u8" | "b8" => Type::U8,
            "u16" | "b16" => Type::U16,
            "u32" | "b32" => Type::U32,
            "u64" | "b64" => Type::U64,
            "s8" => Type::S8,
            "s16" => Type::S16,
            "s32" => Type::S32,
            "s64" => Type::S64,
            "f16" => Type::F16,
            "bf16" => Type::Bf16,
            "f16x2" => Type::F16x2,
            "bf16x2" => Type::Bf16x2,
            "f32" => Type::F32,
            "f64" => Type::F64,
            "tf32" => Type::Tf32,
            "pred" => Type::Pred,
            "b128" => Type::B128,
            _ => return None,
        })
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Type::U8 | Type::S8 | Type::Pred => 1,
            Type::U16 | Type::S16 | Type::F16 | Type::Bf16 => 2,
            Type::U32 | Type::S32 | Type::F32 | Type::Tf32 | Type::F16x2 | Type::Bf16x2 => 4,
            Type::U64 | Type::S64 | Type::F64 => 8,
            Type::B128 => 16,
        }
    }

    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Type::S8 | Type::S16 | Type::S32 | Type::S64)
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Type::F16 | Type::Bf16 | Type::F16x2 | Type::Bf16x2 | Type::F32 | Type::F64 | Type::Tf32)
    }
}

/// The state space of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Any of the other spaces; the address determines which.
    Generic,
    /// Device memory.
    Global,
    /// A thread block's shared memory.
    Shared,
    /// The shared memory of all blocks of a cluster.
    Cluster,
    /// A thread's local memory.
    Local,
    /// Device memory that kernels cannot write.
    Const,
    /// A launch's parameters.
    Param,
}

impl Space {
    pub(crate) fn named(name: &str) -> Option<Space> {
        Some(match name.split("::").next().unwrap_or(name) {
            "shared" if name == "shared::cluster" => Space::Cluster,
            "global" => Space::Global,
            "shared" => Space::Shared,
            "local" => Space::Local,
            "const" => Space::Const,
            "param" => Space::Param,
            _ => return None,
        })
    }
}
