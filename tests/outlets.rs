//! The sockets that tell statistics, against those who ask: the client of the crate scx_stats, which scxtop uses, HTTP, the
//! checks of Prometheus, and clients that mean harm.

use crossbeam_channel::bounded;
use scx_domains::outlets::{Address, Ask, Format, Listener, Metrics, Monitor, Protocol, Server, ServerHandle, listen};
use scx_domains::stats::{Area, Pair, Report};
use scx_domains::units::{DomainId, LlcId, NodeId};
use scx_stats::{StatsClient, StatsMeta};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A report with something in each part.
fn report(uptime: f64) -> Report {
    let mut domain = Area { id: "0".to_owned(), node: Some(NodeId(0)), llc: Some(LlcId(0)), ..Area::default() };
    (domain.class, domain.stats.load) = (Some("P \"fast\"".to_owned()), 2.5);
    let mut report = Report { version: 1, measured: true, domains: vec![domain], ..Report::default() };
    report.flows = vec![Pair { src: DomainId(0), dst: DomainId(1), stats: Default::default() }];
    report.events = BTreeMap::from([("SCX_EV_X".to_owned(), 3)]);
    report.daemon.uptime = uptime;
    report
}

/// A server on sockets of its own, and a stand-in for the daemon's loop that counts how often it was asked.
struct Served {
    _folder: tempfile::TempDir,
    stats: PathBuf,
    metrics: PathBuf,
    asked: Arc<AtomicU64>,
    server: ServerHandle,
}

fn serve() -> Served {
    let folder = tempfile::tempdir().expect("a folder");
    let (stats, metrics) = (folder.path().join("stats"), folder.path().join("metrics"));
    let open = |path: &Path, protocol| (listen(&Address::Unix(path.to_owned())).expect("a socket"), protocol);
    let listeners = vec![open(&stats, Protocol::ScxStats), open(&metrics, Protocol::Http)];
    let (ask, asks) = bounded::<Ask>(1);
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        for ask in asks {
            let nth = count.fetch_add(1, Ordering::Relaxed);
            let _ = ask.send(Arc::new(report(nth as f64)));
        }
    });
    let server = Server::start(listeners, ask).expect("a thread");
    Served { _folder: folder, stats, metrics, asked, server }
}

