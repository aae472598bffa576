//! The manual pages in `man/`, the completions in `packaging/completions/` and `packaging/config.toml` say what the command
//! line says.
//!
//! They are made from it, and kept in the repository so that packages need nothing but the files. `make man` writes them
//! anew; without that, a change of the command line fails here. What no generator knows (examples, files, what to see also)
//! is written by hand in `man/parts/`, and goes to the end of the page of the same name.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use scx_domains::cli::{Cli, RunArgs};
use scx_domains::config::known;

const SECTION: &str = "8";
/// When the manual was last changed in more than details.
const DATE: &str = "2026-11-25";

/// Where what is made lies, and the folder of what is written by hand.
const PAGES: &str = "man";
const COMPLETIONS: &str = "packaging/completions";
const CONFIG: &str = "packaging/config.toml";
const PARTS: &str = "man/parts";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Text by path from the root of the repository.
type Files = BTreeMap<PathBuf, String>;

fn generated() -> Files {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut files = Files::new();
    add_pages(&command, &mut files);
    for (shell, name) in
        [(Shell::Bash, "scx_domains.bash"), (Shell::Zsh, "_scx_domains"), (Shell::Fish, "scx_domains.fish")]
    {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "scx_domains", &mut text);
        files.insert(Path::new(COMPLETIONS).join(name), String::from_utf8(text).unwrap());
    }
    files.insert(Path::new(PAGES).join("scx_domains.toml.5"), settings_page());
    files.insert(CONFIG.into(), settings_file());
    files
}

/// What can be set, as the command line's options.
fn settings() -> Vec<clap::Arg> {
    let command = RunArgs::augment_args(clap::Command::new("scx_domains"));
    let known = known();
    let is_setting = |arg: &&clap::Arg| known.iter().any(|one| Some(one.name.as_str()) == arg.get_long());
    command.get_arguments().filter(is_setting).cloned().collect()
}

/// Is it on or off?
fn is_switch(setting: &clap::Arg) -> bool {
    known().iter().any(|one| Some(one.name.as_str()) == setting.get_long() && one.value.is_none())
}

fn help(setting: &clap::Arg) -> String {
    let help = setting.get_long_help().or(setting.get_help()).map(ToString::to_string).unwrap_or_default();
    let values: Vec<_> = setting.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let help = match values.is_empty() || is_switch(setting) {
        true => help,
        false => format!("{help}: {}", values.join(", ")),
    };
    let hot = known().iter().any(|one| one.hot && Some(one.name.as_str()) == setting.get_long());
    if hot { help + ". It can change while the scheduler runs" } else { help }
}

/// What it is if nobody says anything, and if there is no such value, an example of what it may be: both as TOML has them.
fn value(setting: &clap::Arg) -> String {
    let is_switch = is_switch(setting);
    let default = setting.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    match default {
        _ if is_switch => "false".to_owned(),
        Some(number) if number.parse::<i64>().is_ok() => number,
        Some(text) => format!("\"{text}\""),
        None => {
            let name = setting.get_value_names().map_or("VALUE", |names| names[0].as_str());
            let numbers = [TypeId::of::<u64>(), TypeId::of::<u32>()];
            let is_number = numbers.iter().any(|number| setting.get_value_parser().type_id() == *number);
            if is_number { name.to_owned() } else { format!("\"{name}\"") }
        }
    }
}

/// What an installed scx_domains is told, of a service's own places.
const IN_FORCE: &[(&str, &str)] = &[("flight-recorder", "\"/var/lib/scx_domains\"")];

/// The file of settings as it is installed: all that can be set is there to be uncommented.
fn settings_file() -> String {
    let mut text = String::from(SETTINGS_HEAD);
    for setting in settings() {
        text += "\n";
        for line in wrapped(&help(&setting), 97) {
            text += format!("# {line}").trim_end();
            text += "\n";
        }
        let name = setting.get_long().unwrap();
        match IN_FORCE.iter().find(|(set, _)| *set == name) {
            Some((_, value)) => text += &format!("{name} = {value}\n"),
            None => text += &format!("#{name} = {}\n", value(&setting)),
        }
    }
    text
}

const SETTINGS_HEAD: &str = "\
# Settings of scx_domains. scx_domains.toml(5) tells more.
#
# A line that begins with # is not in force: where there is a value, it is the default; a word in CAPITALS stands for one.
# After a change: systemctl reload scx_domains, or restart it if the setting cannot change while it runs.
";

/// Lines of at most so many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.len() + 1 + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            line += if line.is_empty() { "" } else { " " };
            line += word;
        }
        lines.push(line);
    }
    lines
}

/// The page of the file of settings.
fn settings_page() -> String {
    let name = "scx_domains.toml.5";
    let mut page = Roff::default();
    let source = concat!("scx_domains ", env!("CARGO_PKG_VERSION"));
    page.control("TH", ["scx_domains.toml", "5", DATE, source, "scx_domains"]);
    page.control("SH", ["NAME"]);
    page.text([roman("scx_domains.toml - settings of the scheduler scx_domains")]);
    for (heading, paragraphs) in SETTINGS_PROSE {
        page.control("SH", [*heading]);
        for (number, paragraph) in paragraphs.iter().enumerate() {
            if number > 0 {
                page.control("PP", []);
            }
            page.text([roman(*paragraph)]);
        }
    }
    page.control("SH", ["SETTINGS"]);
    for setting in settings() {
        page.control("TP", []);
        page.text([bold(setting.get_long().unwrap()), roman(" = "), roman(value(&setting))]);
        page.text([roman(help(&setting))]);
    }
    finished(page.render().into_bytes(), name)
}

