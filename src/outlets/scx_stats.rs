//! The protocol of the crate scx_stats, by which scxtop and scripts ask sched_ext schedulers for statistics. Pure.
//!
//! A line of JSON is a request, a line the answer: `{"req":"stats","args":{"target":"top"}}` for the values, `stats_meta`
//! for what they mean; `{"errno":0,"args":{"resp":…}}`. Beside "top", which has the form that the meta tells, there is the
//! target "report": the report as `--json` prints it, for `--monitor`. The crate's own server takes any number of clients and
//! lines of any length, which is why it is not used.

use super::connection::Step;
use crate::stats::{AreaStats, Counters, CpuStats, DaemonStats, FlowStats, Measure, Report, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where scxtop and others look for it.
pub const STATS_SOCKET: &str = "/var/run/scx/root/stats";

/// EINVAL and EAGAIN, as the protocol tells errors.
const INVALID: i32 = 22;
const AGAIN: i32 = 11;

#[derive(Deserialize)]
struct Request {
    req: String,
    #[serde(default)]
    args: BTreeMap<String, String>,
}

/// What to do with what a client has sent.
pub fn step(received: &[u8], report: &mut dyn FnMut() -> Option<Arc<Report>>) -> Step {
    let Some(end) = received.iter().position(|byte| *byte == b'\n') else { return Step::Wait };
    let answer = answer(&received[..end], report).unwrap_or_else(|(errno, why)| response(errno, &why));
    Step::Answer { used: end + 1, answer }
}

/// The form of all answers.
#[derive(Serialize)]
struct Response<'a, T> {
    errno: i32,
    args: ResponseArgs<'a, T>,
}

#[derive(Serialize)]
struct ResponseArgs<'a, T> {
    resp: &'a T,
}

fn response<T: Serialize>(errno: i32, resp: &T) -> Vec<u8> {
    // Nothing here has keys that are no strings, so this does not fail.
    let mut line = serde_json::to_vec(&Response { errno, args: ResponseArgs { resp } }).unwrap_or_default();
    line.push(b'\n');
    line
}

fn answer(line: &[u8], report: &mut dyn FnMut() -> Option<Arc<Report>>) -> Result<Vec<u8>, (i32, String)> {
    let request: Request = serde_json::from_slice(line).map_err(|e| (INVALID, format!("this is no request: {e}")))?;
    let target = request.args.get("target").map_or("top", String::as_str);
    match (request.req.as_str(), target) {
        ("stats_meta", _) => Ok(response(0, &meta())),
        ("stats", "top" | "report") => {
            let none = || (AGAIN, "the scheduler does not run yet, or not any more".to_owned());
            let report = report().ok_or_else(none)?;
            Ok(if target == "top" { response(0, &top(&report)) } else { response(0, &*report) })
        }
        ("stats", other) => {
            Err((INVALID, format!("there are no statistics of {other:?}: ask for \"top\" or \"report\"")))
        }
        (other, _) => Err((INVALID, format!("{other:?} is unknown: ask for \"stats\" or \"stats_meta\""))),
    }
}

/// The machine's values, with those of its parts by id.
fn top(report: &Report) -> Value {
    let area = |stats: &AreaStats, counters: &Counters| {
        let mut fields = values(AreaStats::MEASURES, "", stats);
        fields.extend(values(Counters::MEASURES, "", counters));
        fields
    };
    let areas = |areas: &[crate::stats::Area]| -> Value {
        areas.iter().map(|part| (part.id.clone(), Value::Object(area(&part.stats, &part.counters)))).collect()
    };
    let cpus =
        report.cpus.iter().map(|cpu| (cpu.id.to_string(), Value::Object(values(CpuStats::MEASURES, "", &cpu.stats))));
    let mut fields = area(&report.machine.stats, &report.machine.counters);
    fields.extend(values(FlowStats::MEASURES, FLOWS, &report.all_flows()));
    fields.extend(values(DaemonStats::MEASURES, DAEMON, &report.daemon));
    fields.insert("nodes".to_owned(), areas(&report.nodes));
    fields.insert("classes".to_owned(), areas(&report.classes));
    fields.insert("domains".to_owned(), areas(&report.domains));
    fields.insert("cpus".to_owned(), cpus.collect());
    Value::Object(fields)
}

/// What tells the fields of flows and of the daemon from the machine's.
const FLOWS: &str = "flows_";
const DAEMON: &str = "daemon_";

fn values<T>(measures: &[Measure<T>], prefix: &str, stats: &T) -> Map<String, Value> {
    let value = |measure: &Measure<T>| {
        let value = (measure.of)(stats);
        if measure.whole { json!(value as u64) } else { json!(value) }
    };
    measures.iter().map(|measure| (format!("{prefix}{}", measure.name), value(measure))).collect()
}

