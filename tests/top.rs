//! The screens of `scx_domains top`, as files in tests/top. To write them anew after a change that is meant:
//! UPDATE_SCREENS=1 cargo test --test top

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Color;
use scx_domains::balance::FlowTotals;
use scx_domains::record::{LoggedFlow, LoggedRound};
use scx_domains::stats::{Area, Cpu, CpuStats, Pair, Report};
use scx_domains::top::{Data, Frequency, Heat, LEAST_HEIGHT, LEAST_WIDTH, Screen, Task, Theme, Ui, draw, text};
use scx_domains::units::{CpuId, DomainId, LlcId, NodeId};
use std::path::Path;

const PLAIN: Theme = Theme { colour: false, unicode: false };
const FULL: Theme = Theme { colour: true, unicode: true };

fn domain(id: u32, class: &str, cpus: &str, load: f64, share: f64) -> Area {
    let mut area = Area {
        id: id.to_string(),
        node: Some(NodeId(id / 2)),
        llc: Some(LlcId(id / 2)),
        class: Some(class.to_owned()),
        cpus: cpus.parse().expect("a cpulist"),
        ..Area::default()
    };
    area.stats.online = area.cpus.len() as u64;
    area.stats.capacity = 1024 * area.stats.online;
    area.stats.util = (load / 4.0).min(1.0);
    (area.stats.load, area.stats.share, area.stats.over) = (load, share, load - share);
    (area.stats.runnable, area.stats.waiting) = (load + 0.1, load as u64 / 4);
    (area.stats.delay_p50, area.stats.delay_p99) = (0.0011, 0.0042 * f64::from(id + 1));
    area.stats.frequency_target = if class == "P" { 0.25 } else { 0.0 };
    area.counters.changed_domain = 40 + u64::from(id);
    area.counters.stolen_llc = 3;
    area
}

/// Two nodes with an LLC each, and P and E cores in both.
fn report() -> Report {
    let domains = vec![
        domain(0, "P", "0-3", 9.0, 5.0),
        domain(1, "E", "4-7", 2.5, 4.0),
        domain(2, "P", "8-11", 4.0, 5.0),
        domain(3, "E", "12-15", 2.0, 3.5),
    ];
    let cpus = (0..16).map(|id| {
        let util = f64::from(id) / 15.0;
        let (misfit, parked) = (u64::from(id == 7), u64::from(id == 12));
        let stats = CpuStats { online: u64::from(id != 13), util, misfit, parked, ..CpuStats::default() };
        Cpu { id: CpuId(id), domain: DomainId(id / 4), stats }
    });
    let mut nodes = vec![domain(0, "", "0-7", 11.5, 9.0), domain(1, "", "8-15", 6.0, 8.5)];
    nodes.iter_mut().for_each(|node| (node.node, node.llc, node.class) = (None, None, None));
    let mut pair = Pair { src: DomainId(0), dst: DomainId(1), stats: scx_domains::stats::FlowStats::default() };
    (pair.stats.planned, pair.stats.applied, pair.stats.expired) = (12.5, 11.25, 1.25);
    (pair.stats.moved, pair.stats.refused) = (12, 3);
    let mut report = Report {
        version: 1,
        scheduler: "domains_0.1.0".to_owned(),
        measured: true,
        machine: domain(0, "", "0-15", 17.5, 17.5),
        nodes,
        domains,
        cpus: cpus.collect(),
        flows: vec![pair, Pair { dst: DomainId(3), ..pair }],
        ..Report::default()
    };
    report.machine.stats.online = 15;
    report.daemon.uptime = 3725.0;
    report.daemon.late_p99 = 0.00031;
    report
}

fn data() -> Data {
    let mut data = Data::default();
    let mut before = report();
    before.daemon.uptime -= 2.0;
    before.domains.iter_mut().for_each(|area| area.counters.changed_domain -= 30);
    data.add(before);
    data.add(report());
    let totals = FlowTotals { applied: 4096, expired: 100, moved: 4, refused: 2, ..FlowTotals::default() };
    let flow = |dst, planned, why: &str, came| LoggedFlow {
        src: DomainId(0),
        dst: DomainId(dst),
        planned,
        why: why.to_owned(),
        came,
    };
    let why = "0 -> 1: 4.10. Domain 0 has 9.00 and should have 5.00, so it gives. Domain 1 is under its share by 1.50.";
    data.rounds = vec![
        LoggedRound { at_ms: 100, flows: vec![flow(1, 4196, why, Some(totals))] },
        LoggedRound { at_ms: 3_724_900, flows: vec![flow(3, 2048, "Because.", None), flow(1, 512, "", None)] },
    ];
    let task = |id: u32, name: &str, home| Task {
        id,
        name: name.to_owned(),
        home: DomainId(home),
        load: 1024 / u64::from(id),
        duty: 512,
        cpus: "0-15".to_owned(),
        cgroup: "/user.slice".to_owned(),
        ..Task::default()
    };
    data.tasks = vec![
        task(3, "hog", 1),
        Task { moved_ago_ns: Some(61_000_000_000), ..task(2, "moved-by-a-flow", 0) },
        Task { pinned: true, cpus: "5".to_owned(), ..task(1, "pinned", 1) },
    ];
    let frequency = |cpu| Frequency {
        cpu: CpuId(cpu),
        now: 800_000 + 200_000 * u64::from(cpu),
        most: 4_000_000,
        throttled: Some(1),
    };
    data.heat = Heat {
        frequencies: (0..8).map(frequency).collect(),
        temperatures: vec![("x86_pkg_temp".to_owned(), 71.0), ("acpitz".to_owned(), 35.5)],
    };
    data
}