type Section = (&'static str, &'static [&'static str]);

const SETTINGS_PROSE: &[Section] = &[
    ("SYNOPSIS", &["/etc/scx_domains/config.toml"]),
    (
        "DESCRIPTION",
        &[
            "A TOML file: a setting a line, as name = value, without sections. Times and names are texts in quotes, numbers and \
             true or false have none. Every setting is an option of scx_domains(8) too, under the same name.",
            "The file counts more than the defaults, the environment (SCX_DOMAINS_ and the name in capitals, with _ for -) more than the \
             file, and the command line more than all. An unknown name, a value out of range, a file that cannot be read or that \
             anybody may write to: each is an error with a sentence, and scx_domains does not start. At a reload it goes on with \
             what it had.",
        ],
    ),
];

/// The page of a command, and those of its subcommands.
fn add_pages(command: &clap::Command, files: &mut Files) {
    let subcommands = || command.get_subcommands().filter(|sub| !sub.is_hide_set());
    for subcommand in subcommands() {
        add_pages(subcommand, files);
    }
    let man = Man::new(command.clone())
        .section(SECTION)
        .date(DATE)
        .source(concat!("scx_domains ", env!("CARGO_PKG_VERSION")))
        .manual("scx_domains");
    let mut page = Vec::new();
    man.render_title(&mut page).unwrap();
    man.render_name_section(&mut page).unwrap();
    man.render_synopsis_section(&mut page).unwrap();
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    if subcommands().next().is_some() {
        man.render_subcommands_section(&mut page).unwrap();
    }
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    page.extend(help.map(|help| tables(&help.to_string())).unwrap_or_default());
    let name = man.get_filename();
    files.insert(Path::new(PAGES).join(&name), finished(page, &name));
}

/// A page with its part that is written by hand. mandoc minds blank lines, as between the paragraphs of an option's help, and
/// breaks around them.
fn finished(mut page: Vec<u8>, name: &str) -> String {
    page.extend(fs::read(root().join(PARTS).join(name)).unwrap_or_default());
    let text = String::from_utf8(page).unwrap().replace("\n.br\n.sp\n.br\n", "\n\n");
    text.replace("\n.br\n\n.br\n", "\n\n").replace("\n\n", "\n.sp\n")
}

/// What stands below the options: blocks with a heading ("Exit codes:"), whose lines stay as they are.
fn tables(help: &str) -> Vec<u8> {
    let mut page = Roff::default();
    for block in help.split("\n\n") {
        let (heading, lines) = block.split_once(":\n").unwrap_or(("Notes", block));
        page.control("SH", [heading.to_uppercase().as_str()]);
        page.control("nf", []);
        for line in lines.lines() {
            page.text([roman(line)]);
        }
        page.control("fi", []);
    }
    page.render().into_bytes()
}

/// What lies there now.
fn committed() -> Files {
    let entries = [PAGES, COMPLETIONS].into_iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path()).chain([root().join(CONFIG)]);
    let text = |path: PathBuf| (path.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
    paths.filter(|path| path.is_file()).map(text).collect()
}

#[test]
fn pages_and_completions_are_those_of_the_command_line() {
    let generated = generated();
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        for stale in committed().keys().filter(|path| !generated.contains_key(*path)) {
            fs::remove_file(root().join(stale)).unwrap();
        }
        for (path, text) in &generated {
            fs::write(root().join(path), text).unwrap();
        }
    }
    let committed = committed();
    let paths = generated.keys().chain(committed.keys());
    let stale: std::collections::BTreeSet<_> =
        paths.filter(|path| generated.get(*path) != committed.get(*path)).collect();
    assert!(stale.is_empty(), "not what the command line says; `make man` writes them anew: {stale:?}");
}

#[test]
fn parts_written_by_hand_belong_to_a_page() {
    for entry in fs::read_dir(root().join(PARTS)).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(root().join(PAGES).join(&name).exists(), "{PARTS}/{name:?}: there is no such page, so nobody reads it");
    }
}

/// Everything that mandoc warns of. It comes with `scripts/setup.sh test`, for Debian.
#[test]
fn mandoc_has_nothing_to_say() {
    let lint = |files: &[PathBuf]| Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).args(files).output();
    let entries = fs::read_dir(root().join(PAGES)).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    let Ok(output) = lint(&pages) else {
        println!("mandoc is not installed: the pages were not looked at");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let broken = tempfile::Builder::new().suffix(".8").tempfile().unwrap();
    fs::write(broken.path(), ".TH X 8 2026-11-25\n.SH NAME\nx \\- y\n.nosuchmacro\n").unwrap();
    assert!(!lint(&[broken.path().to_owned()]).unwrap().status.success(), "mandoc catches what is broken");
}
