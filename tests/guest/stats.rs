//! Reads what `scx_domains --stats` prints (src/stats/text.rs), as it stands in the log that `stop` of scheduler.sh shows.

/// One report: its first line, and a line a domain.
#[derive(Debug)]
pub struct Stats {
    pub applied: f64,
    pub domains: Vec<Domain>,
}

#[derive(Debug)]
pub struct Domain {
    pub share: f64,
    pub over: f64,
}

/// The number that follows the word.
fn number(line: &str, word: &str) -> Option<f64> {
    line.split_whitespace().skip_while(|w| *w != word).nth(1)?.parse().ok()
}

/// All reports in a text, in the order of printing.
#[track_caller]
pub fn read(text: &str) -> Vec<Stats> {
    let mut all: Vec<Stats> = Vec::new();
    for line in text.lines() {
        if line.contains("s] since start |") {
            let value = |word| number(line, word).unwrap_or_else(|| panic!("no {word} in the report: {line}"));
            all.push(Stats { applied: value("applied"), domains: Vec::new() });
        } else if let (Some(share), Some(over)) = (number(line, "share"), number(line, "over")) {
            all.last_mut().expect("a report's first line").domains.push(Domain { share, over });
        }
    }
    assert!(!all.is_empty(), "no statistics were printed\n{text}");
    all
}