fn drawn(data: &Data, ui: &Ui, theme: &Theme, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("memory is a terminal");
    terminal.draw(|frame| draw(frame, data, ui, theme)).expect("memory is a terminal");
    terminal
}

fn screen(data: &Data, ui: &Ui, theme: &Theme, width: u16, height: u16) -> String {
    let terminal = drawn(data, ui, theme, width, height);
    let buffer = terminal.backend().buffer();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned() + "\n";
    (0..height).map(row).collect()
}

/// Compare with the file, or write it.
fn same_as_file(name: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/top").join(name);
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        std::fs::write(&path, screen).expect("tests/top can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == screen, "tests/top/{name} is another screen; now it is\n{screen}");
}

const SCREENS: [Screen; 6] =
    [Screen::Domains, Screen::Machine, Screen::Flows, Screen::Rounds, Screen::Tasks, Screen::Heat];

fn on(screen: Screen) -> Ui {
    Ui { screen, ..Ui::default() }
}

#[test]
fn every_screen_is_as_it_was() {
    for which in SCREENS {
        let name = format!("{which:?}").to_lowercase();
        same_as_file(&format!("{name}.txt"), &screen(&data(), &on(which), &PLAIN, 80, 24));
    }
    same_as_file("domains-wide.txt", &screen(&data(), &on(Screen::Domains), &FULL, 120, 12));
    same_as_file("machine-unicode.txt", &screen(&data(), &on(Screen::Machine), &FULL, 80, 24));
    let paused = Ui { paused: true, reversed: true, ..Ui::default() };
    same_as_file("paused.txt", &screen(&data(), &paused, &PLAIN, 80, 9));
    same_as_file("help.txt", &screen(&data(), &Ui { help: true, ..Ui::default() }, &PLAIN, 80, 24));
    let zoomed = Ui { zoom: Some(DomainId(1)), ..Ui::default() };
    same_as_file("zoomed.txt", &screen(&data(), &zoomed, &PLAIN, 80, 24));
    same_as_file("too-small.txt", &screen(&data(), &Ui::default(), &PLAIN, 30, 5));
    same_as_file("as-text.txt", &text(&data(), &on(Screen::Rounds), &PLAIN, 100));
}

/// Nothing that is shown at 80x24 is cut off at the right.
#[test]
fn screens_fit_80_columns() {
    for which in SCREENS {
        let text = text(&data(), &on(which), &PLAIN, 80);
        let widest = text.lines().skip(1).map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{which:?} is {widest:?} wide\n{text}");
    }
}

#[test]
fn no_size_and_no_data_make_it_fall_over() {
    let empty = Data::default();
    for (width, height) in [(1, 1), (3, 9), (LEAST_WIDTH - 1, 50), (LEAST_WIDTH, LEAST_HEIGHT), (200, 60)] {
        for which in SCREENS {
            for data in [&empty, &data()] {
                let ui = Ui { selected: 99, column: 99, zoom: Some(DomainId(7)), ..on(which) };
                let shown = screen(data, &ui, &FULL, width, height);
                assert!(!shown.trim().is_empty(), "nothing is shown at {width}x{height}");
            }
        }
    }
}

#[test]
fn without_colour_no_cell_has_one() {
    let colours = |theme: &Theme| {
        let terminal = drawn(&data(), &on(Screen::Machine), theme, 80, 24);
        terminal
            .backend()
            .buffer()
            .content
            .iter()
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
            .count()
    };
    assert_eq!(colours(&PLAIN), 0);
    assert!(colours(&FULL) > 10, "and with colours there are some");
}

#[test]
fn the_filter_hides_and_the_selection_scrolls() {
    let filtered = Ui { filter: "12-15".to_owned(), ..Ui::default() };
    let shown = text(&data(), &filtered, &PLAIN, 80);
    assert_eq!(shown.lines().count(), 3, "header, heading and one domain\n{shown}");

    let mut ui = on(Screen::Rounds);
    let shown = |ui: &Ui| screen(&data(), ui, &PLAIN, 80, 8);
    assert!(shown(&ui).contains("0 -> 3") && !shown(&ui).contains("1.50"), "{}", shown(&ui));
    ui.press(KeyCode::End, 3, None);
    assert!(shown(&ui).contains("1.50"), "the end of the last reason is seen\n{}", shown(&ui));
}
