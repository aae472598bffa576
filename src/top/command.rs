//! The command: asks the daemon, and shows what it says.

use super::terminal::{self, Input};
use super::threads::{self, Threads, Told};
use super::{Data, Screen, Task, Theme, Ui, draw, screens, sensors, text};
use crate::cli::TopArgs;
use crate::control::{Client, Reply, Request, TaskShown};
use crate::cpuset::CpuSet;
use crate::daemon::Signals;
use crate::failure::Failure;
use crate::stats::Report;
use crate::units::DomainId;
use crossbeam_channel::Receiver;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often signals are looked for while keys are waited for.
const TICK: Duration = Duration::from_millis(100);

/// Do it, until the user has seen enough.
///
/// # Errors
/// [`Failure`]: nobody answers at the socket when it begins, or the terminal cannot be used.
pub fn run(args: &TopArgs) -> Result<(), Failure> {
    let stop = Signals::listen()?.stop;
    let theme = Theme::of(args.no_color, |name| std::env::var(name).ok());
    let ui = Ui { screen: args.screen, sort: args.sort, filter: args.filter.clone(), ..Ui::default() };
    let socket = args.daemon.socket();
    let mut source = Source { socket: &socket, client: None, threads: Threads::default() };
    let mut data = Data::default();
    source.look(&mut data, ui.screen)?;
    if args.once || args.batch {
        return print(args, &ui, theme, source, data, &stop);
    }
    if !terminal::is_capable() {
        let advice = "this is no terminal that screens can be shown on: use --once or --batch";
        return Err(Failure::Input(advice.to_owned()));
    }
    show(args, ui, theme, source, data, &stop)
        .map_err(|e| Failure::Unexpected(format!("the terminal cannot be used: {e}")))
}

/// As text, once or again and again. Here a daemon that has gone is the end.
fn print(
    args: &TopArgs,
    ui: &Ui,
    theme: Theme,
    mut source: Source<'_>,
    mut data: Data,
    stop: &Receiver<i32>,
) -> Result<(), Failure> {
    let mut left = if args.once { Some(1) } else { args.count };
    loop {
        let screen = text(&data, ui, &theme, terminal::text_width());
        match io::stdout().write_all(screen.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|e| Failure::Unexpected(format!("writing the screen: {e}")))?,
        }
        left = left.map(|left| left - 1);
        if left == Some(0) || stop.recv_timeout(args.interval).is_ok() {
            return Ok(());
        }
        println!();
        source.look(&mut data, ui.screen)?;
    }
}

/// On the terminal.
fn show(
    args: &TopArgs,
    mut ui: Ui,
    theme: Theme,
    mut source: Source<'_>,
    mut data: Data,
    stop: &Receiver<i32>,
) -> io::Result<()> {
    let mut screen = terminal::Screen::new()?;
    let mut due = Instant::now() + args.interval;
    while !ui.quit && stop.try_recv().is_err() {
        screen.terminal.draw(|frame| draw(frame, &data, &ui, &theme))?;
        match screen.input(due.saturating_duration_since(Instant::now()).min(TICK))? {
            Input::Key(key) => {
                let width = usize::from(screen.terminal.size()?.width);
                let rows = screens::lines(&data, &ui, &theme, width).rows;
                let before = ui.screen;
                ui.press(key, rows.len(), rows.get(ui.selected).and_then(|(_, domain)| *domain));
                if ui.screen != before {
                    // Another screen may want what was not asked for until now.
                    due = Instant::now();
                }
            }
            Input::Interrupt => ui.quit = true,
            Input::Nothing => {}
        }
        if due <= Instant::now() {
            due = Instant::now() + args.interval;
            if !ui.paused {
                let looked = source.look(&mut data, ui.screen);
                data.trouble = looked.err().map(|failure| failure.to_string());
            }
        }
    }
    Ok(())
}

/// Where the data come from.
struct Source<'a> {
    socket: &'a Path,
    /// None before the first look, and after one that failed.
    client: Option<Client>,
    threads: Threads,
}

impl Source<'_> {
    /// Look once, by the connection that there is or by a new one. Where that fails, the data stay as they are.
    fn look(&mut self, data: &mut Data, wanted: Screen) -> Result<(), Failure> {
        let mut client = self.client.take().map_or_else(|| Client::connect(self.socket), Ok)?;
        match client.ask(&Request::Stats)?.map_err(Failure::Refused)? {
            Reply::Stats(report) => data.add(*report),
            other => return Err(unexpected(&other)),
        }
        match client.ask(&Request::Rounds)?.map_err(Failure::Refused)? {
            Reply::Rounds(rounds) => data.rounds = rounds,
            other => return Err(unexpected(&other)),
        }
        data.tasks = if wanted == Screen::Tasks { self.tasks(&mut client, &data.report)? } else { Vec::new() };
        data.heat = sensors::read(Path::new("/"), data.report.cpus.iter().map(|cpu| cpu.id));
        self.client = Some(client);
        Ok(())
    }

    /// What the daemon knows of the threads that ran most.
    fn tasks(&mut self, client: &mut Client, report: &Report) -> Result<Vec<Task>, Failure> {
        let proc = Path::new("/proc");
        match client.ask(&Request::Tasks { pids: self.threads.busiest(proc) })?.map_err(Failure::Refused)? {
            Reply::Tasks(tasks) => {
                Ok(tasks.iter().map(|task| task_of(task, threads::told(proc, task.pid), report)).collect())
            }
            other => Err(unexpected(&other)),
        }
    }
}

fn task_of(seen: &TaskShown, told: Told, report: &Report) -> Task {
    let home = DomainId(seen.home);
    // By what the kernel allows, and not by what is online of it.
    let allowed: Option<CpuSet> = told.affinity.parse().ok();
    let inside = |cpus: &CpuSet| report.domains.get(home.index()).is_some_and(|area| cpus.is_subset(&area.cpus));
    Task {
        id: seen.pid,
        name: told.name,
        home,
        load: seen.load,
        duty: seen.duty,
        pinned: seen.pinned,
        home_only: allowed.as_ref().is_some_and(inside),
        moved_ago_ns: seen.moved_ago_ns,
        cpus: told.affinity,
        cgroup: told.cgroup,
    }
}

fn unexpected(reply: &Reply) -> Failure {
    Failure::Unexpected(format!("the daemon answered something else than was asked: {reply:?}"))
}