/// What `top` tells, in the form of scx_stats.
fn meta() -> Value {
    let mut area = fields(AreaStats::MEASURES, "");
    area.extend(fields(Counters::MEASURES, ""));
    let mut machine = area.clone();
    machine.extend(fields(FlowStats::MEASURES, FLOWS));
    machine.extend(fields(DaemonStats::MEASURES, DAEMON));
    for (name, key, of, desc) in [
        ("nodes", "u64", "Area", "NUMA nodes by number"),
        ("classes", "string", "Area", "classes of cores by name"),
        ("domains", "u64", "Area", "domains by number"),
        ("cpus", "u64", "Cpu", "CPUs by number"),
    ] {
        machine.insert(name.to_owned(), json!({ "dict": { "key": key, "datum": { "struct": of } }, "desc": desc }));
    }
    json!({
        "Machine": { "name": "Machine", "top": "true", "desc": "scx_domains: the machine, its parts, and the daemon", "fields": machine },
        "Area": { "name": "Area", "desc": "a part of the machine", "fields": area },
        "Cpu": { "name": "Cpu", "desc": "a CPU", "fields": fields(CpuStats::MEASURES, "") },
    })
}

fn fields<T>(measures: &[Measure<T>], prefix: &str) -> Map<String, Value> {
    let field = |measure: &Measure<T>| {
        let unit = match measure.unit {
            Unit::Number => String::new(),
            unit => format!(" ({})", unit.word()),
        };
        let datum = if measure.whole { "u64" } else { "float" };
        json!({ "datum": datum, "desc": format!("{}{unit}", measure.help) })
    };
    measures.iter().map(|measure| (format!("{prefix}{}", measure.name), field(measure))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(line: &str) -> Value {
        match step(line.as_bytes(), &mut || Some(Arc::new(Report::default()))) {
            Step::Answer { used, answer } => {
                assert_eq!(used, line.len());
                serde_json::from_slice(&answer).expect("JSON")
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_are_what_the_meta_says() {
        let meta = ask("{\"req\":\"stats_meta\"}\n");
        let machine = meta["args"]["resp"]["Machine"]["fields"].as_object().expect("fields").clone();
        let top = ask("{\"req\":\"stats\",\"args\":{\"target\":\"top\"}}\n");
        assert_eq!(top["errno"], 0);
        let top = top["args"]["resp"].as_object().expect("values").clone();
        assert!(machine.keys().eq(top.keys()), "{machine:?}\n{top:?}");
        for (name, field) in machine {
            let value = &top[&name];
            let fits = match field["datum"].as_str() {
                Some("u64") => value.is_u64(),
                Some("float") => value.is_f64(),
                _ => value.is_object(),
            };
            assert!(fits, "{name}: {field} is told as {value}");
        }
    }

    #[test]
    fn the_report_comes_whole() {
        let report = ask("{\"req\":\"stats\",\"args\":{\"target\":\"report\"}}\n");
        let report: Report = serde_json::from_value(report["args"]["resp"].clone()).expect("a report");
        assert_eq!(report, Report::default());
    }

    #[test]
    fn errors_are_told_in_words() {
        for (line, words) in [
            ("garbage\n", "this is no request"),
            ("\n", "this is no request"),
            ("{\"req\":\"reboot\"}\n", "\"reboot\" is unknown"),
            ("{\"req\":\"stats\",\"args\":{\"target\":\"x\"}}\n", "there are no statistics of \"x\""),
        ] {
            let answer = ask(line);
            assert_eq!(answer["errno"], INVALID, "{line}");
            assert!(answer["args"]["resp"].as_str().is_some_and(|told| told.contains(words)), "{answer}");
        }
        let none = step(b"{\"req\":\"stats\"}\n", &mut || None);
        assert!(
            matches!(none, Step::Answer { answer, .. } if answer.starts_with(b"{\"errno\":11,")),
            "an answer all the same"
        );
        assert_eq!(step(b"{\"req\":", &mut || panic!("nobody has asked yet")), Step::Wait);
    }

    proptest! {
        #[test]
        fn any_bytes_are_waited_for_or_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            match step(&bytes, &mut || None) {
                Step::Wait => prop_assert!(!bytes.contains(&b'\n')),
                Step::Answer { used, .. } => prop_assert_eq!(bytes[used - 1], b'\n'),
                Step::Part(_) => prop_assert!(false, "nobody is sent away"),
            }
        }
    }
}
