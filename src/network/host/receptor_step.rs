//! The receptors' part of a step for a block of neurons, and the mask of neurons that spike.

use crate::network::plan::WORD;
use crate::network::plan::postsynaptic::SynapticFilter;
use crate::numeric::math::exp;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};

/// Values below this become 0: they are too small to change a potential, and subnormal numbers are
/// slow.
const NOTHING: f64 = 1e-30;

/// A receptor's share of the drive, and its decay. `h` is empty if the receptor has no rise, `v` if
/// it has no magnesium block.
pub(super) struct ReceptorStep<'a, T> {
    pub(super) course: SynapticFilter<T>,
    pub(super) s: &'a mut [T],
    pub(super) h: &'a mut [T],
    pub(super) v: &'a [T],
    /// The gains of s and h, if the group is integrated exactly; for each of these neurons or for all.
    pub(super) gains: Option<[&'a [T]; 2]>,
    pub(super) i: &'a mut [T],
    pub(super) g: &'a mut [T],
}

pub(super) fn feel<T: Real>(feel: ReceptorStep<'_, T>) {
    vectorize(feel);
}

#[inline(always)]
fn flushed<T: Real>(s: T) -> T {
    if s.abs() < T::of(NOTHING) { T::of(0.0) } else { s }
}

/// Adds `x` times its gain to `i`; there is a gain for each element, or one for all.
#[inline(always)]
fn add_times<T: Real>(i: &mut [T], x: &[T], gains: &[T]) {
    if let [gain] = gains {
        for (i, x) in i.iter_mut().zip(x) {
            *i = x.mul_add(*gain, *i);
        }
    } else {
        for ((i, x), gain) in i.iter_mut().zip(x).zip(gains) {
            *i = x.mul_add(*gain, *i);
        }
    }
}

/// The share of gap junctions: of `s`, which is the Σ w·V that arrived in the step before and is
/// then reset, and of `w`, which is Σ w.
pub(super) struct GapStep<'a, T> {
    pub(super) s: &'a mut [T],
    pub(super) w: &'a [T],
    pub(super) i: &'a mut [T],
    pub(super) g: &'a mut [T],
}

pub(super) fn join<T: Real>(join: GapStep<'_, T>) {
    let GapStep { s, w, i, g } = join;
    for (((s, w), i), g) in s.iter_mut().zip(w).zip(i).zip(g) {
        *i += *s;
        *g += *w;
        *s = T::of(0.0);
    }
}

impl<T: Real> SimdLoop for ReceptorStep<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let len = self.s.len().min(self.i.len()).min(self.g.len());
        let (s, i, g) = (&mut self.s[..len], &mut self.i[..len], &mut self.g[..len]);
        match (self.course.reversal, self.course.block) {
            (None, _) => match self.gains {
                None => {
                    for k in 0..len {
                        i[k] += s[k];
                    }
                }
                Some([of_s, of_h]) => {
                    add_times(i, s, of_s);
                    if self.course.rise.is_some() {
                        add_times(i, self.h, of_h);
                    }
                }
            },
            (Some(reversal), None) => {
                for k in 0..len {
                    i[k] = s[k].mul_add(reversal, i[k]);
                    g[k] += s[k];
                }
            }
            (Some(reversal), Some(block)) => {
                let v = &self.v[..len];
                for k in 0..len {
                    let open = s[k] / exp(-(block.alpha * v[k])).mul_add(block.scale, T::of(1.0));
                    i[k] = open.mul_add(reversal, i[k]);
                    g[k] += open;
                }
            }
        }
        let decay = self.course.decay;
        match self.course.rise {
            None => {
                for s in s {
                    *s = flushed(*s * decay);
                }
            }
            Some(rise) => {
                let h = &mut self.h[..len];
                for k in 0..len {
                    s[k] = flushed(h[k].mul_add(rise.gain, s[k] * decay));
                    h[k] = flushed(h[k] * rise.decay);
                }
            }
        }
    }
}

/// Writes the words of a slot: neurons spike if their output is not 0. Returns the number of
/// spikes.
pub(super) fn mask<T: Real>(y: &[T], words: &mut [T]) -> u32 {
    vectorize(Mask { y, words })
}

struct Mask<'a, T> {
    y: &'a [T],
    words: &'a mut [T],
}

impl<T: Real> SimdLoop for Mask<'_, T> {
    type Output = u32;
    #[inline(always)]
    fn run(self) -> u32 {
        let zero = T::of(0.0);
        let mut spikes = 0;
        for (word, y) in self.words.iter_mut().zip(self.y.chunks(WORD)) {
            *word = zero;
            if let Some(y) = y.first_chunk::<WORD>() {
                // Spikes are rare.
                let mut any = false;
                for y in y {
                    any |= *y != zero;
                }
                if !any {
                    continue;
                }
            }
            let mut bits = 0_u32;
            for (k, y) in y.iter().enumerate() {
                bits |= u32::from(*y != zero) << k;
            }
            spikes += bits.count_ones();
            *word = T::of_count(bits as i32);
        }
        spikes
    }
}
