//! Markdown tables.

/// Which side the text of a column keeps to.
#[derive(Clone, Copy)]
pub enum Align {
    Left,
    Right,
}

/// A table of `head` and `rows`; what would break it is escaped.
pub fn table(head: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&mut head.iter().map(|(name, _)| (*name).to_owned()));
    let rule = |align: &Align| if matches!(align, Align::Left) { "---" } else { "---:" }.to_owned();
    text += &line(&mut head.iter().map(|(_, align)| rule(align)));
    for row in rows {
        text += &line(&mut row.iter().cloned());
    }
    text
}

/// A name as a part of a file's name: letters, digits and dashes.
pub fn slug(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
