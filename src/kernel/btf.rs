//! What the running kernel says about its own types: which fields, flags and kfuncs it has. Features are probed here and
//! never guessed from a version number.

use libbpf_rs::btf::types::{Enum, Enum64, Func, FuncProto, Struct, Typedef};
use libbpf_rs::btf::{Btf, BtfType};
use std::ffi::OsStr;

/// The kernel's BTF.
pub struct KernelBtf {
    btf: Btf<'static>,
}

impl KernelBtf {
    /// Read it. `None` where the kernel has none (built without `CONFIG_DEBUG_INFO_BTF`).
    #[must_use]
    pub fn read() -> Option<Self> {
        std::path::Path::new("/sys/kernel/btf/vmlinux").exists().then_some(())?;
        Btf::from_vmlinux().ok().map(|btf| Self { btf })
    }

    /// The value of an enumerator, `None` where this kernel does not have it.
    #[must_use]
    pub fn enum_value(&self, type_name: &str, name: &str) -> Option<u64> {
        let name = OsStr::new(name);
        if let Some(wide) = self.btf.type_by_name::<Enum64<'_>>(type_name) {
            return wide.iter().find(|member| member.name == Some(name)).map(|member| member.value as u64);
        }
        let narrow = self.btf.type_by_name::<Enum<'_>>(type_name)?;
        narrow.iter().find(|member| member.name == Some(name)).map(|member| member.value as u64)
    }

    /// Has this kernel such a function (a kfunc, say)?
    #[must_use]
    pub fn has_function(&self, name: &str) -> bool {
        self.btf.type_by_name::<Func<'_>>(name).is_some()
    }

    /// Has this kernel's struct such a member?
    #[must_use]
    pub fn has_member(&self, struct_name: &str, member: &str) -> bool {
        let found = self.btf.type_by_name::<Struct<'_>>(struct_name);
        found.is_some_and(|found| found.iter().any(|one| one.name == Some(OsStr::new(member))))
    }

    /// Has this kernel such a tracepoint?
    #[must_use]
    pub fn has_tracepoint(&self, name: &str) -> bool {
        self.btf.type_by_name::<Typedef<'_>>(&format!("btf_trace_{name}")).is_some()
    }

    /// kfuncs whose prototype shows the argument `aux` that the kernel passes by itself. Programs that call them do not
    /// load ("func_proto incompatible with vmlinux"). It comes of a kernel built with a pahole older than 1.26 that splits
    /// no `_impl` variant off (Debian's 7.1.13, and Fedora's for a while).
    #[must_use]
    pub fn malformed_kfuncs(&self) -> Vec<String> {
        self.btf
            .type_by_kind::<Func<'_>>()
            .filter_map(|func| {
                let name = func.name()?.to_str()?.to_owned();
                let ours = (name.starts_with("scx_bpf_") || name.starts_with("__scx_bpf_")) && !name.ends_with("_impl");
                (ours && shows_aux(&func)).then_some(name)
            })
            .collect()
    }
}

fn shows_aux(func: &Func<'_>) -> bool {
    let proto: Option<BtfType<'_>> = func.next_type();
    proto
        .and_then(|proto| FuncProto::try_from(proto).ok())
        .is_some_and(|proto| proto.iter().any(|param| param.name == Some(OsStr::new("aux"))))
}
