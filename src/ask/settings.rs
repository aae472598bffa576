//! Settings: those of the daemon, and how they change.

use super::{ask_once, print, unexpected};
use crate::cli::{ClientArgs, GetArgs, SetArgs};
use crate::config::unknown;
use crate::control::protocol::{Changed, SettingShown};
use crate::control::{Refusal, Reply, Request, Why};
use crate::failure::Failure;
use serde_json::{Map, Value, json};

/// `scx_domains get`.
///
/// # Errors
/// [`Failure`]: it cannot be asked, or a name is none.
pub fn get(args: &GetArgs) -> Result<(), Failure> {
    let mut settings = match ask_once(&args.client, &Request::Get)? {
        Reply::Settings(settings) => settings,
        other => return Err(unexpected(&other)),
    };
    let other = args.names.iter().find(|name| !settings.iter().any(|one| one.name == **name));
    if let Some(name) = other {
        return Err(Failure::Refused(Refusal::new(Why::Wrong, unknown(name))));
    }
    settings.retain(|one| args.names.is_empty() || args.names.contains(&one.name));
    print(&settings_text(&settings, args.client.json))
}

/// `scx_domains set`.
///
/// # Errors
/// [`Failure`]: it cannot be asked, or refuses.
pub fn set(args: &SetArgs) -> Result<(), Failure> {
    let changes = args.changes.iter().cloned().collect();
    change(&args.client, &Request::Set { changes, persist: args.persist })
}

/// `scx_domains reload`.
///
/// # Errors
/// [`Failure`]: it cannot be asked, or refuses.
pub fn reload(args: &ClientArgs) -> Result<(), Failure> {
    change(args, &Request::Reload)
}

/// Ask for something that changes settings.
pub(super) fn change(args: &ClientArgs, request: &Request) -> Result<(), Failure> {
    match ask_once(args, request)? {
        Reply::Changed(changed) if args.json => print(&format!("{}\n", json!(changed))),
        Reply::Changed(changed) => print(&changed_text(&changed)),
        other => Err(unexpected(&other)),
    }
}

fn changed_text(changed: &Changed) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "the policy's".to_owned());
    let changes = changed.changes.iter();
    let mut lines: Vec<String> = changes
        .map(|change| format!("{}: {} instead of {}", change.name, value(&change.new), value(&change.old)))
        .collect();
    if lines.is_empty() {
        lines.push("nothing is other than it was".to_owned());
    }
    lines.extend(changed.notes.iter().cloned());
    lines.join("\n") + "\n"
}

/// A line a setting, or one JSON object.
#[must_use]
pub fn settings_text(settings: &[SettingShown], as_json: bool) -> String {
    if as_json {
        let of = |one: &SettingShown| {
            (one.name.clone(), json!({ "value": one.value, "note": one.note, "origin": one.origin, "hot": one.hot }))
        };
        return format!("{}\n", Value::Object(settings.iter().map(of).collect::<Map<_, _>>()));
    }
    let width = |of: fn(&SettingShown) -> usize| settings.iter().map(of).max().unwrap_or(0);
    let (names, values) = (width(|one| one.name.len()), width(|one| one.text().len()));
    let line = |one: &SettingShown| {
        let hot = if one.hot { "" } else { ", takes a restart to change" };
        format!("{:names$}  {:values$}  {}{hot}\n", one.name, one.text(), one.origin.word())
    };
    settings.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::protocol::{Change, Origin};

    #[test]
    fn settings_are_a_table() {
        let one = |name: &str, value: Option<&str>, origin, hot| SettingShown {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            note: (name == "profile").then(|| "powersave, on battery".to_owned()),
            origin,
            hot,
            unit: "TIME".to_owned(),
            help: "helps".to_owned(),
        };
        let settings = [one("slice", None, Origin::Default, true), one("node-delay", Some("1ms"), Origin::File, false)];
        assert_eq!(
            settings_text(&settings, false),
            "slice       -    default\nnode-delay  1ms  file, takes a restart to change\n"
        );
        let auto = [one("profile", Some("auto"), Origin::Set, true)];
        assert_eq!(settings_text(&auto, false), "profile  auto (powersave, on battery)  set\n");
        let json: Value = serde_json::from_str(&settings_text(&settings, true)).expect("JSON");
        assert_eq!(json["node-delay"], json!({ "value": "1ms", "note": null, "origin": "file", "hot": false }));
    }

    #[test]
    fn changes_are_told_with_old_and_new() {
        let change = Change { name: "slice".to_owned(), old: None, new: Some("8ms".to_owned()) };
        let changed = Changed { changes: vec![change], notes: vec!["written to /x".to_owned()] };
        assert_eq!(changed_text(&changed), "slice: 8ms instead of the policy's\nwritten to /x\n");
        assert_eq!(changed_text(&Changed::default()), "nothing is other than it was\n");
    }
}
