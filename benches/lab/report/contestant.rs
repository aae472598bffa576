//! Who is who among the contestants.

/// The scheduler of this repository.
pub const OURS: &str = "scx_domains";

/// The kernel's own, that all are measured by.
pub const REFERENCE: &str = "eevdf";

/// What a contestant is to the comparison; in the order of the tables' columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Ours,
    Reference,
    /// This scheduler with a part of it switched off: shown, and no peer.
    Variant,
    Peer,
}

pub fn role(contestant: &str) -> Role {
    if contestant == OURS {
        Role::Ours
    } else if contestant.eq_ignore_ascii_case(REFERENCE) {
        Role::Reference
    } else if contestant.starts_with(OURS) {
        Role::Variant
    } else {
        Role::Peer
    }
}

/// Puts contestants into the order of the columns; peers by name.
pub fn sort(contestants: &mut [String]) {
    contestants.sort_by(|a, b| (role(a), a).cmp(&(role(b), b)));
}
