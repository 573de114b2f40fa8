"""Makes normal.npz: the standard normal distribution at 50 digits, rounded once. Needs mpmath and numpy."""
import os
import mpmath
import numpy as np

mpmath.mp.dps = 50
x = np.concatenate([np.linspace(-38.5, 9.0, 381), np.linspace(-13.4, 6.4, 200), [0.0, -0.0, 1e-8, -1e-8, 1e-3, -1e-3]])
x = np.unique(x.astype(np.float32)).astype(np.float64)
phi = np.array([float(mpmath.ncdf(mpmath.mpf(v))) for v in x])
np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), "normal.npz"), x=x, phi=phi)
