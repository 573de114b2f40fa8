//! What box plots show: the quantities, and the statistics of a box.

/// What a box plot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// The rate of each neuron.
    Rate,
    /// The coefficient of variation of each neuron's intervals.
    Cv,
    /// The correlation coefficient of each pair of neurons.
    Correlation,
}

impl Quantity {
    const ALL: [Self; 3] = [Self::Rate, Self::Cv, Self::Correlation];
    /// The names of the panels.
    pub(crate) const PANELS: [&'static str; 3] = ["rate_boxplot", "cv_boxplot", "correlation_boxplot"];

    /// The quantity of the panel of this name.
    pub(super) fn of_panel(name: &str) -> Option<Self> {
        Self::PANELS.iter().zip(Self::ALL).find(|(panel, _)| **panel == name).map(|(_, quantity)| quantity)
    }

    /// What the axis says.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Rate => "rate (Hz)",
            Self::Cv => "CV of intervals",
            Self::Correlation => "correlation coefficient",
        }
    }
}

/// The statistics of a box, as matplotlib's `boxplot_stats` has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BoxStatistics {
    /// The quartiles: between two values they are interpolated.
    pub(super) quartiles: [f64; 3],
    pub(super) mean: f64,
    /// The least and the greatest value within 1.5 interquartile ranges of the box.
    pub(super) whiskers: [f64; 2],
}

impl BoxStatistics {
    /// Of the values that are finite; `None` without such a value.
    pub(super) fn new(mut values: Vec<f64>) -> Option<Self> {
        values.retain(|x| x.is_finite());
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let quantile = |share: f64| {
            let at = share * last as f64;
            let [below, above] = [at.floor(), at.ceil()].map(|at| values.get(at as usize).copied().unwrap_or(f64::NAN));
            below + (above - below) * at.fract()
        };
        let quartiles @ [q1, _, q3] = [0.25, 0.5, 0.75].map(quantile);
        let reach = 1.5 * (q3 - q1);
        let low = values.iter().copied().find(|x| *x >= q1 - reach).unwrap_or(q1).min(q1);
        let high = values.iter().rev().copied().find(|x| *x <= q3 + reach).unwrap_or(q3).max(q3);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Some(Self { quartiles, mean, whiskers: [low, high] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of `matplotlib.cbook.boxplot_stats`.
    #[test]
    fn statistics_are_those_of_matplotlib() {
        let all = BoxStatistics::new(vec![7.0, 1.0, 2.0, 40.0, 3.0, f64::NAN, 5.0, 4.0, f64::INFINITY, -20.0]).unwrap();
        assert_eq!(all, BoxStatistics { quartiles: [1.75, 3.5, 5.5], mean: 5.25, whiskers: [1.0, 7.0] });
        let two = BoxStatistics::new(vec![4.0, 1.0]).unwrap();
        assert_eq!(two, BoxStatistics { quartiles: [1.75, 2.5, 3.25], mean: 2.5, whiskers: [1.0, 4.0] });
        let one = BoxStatistics::new(vec![3.0]).unwrap();
        assert_eq!(one, BoxStatistics { quartiles: [3.0; 3], mean: 3.0, whiskers: [3.0; 2] });
        assert_eq!((BoxStatistics::new(vec![]), BoxStatistics::new(vec![f64::NAN])), (None, None));
        // A box without a value between it and its whisker's end has no whisker there.
        let far = BoxStatistics::new(vec![0.0, 0.0, 0.0, 0.0, 100.0, 100.0, 100.0, 1e9]).unwrap();
        assert_eq!((far.quartiles, far.whiskers), ([0.0, 50.0, 100.0], [0.0, 100.0]));
    }

    #[test]
    fn every_panel_has_its_quantity() {
        assert_eq!(Quantity::PANELS.map(Quantity::of_panel), Quantity::ALL.map(Some));
        assert_eq!(Quantity::of_panel("rate"), None);
    }
}
