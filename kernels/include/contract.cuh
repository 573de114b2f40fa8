// Compares the sizes that Rust expects with the model's file. Errors, which show both numbers, name
// MODEL_FILE as their file.
#pragma once
#include "system.cuh"

#ifdef MODEL_FILE
#line 1 MODEL_FILE
#endif
template <u64 HERE, u64 RUST>
struct BytesOfParams {
    static_assert(HERE == RUST, "struct Params is not as large as the parameters that the program in Rust was given with params(..)");
};
template <u64 HERE, u64 SCHEMA>
struct BytesOfState {
    static_assert(HERE == SCHEMA, "struct State must have one acc_t for each variable of the schema in Rust, and nothing else");
};
template struct BytesOfParams<sizeof(Params), PARAMS_BYTES>;
// A struct without fields has one byte.
template struct BytesOfState<N_STATE == 0 && sizeof(State) == 1 ? 0 : sizeof(State), N_STATE * sizeof(acc_t)>;
