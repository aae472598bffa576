//! `scx_domains top`: the scheduler at work, on a terminal or as text.
//!
//! A screen is lines ([`screens`]), made from what is known ([`Data`]) and what the user wants to see ([`Ui`]); [`draw`] puts
//! them on a terminal, `--once` and `--batch` print them. All of that is pure; what it shows comes from the control socket
//! from /sys and from /proc (`command`, `sensors`, `threads`), so it needs no rights beyond those of the socket.

pub mod command;
mod data;
mod draw;
mod screens;
mod sensors;
mod terminal;
mod theme;
pub mod threads;
mod ui;

pub use data::{Data, Frequency, Heat, Task};
pub use draw::{LEAST_HEIGHT, LEAST_WIDTH, draw};
pub use screens::text;
pub use theme::Theme;
pub use ui::{Measure, Screen, Sort, Ui};
