"""Times cuDNN's recurrent layers and cuBLAS's products on this GPU, with CUDA events: the median of 20 runs.

  nn.RNN, nn.GRU, nn.LSTM through cuDNN (bf16, f16, f32), and torch.matmul through cuBLAS (f32, tf32, bf16)
usage: time_torch.py OUT.json        prints one line for each case: name, ms, and us/step or TFLOP/s
"""
import json, sys
import torch


def med_ms(f, warm=5, n=20):
    for _ in range(warm):
        f()
    torch.cuda.synchronize()
    ts = []
    for _ in range(n):
        a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        a.record(); f(); b.record(); b.synchronize()
        ts.append(a.elapsed_time(b))
    return sorted(ts)[n // 2]


rows = {}
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
with torch.no_grad():
    for cell in ('RNN', 'GRU', 'LSTM'):
        for dt in (torch.bfloat16, torch.float16, torch.float32):
            for (T, B, I, H) in ((1024, 16, 768, 768), (1024, 1, 512, 512), (256, 64, 256, 256), (1024, 64, 1024, 1024), (1024, 128, 128, 128)):
                m = getattr(torch.nn, cell)(I, H).cuda().to(dt)
                x = torch.randn(T, B, I, device='cuda', dtype=dt)
                ms = med_ms(lambda: m(x))
                rows[f'{cell} {str(dt)[6:]} T={T} B={B} in={I} h={H}'] = dict(ms=ms, us_per_step=ms * 1e3 / T)
    for n in (1024, 2048, 4096, 8192):
        for name, dt, tf32 in (('f32', torch.float32, False), ('tf32', torch.float32, True), ('bf16', torch.bfloat16, False)):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            a, b = (torch.randn(n, n, device='cuda', dtype=dt) for _ in range(2))
            ms = med_ms(lambda: a @ b)
            rows[f'matmul {name} m={n} k={n} n={n}'] = dict(ms=ms, tflops=2 * n**3 / ms / 1e9)
    # The product of a cell with its input has T*B rows.
    for m, k, n in ((16384, 768, 3072), (1024, 512, 2048)):
        for name, dt, tf32 in (('f32', torch.float32, False), ('tf32', torch.float32, True), ('bf16', torch.bfloat16, False), ('f16', torch.float16, False)):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            a, b = torch.randn(m, k, device='cuda', dtype=dt), torch.randn(k, n, device='cuda', dtype=dt)
            ms = med_ms(lambda: a @ b)
            rows[f'matmul {name} m={m} k={k} n={n}'] = dict(ms=ms, tflops=2 * m * k * n / ms / 1e9)
for k, v in rows.items():
    print(f'{k:48s}', '  '.join(f'{a}={b:.3f}' for a, b in v.items()))
json.dump(dict(gpu=torch.cuda.get_device_name(), torch=torch.__version__, rows=rows), open(sys.argv[1], 'w'), indent=1)
