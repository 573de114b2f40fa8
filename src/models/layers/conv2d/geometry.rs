//! The position of a window of a convolution, and its elements outside of the input.

use crate::error::{Error, Result};
use std::ops::Range;

/// The zeros around the input of a convolution. The extent of the window is
/// e = (kernel − 1)·dilation + 1, and an axis has (before + input + after − e)/stride + 1 outputs,
/// rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Padding {
    /// As many zeros as input/stride outputs need, rounded up. If their number is odd, there is one
    /// more after the input than before it.
    #[default]
    Same,
    /// No zeros.
    Valid,
    /// The numbers of zeros (before, after) of the rows, and of the columns.
    Explicit([(usize, usize); 2]),
}

impl std::str::FromStr for Padding {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "SAME" => Ok(Self::Same),
            "VALID" => Ok(Self::Valid),
            _ => Err(Error::unknown("padding", s, ["SAME", "VALID"])),
        }
    }
}

/// One axis of the input and of the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(crate) input: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
    padding: Pad,
}

#[derive(Clone, Copy, Debug)]
enum Pad {
    Same,
    These(usize, usize),
}

impl Side {
    pub(super) fn new(kernel: usize, input: usize) -> Self {
        Self { input, kernel, stride: 1, dilation: 1, padding: Pad::Same }
    }

    /// The distance from the window's first element to its last, both included.
    fn extent(self) -> usize {
        self.kernel.saturating_sub(1).saturating_mul(self.dilation).saturating_add(1)
    }

    /// The numbers of zeros before and after the input.
    pub(super) fn pad(self) -> (usize, usize) {
        match self.padding {
            Pad::These(before, after) => (before, after),
            Pad::Same => {
                let last = self.input.div_ceil(self.stride.max(1)).saturating_sub(1).saturating_mul(self.stride);
                let all = last.saturating_add(self.extent()).saturating_sub(self.input);
                (all / 2, all - all / 2)
            }
        }
    }

    pub(super) fn output(self) -> usize {
        let (before, after) = self.pad();
        let all = self.input.saturating_add(before).saturating_add(after);
        all.checked_sub(self.extent()).map_or(0, |room| (room / self.stride.max(1)).saturating_add(1))
    }

    /// The range of the window's elements that lie inside of the input, for the output at `at`, and
    /// the position of the first of these elements in the input.
    fn inside(self, at: usize) -> (Range<usize>, usize) {
        let (before, dilation) = (self.pad().0, self.dilation.max(1));
        let start = at * self.stride;
        let first = before.saturating_sub(start).div_ceil(dilation).min(self.kernel);
        let end = (self.input + before).saturating_sub(start).div_ceil(dilation).clamp(first, self.kernel);
        (first..end, (start + first * dilation).saturating_sub(before))
    }
}

/// The axes height and width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    pub(super) sides: [Side; 2],
}

impl Geometry {
    pub(super) fn pad(&mut self, padding: Padding) {
        for (k, side) in self.sides.iter_mut().enumerate() {
            side.padding = match padding {
                Padding::Same => Pad::Same,
                Padding::Valid => Pad::These(0, 0),
                Padding::Explicit(sides) => Pad::These(sides[k].0, sides[k].1),
            };
        }
    }

    pub(super) fn output(&self) -> [usize; 2] {
        self.sides.map(Side::output)
    }

    /// The number of elements of the window.
    pub(super) fn window(&self) -> usize {
        self.sides[0].kernel * self.sides[1].kernel
    }

    /// Checks that the window fits, and that no size overflows. `channels` is the larger number of
    /// input and output channels.
    pub(super) fn check(&self, channels: usize) -> Result<()> {
        for (side, axis) in self.sides.iter().zip(["height", "width"]) {
            let zero =
                [("kernel", side.kernel), ("stride", side.stride), ("dilation", side.dilation), ("input", side.input)];
            if let Some((name, _)) = zero.iter().find(|(_, n)| *n == 0) {
                return Err(Error::value(format!("{name} ({axis})"), 0, "is not a positive number"));
            }
            if side.output() == 0 {
                let (before, after) = side.pad();
                let reason = format!("does not reach over a window of {}", side.extent());
                return Err(Error::value(
                    format!("input ({axis})"),
                    format!("{before} + {} + {after}", side.input),
                    reason,
                ));
            }
        }
        let count = |sides: [usize; 2]| sides[0].checked_mul(sides[1])?.checked_mul(channels).filter(|n| *n <= 1 << 40);
        let reach = |s: Side| s.pad().0.saturating_add(s.input).saturating_add(s.pad().1);
        match (count(self.sides.map(reach)), count(self.output())) {
            (Some(_), Some(_)) => Ok(()),
            _ => Err(Error::value(
                "input",
                format!("{:?}", self.sides.map(|s| s.input)),
                "is, padding included, larger than memory",
            )),
        }
    }

    /// Computes the part of the window that lies inside, for each row and each column of outputs.
    pub(super) fn plan(&self) -> Plan {
        Plan {
            sides: self.sides,
            inside: self.sides.map(|side| (0..side.output()).map(|at| side.inside(at)).collect()),
        }
    }
}

/// A geometry with the part of the window that lies inside, for each row and column of outputs. The
/// divisions are made once.
pub(super) struct Plan {
    sides: [Side; 2],
    inside: [Vec<(Range<usize>, usize)>; 2],
}

impl Plan {
    /// Calls `copy` for each contiguous part of the window of `some` channels, for the output at
    /// `at`. The arguments are the part's range in the image (`None` if it lies outside) and its
    /// range in the window.
    #[inline]
    pub(super) fn gather(
        &self,
        at: (usize, usize),
        channels: usize,
        some: Range<usize>,
        mut copy: impl FnMut(Option<Range<usize>>, Range<usize>),
    ) {
        let [down, across] = self.sides;
        let ((rows, top), (columns, left)) = (&self.inside[0][at.0], &self.inside[1][at.1]);
        let each = some.len();
        for k in 0..down.kernel {
            let row = k * across.kernel * each;
            if !rows.contains(&k) || columns.is_empty() {
                copy(None, row..row + across.kernel * each);
                continue;
            }
            let line = (top + (k - rows.start) * down.dilation) * across.input;
            copy(None, row..row + columns.start * each);
            copy(None, row + columns.end * each..row + across.kernel * each);
            if across.dilation == 1 && each == channels {
                let from = (line + left) * channels;
                copy(Some(from..from + columns.len() * each), row + columns.start * each..row + columns.end * each);
                continue;
            }
            for l in columns.clone() {
                let from = (line + left + (l - columns.start) * across.dilation) * channels + some.start;
                copy(Some(from..from + each), row + l * each..row + (l + 1) * each);
            }
        }
    }
}
