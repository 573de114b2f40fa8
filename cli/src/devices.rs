//! `overtime devices`: the devices and libraries that were found, the others with the reason, and
//! the places of the search.

use crate::console::print;
use overtime::Survey;
use std::fmt::Write;

pub(crate) fn command() -> anyhow::Result<()> {
    let survey = Survey::new();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!("cpu      usable: {threads} threads\n");
    for gpu in survey.gpus() {
        let _ = writeln!(text, "cuda:{}   {gpu}", gpu.ordinal);
    }
    let best = survey.best();
    let _ = writeln!(text, "auto     is {best}");
    if let Some(reason) = survey.why_not_cuda(0) {
        let _ = writeln!(text, "         not cuda:0, because {}", short(&reason.to_string()));
    }
    for finding in &survey.findings {
        let (mark, what) = match &finding.result {
            Ok(found) => ("found", found),
            Err(why) => ("not found", why),
        };
        let what = if finding.looked_in.is_empty() { what } else { short(what) };
        let _ = write!(text, "\n{} ({mark}): {what}\n", finding.what);
        for place in &finding.looked_in {
            let _ = writeln!(text, "    looked in {place}");
        }
    }
    print(&text)
}

/// A reason without its list of places.
pub(crate) fn short(why: &str) -> &str {
    let ends = ["; looked for", ". Looked for"];
    ends.iter().find_map(|end| why.split_once(end)).map_or(why, |(head, _)| head)
}
