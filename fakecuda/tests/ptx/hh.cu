// Hodgkin and Huxley's neuron, one thread a neuron, all steps in registers.
#ifdef F64
typedef double real;
#else
typedef float real;
#endif
__device__ real vtrap(real x, real y) { real r = x / y; return fabs(r) < real(1e-6) ? y : x / (real(1) - exp(-r)); }
__device__ real relax(real x, real a, real b, real dt) { real s = a + b, inf = a / s; return inf + (x - inf) * exp(-dt * s); }
extern "C" __global__ void hh(real* v, real* m, real* h, real* n, const real* input, real dt, int count, int steps) {
    int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= count) return;
    real V = v[k], M = m[k], H = h[k], N = n[k], I = input[k];
    for (int t = 0; t < steps; ++t) {
        M = relax(M, real(0.1) * vtrap(V + 40, 10), 4 * exp(-(V + 65) / 18), dt);
        H = relax(H, real(0.07) * exp(-(V + 65) / 20), 1 / (1 + exp(-(V + 35) / 10)), dt);
        N = relax(N, real(0.01) * vtrap(V + 55, 10), real(0.125) * exp(-(V + 65) / 80), dt);
        real gna = 120 * M * M * M * H, gk = 36 * N * N * N * N, g = gna + gk + real(0.3);
        real inf = (gna * 50 - gk * 77 - real(0.3) * real(54.387) + I) / g;
        V = inf + (V - inf) * exp(-dt * g);
    }
    v[k] = V; m[k] = M; h[k] = H; n[k] = N;
}
