//! A program that is not ours, run once: what it prints is its result.

use std::process::{Command, Stdio};

use crate::account::{Account, Place};
use crate::spec::RanGroup;

pub fn run(place: &Place, command: &[String]) -> RanGroup {
    let mut account = Account::open(place);
    account.leave();
    let (program, arguments) = command.split_first().expect("the host gives a program's group its command");
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}"));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{program}: {}: {said}", output.status);
    account.back();
    RanGroup { workers: vec![account.close()], said, ..RanGroup::default() }
}
