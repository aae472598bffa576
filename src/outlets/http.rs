//! HTTP as far as those who scrape metrics speak it: GET /metrics, one request a connection. Pure.

use super::connection::Step;
use super::{Format, Metrics};
use crate::stats::Report;
use std::sync::Arc;

/// Headers that a request may have.
const MAX_HEADERS: usize = 64;

/// What to do with what a client has sent.
pub fn step(received: &[u8], metrics: &mut Metrics, report: &mut dyn FnMut() -> Option<Arc<Report>>) -> Step {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(received) {
        Ok(httparse::Status::Partial) => Step::Wait,
        Ok(httparse::Status::Complete(_)) => Step::Part(respond(&request, metrics, report)),
        Err(_) => Step::Part(response("400 Bad Request", PLAIN, "this is no HTTP request\n")),
    }
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn respond(
    request: &httparse::Request<'_, '_>,
    metrics: &mut Metrics,
    report: &mut dyn FnMut() -> Option<Arc<Report>>,
) -> Vec<u8> {
    let path = request.path.unwrap_or_default().split('?').next().unwrap_or_default();
    if path != "/metrics" {
        return response("404 Not Found", PLAIN, "metrics are at /metrics\n");
    }
    if request.method != Some("GET") {
        return response("405 Method Not Allowed", PLAIN, "only GET is answered here\n");
    }
    let Some(report) = report() else {
        return response("503 Service Unavailable", PLAIN, "the scheduler does not run yet, or not any more\n");
    };
    let format = format(request.headers);
    response("200 OK", format.content_type(), &metrics.text(&report, format))
}

/// OpenMetrics for those who name it, else the older form, which all understand.
fn format(headers: &[httparse::Header<'_>]) -> Format {
    let accepts = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("accept"));
    let open = accepts.filter_map(|header| std::str::from_utf8(header.value).ok()).any(|value| value.contains(OPEN));
    if open { Format::OpenMetrics } else { Format::Prometheus }
}

const OPEN: &str = "application/openmetrics-text";

fn response(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: &str) -> String {
        match step(request.as_bytes(), &mut Metrics::default(), &mut || Some(Arc::new(Report::default()))) {
            Step::Part(answer) => String::from_utf8(answer).expect("text"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn metrics_come_in_the_form_that_is_understood() {
        let old = answer("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n");
        assert!(old.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"), "{old}");
        assert!(old.contains("\r\n\r\n# ") && !old.contains("# EOF"), "{old}");
        let open = answer("GET /metrics HTTP/1.0\r\naccept: application/openmetrics-text;version=1.0.0,*/*\r\n\r\n");
        assert!(open.contains("Content-Type: application/openmetrics-text") && open.ends_with("# EOF\n"), "{open}");
    }

    #[test]
    fn what_is_no_such_request_is_told_so() {
        for (request, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
            ("\0\0\0\x01garbage", "400"),
            ("GET /metrics HTTP/9.9\r\n\r\n", "400"),
        ] {
            assert!(answer(request).starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {}", answer(request));
        }
        let none = step(b"GET /metrics HTTP/1.1\r\n\r\n", &mut Metrics::default(), &mut || None);
        assert!(matches!(none, Step::Part(answer) if answer.starts_with(b"HTTP/1.1 503 ")));
        assert_eq!(step(b"GET /metr", &mut Metrics::default(), &mut || panic!("nobody has asked yet")), Step::Wait);
    }
}
