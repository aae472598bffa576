//! Asks what the scheduler knows of one task (`bpf/inspect.bpf.h`).

use super::error::KernelError;
use super::libbpf::step;
use super::load::Attached;
use super::skel::{MapValue, intf};
use crate::units::{CpuId, DomainId};
use libbpf_rs::ProgramInput;

/// What there is to know of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSeen {
    /// There is no task of this id.
    NotThere,
    /// The scheduler has nothing to do with it.
    NotOurs,
    Ours(TaskView),
}

/// A task, as the scheduler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// The domain that it belongs to.
    pub home: DomainId,
    /// Is it runnable?
    pub member: bool,
    /// Can it run on one CPU only?
    pub pinned: bool,
    /// Where it runs, or ran last.
    pub cpu: CpuId,
    /// 1024 = one task at nice 0 that always wants to run.
    pub load: u64,
    /// 1024 = nice 0 in the root cgroup.
    pub weight: u64,
    /// That of its nice value alone.
    pub own_weight: u64,
    /// 0 to 1024: the share of its time that it is runnable.
    pub duty: u64,
    /// For how long it has waited in a queue, ns.
    pub waited_ns: Option<u64>,
    /// How long ago a flow last moved it, ns.
    pub moved_ago_ns: Option<u64>,
    /// Run time that it is owed, ns.
    pub lag_ns: i64,
}

impl Attached<'_> {
    /// Look at a task, by its id in the first pid namespace.
    ///
    /// # Errors
    /// [`KernelError::Step`] if the kernel refuses.
    pub fn task(&self, pid: u32) -> Result<TaskSeen, KernelError> {
        let Ok(pid) = i32::try_from(pid) else { return Ok(TaskSeen::NotThere) };
        let mut view = intf::task_view::zeroed();
        view.pid = pid;
        let mut bytes = view.as_bytes().to_vec();
        let input = ProgramInput { context_in: Some(bytes.as_mut_slice()), ..ProgramInput::default() };
        self.skel.progs.describe_task.test_run(input).map_err(|e| step("looking at a task", &e))?;
        let view = intf::task_view::from_bytes(&bytes).unwrap_or(view);
        Ok(match view.found {
            intf::found_TASK_NOT_THERE => TaskSeen::NotThere,
            intf::found_TASK_NOT_OURS => TaskSeen::NotOurs,
            _ => TaskSeen::Ours(seen(&view)),
        })
    }
}

fn seen(view: &intf::task_view) -> TaskView {
    let some = |ns: u64| Some(ns).filter(|ns| *ns > 0);
    TaskView {
        home: DomainId(view.home),
        member: view.member != 0,
        pinned: view.pinned != 0,
        cpu: CpuId(view.cpu),
        load: view.load,
        weight: view.weight,
        own_weight: view.own_weight,
        duty: view.duty,
        waited_ns: some(view.waited_ns),
        moved_ago_ns: some(view.moved_ago_ns),
        lag_ns: view.lag_ns,
    }
}
