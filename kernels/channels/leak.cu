// The leak channel, which has no gates.
constexpr int GATES = 0;
struct Params {
    acc_t e, g_max;
};

__device__ __forceinline__ acc_t open(const acc_t*) { return acc_t(1); }

__device__ __forceinline__ void rates(acc_t, const Params&, Rate*) {}
