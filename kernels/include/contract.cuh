// What Rust says of the model, compared with what its file says.
#pragma once
#include "system.cuh"

static_assert(sizeof(Params) == PARAMS_BYTES,
              "struct Params is not as large as the parameters that the program in Rust was given with params(..)");
static_assert(sizeof(State) == N_STATE * sizeof(acc_t) || (N_STATE == 0 && sizeof(State) == 1),
              "struct State must have one acc_t for each variable of the schema, and nothing else");