fn get(mut stream: impl Read + Write, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("it is listened to");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn the_client_of_scx_stats_is_answered() {
    let served = serve();
    let mut client = StatsClient::new().set_path(&served.stats).connect(Some(5000)).expect("a connection");
    let meta: BTreeMap<String, StatsMeta> = client.request("stats_meta", vec![]).expect("what there is");
    assert!(meta["Machine"].attrs.top.is_some() && meta["Area"].fields.contains_key("delay_p99"), "{meta:?}");
    let target = |target: &str| vec![("target".to_owned(), target.to_owned())];
    let top: Value = client.request("stats", target("top")).expect("values");
    assert_eq!(top["domains"]["0"]["load"], 2.5);
    let refused = client.request::<Value>("stats", target("nobody")).expect_err("there is no such target");
    assert!(format!("{refused:?}").contains("there are no statistics of"), "{refused:?}");
    let again: Value = client.request("stats", target("top")).expect("the connection lives on");
    assert!(again["daemon_uptime"].as_f64() > top["daemon_uptime"].as_f64());
}

#[test]
fn the_monitor_gets_whole_reports() {
    let served = serve();
    let mut monitor = Monitor::connect(&served.stats).expect("a connection");
    for uptime in [0.0, 1.0] {
        assert_eq!(monitor.report().expect("a report"), report(uptime));
    }
    let nobody = Monitor::connect(&served.stats.with_file_name("none")).expect_err("there is none").to_string();
    assert!(nobody.contains("start scx_domains"), "{nobody}");
}

#[test]
fn metrics_come_over_http_and_move_at_will() {
    let mut served = serve();
    let metrics = UnixStream::connect(&served.metrics).expect("a connection");
    let answer = get(metrics, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    let line = "\nscx_domains_domain_load{domain=\"0\",node=\"0\",llc=\"0\",class=\"P \\\"fast\\\"\"} 2.5\n";
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(line), "{answer}");
    assert!(answer.contains("\nscx_domains_kernel_events_total{event=\"SCX_EV_X\"} 3\n"), "{answer}");

    let Listener::Tcp(tcp) = listen(&"127.0.0.1:0".parse().expect("one")).expect("a port") else {
        panic!("a port was asked for")
    };
    let port = tcp.local_addr().expect("it has one");
    served.server.serve_metrics(Some(Listener::Tcp(tcp)));
    let stream = TcpStream::connect(port).expect("a connection");
    assert!(get(stream, "GET /metrics HTTP/1.0\r\n\r\n").contains(line));
    assert!(UnixStream::connect(&served.metrics).is_err(), "nobody listens there any more");
}

/// What Prometheus' own checker says; where it is not installed nothing is checked.
#[test]
fn promtool_finds_nothing_wrong() {
    let promtool = std::env::var("PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let check = |text: &str| {
        let command =
            Command::new(&promtool).args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = command.ok()?;
        child.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let output = child.wait_with_output().ok()?;
        Some((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let Some(nothing) = check("a{} nonsense\n") else {
        println!("promtool is not there (Debian: prometheus): nothing is checked");
        return;
    };
    assert!(!nothing.0, "nonsense is noticed");
    let (fine, complaints) =
        check(&Metrics::default().text(&report(1.0), Format::Prometheus)).expect("it ran a moment ago");
    assert!(fine && complaints.is_empty(), "{complaints}");
}

/// A thousand clients, half of which mean harm: each of the others is answered, and no client has the daemon's loop asked
/// without having asked a whole question.
#[test]
fn hostile_clients_keep_nobody_from_answers() {
    let served = serve();
    let (mut kept, mut honest) = (Vec::new(), 0);
    for client in 0..1000_u32 {
        let path = if client % 4 < 2 { &served.stats } else { &served.metrics };
        let Ok(mut stream) = UnixStream::connect(path) else { panic!("client {client} is let in") };
        if client % 2 == 0 {
            let target = "{\"req\":\"stats\",\"args\":{\"target\":\"report\"}}\n";
            let request = if client % 4 < 2 { target } else { "GET /metrics HTTP/1.1\r\n\r\n" };
            stream.write_all(request.as_bytes()).expect("it is listened to");
            let mut first = [0; 8];
            stream.read_exact(&mut first).unwrap_or_else(|e| panic!("client {client} is answered: {e}"));
            honest += 1;
            continue;
        }
        // Silence; garbage; half a line; a line without end. Who is sent away cannot write any more.
        match client % 8 {
            1 => {}
            3 => drop(stream.write_all(&[0xff; 3000])),
            5 => drop(stream.write_all(b"{\"req\":\"sta")),
            _ => drop((0..100).try_for_each(|_| stream.write_all(&[b'x'; 100_000]))),
        }
        kept.push(stream);
    }
    assert_eq!(honest, 500);
    assert_eq!(served.asked.load(Ordering::Relaxed), honest);
    let mine = std::fs::read_dir("/proc/self/fd").expect("/proc").count();
    // Those that are kept here, as many more at most on the server's side as it holds, and what tests have open.
    assert!(mine < kept.len() + 64 + 100, "{mine} descriptors for {} clients", kept.len());
}

/// What the dashboard names is there.
#[test]
fn the_dashboard_asks_for_metrics_that_exist() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/grafana/scx_domains.json");
    let text = std::fs::read_to_string(path).expect("the dashboard");
    serde_json::from_str::<Value>(&text).expect("JSON");
    let known: Vec<String> = scx_domains::stats::entries().iter().map(|entry| entry.metric()).collect();
    let named = text.match_indices("scx_domains_").map(|(at, _)| {
        let name = &text[at..];
        &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len())]
    });
    let (there, missing): (Vec<&str>, Vec<&str>) = named.partition(|name| known.iter().any(|known| known == name));
    assert!(missing.is_empty(), "{missing:?}");
    assert!(there.len() > 20, "the panels are looked at: {there:?}");
}
