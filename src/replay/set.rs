//! `--set NAME=VALUE`: the planner's parameters by the names of their fields.

use serde_json::{Map, Value};

use crate::balance::Params;

/// `params` with these changes made. Names are those of the fields of [`Params`]; values are written as in JSON.
///
/// # Errors
/// A sentence that names the change that makes no sense, and what would.
pub fn set(params: Params, changes: &[String]) -> Result<Params, String> {
    changes.iter().try_fold(params, |params, change| set_one(params, change))
}

fn set_one(params: Params, change: &str) -> Result<Params, String> {
    let mut fields = fields(params);
    let (name, value) = change.split_once('=').ok_or_else(|| format!("--set {change}: write it as NAME=VALUE"))?;
    let (name, value) = (name.trim(), value.trim());
    let Some(field) = fields.get_mut(name) else {
        return Err(format!("--set {change}: there is no parameter `{name}`{}", instead(&fields, name)));
    };
    let now = std::mem::replace(field, serde_json::from_str(value).unwrap_or(Value::Null));
    serde_json::from_value(Value::Object(fields))
        .map_err(|_| format!("--set {change}: `{value}` is no value for {name}, which is {now}"))
}

fn fields(params: Params) -> Map<String, Value> {
    match serde_json::to_value(params) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// Parameters as `--set` takes them: "min_amount=64, worth=256".
#[must_use]
pub fn in_words(params: Params) -> String {
    let all: Vec<String> = fields(params).iter().map(|(name, value)| format!("{name}={value}")).collect();
    all.join(", ")
}

/// What may be meant by a name that is none.
fn instead(fields: &Map<String, Value>, name: &str) -> String {
    let likeness = |known: &&String| (strsim::jaro_winkler(known, name) * 1000.0) as u32;
    let nearest = fields.keys().max_by_key(likeness).filter(|known| likeness(known) > 700);
    let meant = nearest.map_or(".".to_owned(), |known| format!("; did you mean {known}?"));
    let known: Vec<&str> = fields.keys().map(String::as_str).collect();
    format!("{meant} Known are: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changes: &[&str]) -> Result<Params, String> {
        set(Params::default(), &changes.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn parameters_are_set_by_name() {
        assert_eq!(with(&[]), Ok(Params::default()));
        assert_eq!(in_words(Params::default()), "min_amount=64, worth=256");
        assert_eq!(with(&["min_amount=7", " min_amount = 512 "]).map(|params| params.min_amount), Ok(512));
    }

    #[test]
    fn unknown_names_are_told_with_the_known_ones() {
        let refused = with(&["min_amuont=7"]).expect_err("it was taken");
        assert!(refused.contains("did you mean min_amount?") && refused.contains("Known are: "), "{refused}");
        let refused = with(&["zzz=7"]).expect_err("it was taken");
        assert!(refused.contains("no parameter `zzz`. Known are: "), "{refused}");
    }

    #[test]
    fn values_have_the_fields_type() {
        for bad in ["min_amount=", "min_amount=x", "min_amount=-1", "min_amount=\"7\"", "min_amount=null"] {
            let refused = with(&[bad]).expect_err("it was taken");
            assert!(refused.contains("no value for min_amount, which is 64"), "{refused}");
        }
        assert!(with(&["min_amount"]).is_err_and(|refused| refused.contains("NAME=VALUE")));
    }
}
