//! The flags of a picture.

use crate::args::LookArgs;
use crate::exit_code::usage;
use overtime_model::{Plot, out_vars};

impl LookArgs {
    /// The first flag that is given.
    pub(crate) fn first(&self) -> Option<&'static str> {
        let given = [
            ("--plot-size", self.plot_size.is_some()),
            ("--plot-dpi", self.plot_dpi.is_some()),
            ("--plot-window", self.plot_window.is_some()),
            ("--plot-panels", self.plot_panels.is_some()),
            ("--plot-title", self.plot_title.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag)
    }

    /// The values, checked as those of a model file are.
    pub(crate) fn plot(&self) -> anyhow::Result<Plot> {
        let size =
            self.plot_size.as_deref().map(|text| pair(text, "--plot-size", "x", "85x60, width and height in mm"));
        let window = self.plot_window.as_deref().map(|text| pair(text, "--plot-window", "..", "200..400"));
        let names = |text: &String| out_vars::split(text).into_iter().map(|name| name.trim().to_owned()).collect();
        let plot = Plot {
            size: size.transpose()?,
            dpi: self.plot_dpi,
            window: window.transpose()?,
            panels: self.plot_panels.as_ref().map(names),
            title: self.plot_title.clone(),
            ..Plot::default()
        };
        plot.check().map_err(|(key, message)| usage(format!("--plot-{key}: {message}")))?;
        Ok(plot)
    }
}

/// Two numbers with this between them.
fn pair(text: &str, flag: &str, between: &str, such_as: &str) -> anyhow::Result<[f64; 2]> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let both = text.split_once(between).and_then(|(a, b)| Some([number(a)?, number(b)?]));
    both.ok_or_else(|| usage(format!("{flag} `{}`: write it as {such_as}", text.escape_debug())))
}
