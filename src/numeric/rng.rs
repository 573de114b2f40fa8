//! Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC'11).
//!
//! Each random number is a pure function of (seed, stream, unit, step). It depends on no other
//! random number, and not on threads, chunks or the device.

/// Four independent uniform 32-bit words: Philox4x32 with ten rounds.
#[inline(always)]
#[must_use]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..10 {
        let a = u64::from(c0) * 0xD251_1F53;
        let b = u64::from(c2) * 0xCD9E_8D57;
        (c0, c1, c2, c3) = ((b >> 32) as u32 ^ c1 ^ k0, b as u32, (a >> 32) as u32 ^ c3 ^ k1, a as u32);
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    [c0, c1, c2, c3]
}

/// A stream of random words. Each purpose (initial values of a variable, noise of a node, …) has
/// its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    seed: u64,
    stream: u16,
}

impl Stream {
    /// Stream number `stream` of `seed`.
    #[must_use]
    pub fn new(seed: u64, stream: u16) -> Self {
        Self { seed, stream }
    }

    /// The stream of a name (FNV-1a, folded to 16 bits), for weights and variables.
    #[must_use]
    pub fn named(seed: u64, name: &str) -> Self {
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        // The key contains the whole hash of the name, so that two names do not share a stream if
        // only 16 bits of their hashes are equal.
        Self { seed: seed ^ hash, stream: (hash >> 48) as u16 }
    }

    /// The stream of `purpose` for the node of this number.
    pub(crate) fn of_node(seed: u64, node: u16, purpose: &str) -> Self {
        Self::named(0, purpose).at_node(seed, node)
    }

    /// The stream of a seed and a node, of the same purpose as this stream, which is
    /// [`named`](Self::named) with seed 0.
    pub(crate) fn at_node(self, seed: u64, node: u16) -> Self {
        Self { seed: self.seed ^ seed ^ u64::from(node).rotate_left(40), stream: self.stream }
    }

    /// The parts of the stream that a device needs: the seed, combined with the hash of the name,
    /// and the stream number.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine calls it"))]
    pub(crate) fn parts(self) -> (u64, u16) {
        (self.seed, self.stream)
    }

    /// Four words for `unit` (below 2⁴⁸) at `step`.
    #[inline(always)]
    #[must_use]
    pub fn words(self, unit: u64, step: u64) -> [u32; 4] {
        let high = ((unit >> 32) as u32 & 0xffff) | (u32::from(self.stream) << 16);
        philox4x32([unit as u32, high, step as u32, (step >> 32) as u32], [self.seed as u32, (self.seed >> 32) as u32])
    }

    /// A uniform number in [0, 1) with 53 random bits.
    #[inline(always)]
    #[must_use]
    pub fn uniform(self, unit: u64, step: u64) -> f64 {
        let [a, b, ..] = self.words(unit, step);
        let bits = (u64::from(a) << 32 | u64::from(b)) >> 11;
        bits as f64 / (1u64 << 53) as f64
    }

    /// A standard normal number, by the Box-Muller transform in `f32` on 24-bit uniform numbers.
    /// Its magnitude is below 5.89. The value does not depend on the element type of the run.
    #[inline(always)]
    #[must_use]
    pub fn normal(self, unit: u64, step: u64) -> f32 {
        let [a, b, ..] = self.words(unit, step);
        let u = ((a >> 8) as f32 + 0.5) * (1.0 / 16_777_216.0);
        (-2.0 * ln_unit(u)).sqrt() * cos_turns(b)
    }
}

/// ln u for normal (not subnormal) u in (0, 1). The mantissa m is in [√½, √2), and the series of
/// atanh in s = (m−1)/(m+1) gives its logarithm.
#[inline(always)]
fn ln_unit(u: f32) -> f32 {
    let bits = u.to_bits().wrapping_add(0x3f80_0000 - 0x3f35_04f3);
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff) + 0x3f35_04f3);
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let p = q.mul_add(q.mul_add(q.mul_add(2.0 / 9.0, 2.0 / 7.0), 2.0 / 5.0), 2.0 / 3.0);
    let log_m = (s * q).mul_add(p, s + s);
    exponent.mul_add(std::f32::consts::LN_2, log_m)
}

/// cos(2π·turns/2³²). The top bits select the quarter turn exactly. Taylor polynomials on [−π/4,
/// π/4] compute the rest.
#[inline(always)]
fn cos_turns(turns: u32) -> f32 {
    let quadrant = turns.wrapping_add(0x2000_0000) >> 30;
    let rest = (turns.wrapping_sub(quadrant << 30) as i32 >> 5) as f32;
    let x = rest * (std::f32::consts::TAU / 134_217_728.0);
    let s = x * x;
    let cos = s.mul_add(s.mul_add(s.mul_add(s.mul_add(1.0 / 40_320.0, -1.0 / 720.0), 1.0 / 24.0), -0.5), 1.0);
    let sin =
        (x * s).mul_add(s.mul_add(s.mul_add(s.mul_add(1.0 / 362_880.0, -1.0 / 5040.0), 1.0 / 120.0), -1.0 / 6.0), x);
    let value = if quadrant & 1 == 0 { cos } else { sin };
    // cos(x + π/2) = −sin x, cos(x + π) = −cos x, cos(x + 3π/2) = sin x
    if quadrant == 1 || quadrant == 2 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers published with Random123 (kat_vectors, philox4x32 10).
    #[test]
    fn philox_matches_the_published_known_answers() {
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox4x32([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        assert_eq!(
            philox4x32([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn the_pieces_of_the_normal_transform_are_accurate() {
        for k in 0..100_000_u32 {
            let u = ((k * 167) as f32 + 0.5) / 16_777_216.0;
            let error = (f64::from(ln_unit(u)) - f64::from(u).ln()).abs();
            assert!(error <= 2e-6, "ln {u}: {error}");
            let turns = k.wrapping_mul(42_949);
            let exact = (f64::from(turns) / 4_294_967_296.0 * std::f64::consts::TAU).cos();
            assert!(
                (f64::from(cos_turns(turns)) - exact).abs() <= 2e-7,
                "cos at {turns}: {} {exact}",
                cos_turns(turns)
            );
        }
    }

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let stream = Stream::new(42, 3);
        let n = 200_000;
        let (mut sum, mut square, mut fourth) = (0.0, 0.0, 0.0);
        for k in 0..n {
            let z = f64::from(stream.normal(k % 1000, k / 1000));
            sum += z;
            square += z * z;
            fourth += z * z * z * z;
        }
        let n = n as f64;
        assert!((sum / n).abs() < 0.01 && (square / n - 1.0).abs() < 0.01 && (fourth / n - 3.0).abs() < 0.1);
    }
}
