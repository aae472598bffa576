//! Who is at the other end of the control socket, and what that lets it do.

use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use std::ffi::CString;
use std::os::unix::net::UnixStream;

/// Whose members may use the control socket, where the system has such a group.
pub const GROUP: &str = "scx_domains";

/// The group, if the system has it.
#[must_use]
pub fn control_group() -> Option<Gid> {
    Group::from_name(GROUP).ok().flatten().map(|group| group.gid)
}

/// Who connected, as the kernel tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub uid: u32,
    pub gid: u32,
}

impl Peer {
    /// Who is at the other end. None where the kernel does not say.
    #[must_use]
    pub fn of(stream: &UnixStream) -> Option<Self> {
        let peer = getsockopt(stream, sockopt::PeerCredentials).ok()?;
        Some(Self { uid: peer.uid(), gid: peer.gid() })
    }

    /// May it change something? root may, and the members of the group: by its own group, or by what the system's list of users
    /// says. The groups that a process has beside its own are not told by the kernel.
    #[must_use]
    pub fn may_change(&self, group: Option<Gid>) -> bool {
        self.uid == 0 || group.is_some_and(|group| self.gid == group.as_raw() || self.is_member(group))
    }

    fn is_member(&self, group: Gid) -> bool {
        let user = User::from_uid(Uid::from_raw(self.uid)).ok().flatten();
        let name = user.and_then(|user| CString::new(user.name).ok());
        name.and_then(|name| getgrouplist(&name, Gid::from_raw(self.gid)).ok()).is_some_and(|all| all.contains(&group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_the_group_may_change_things_and_nobody_else() {
        let peer = |uid, gid| Peer { uid, gid };
        let group = Some(Gid::from_raw(4_000_001));
        assert!(peer(0, 0).may_change(None));
        assert!(peer(4_000_000, 4_000_001).may_change(group));
        assert!(!peer(4_000_000, 4_000_002).may_change(group));
        assert!(!peer(4_000_000, 4_000_001).may_change(None));
    }
}
