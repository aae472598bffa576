//! Addresses that metrics may be served at.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A port of this machine's own, or a UNIX socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl FromStr for Address {
    type Err = String;

    /// "127.0.0.1:9718", "[::1]:9718" or "unix:/path". Other machines are kept out: what a machine does is nobody else's
    /// business until somebody who can tell who asks, such as a reverse proxy, says so.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = PathBuf::from(path);
            return if path.is_absolute() {
                Ok(Self::Unix(path))
            } else {
                Err("a path has to begin with /".to_owned())
            };
        }
        let address: SocketAddr =
            text.parse().map_err(|_| "write 127.0.0.1:9718, [::1]:9718 or unix:/path".to_owned())?;
        if address.ip().is_loopback() {
            Ok(Self::Tcp(address))
        } else {
            Err("only this machine may ask: use 127.0.0.1 or [::1], and a proxy for others".to_owned())
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_are_of_this_machine() {
        for good in ["127.0.0.1:9718", "[::1]:9718", "unix:/run/metrics"] {
            assert_eq!(good.parse::<Address>().expect(good).to_string(), good);
        }
        for bad in
            ["0.0.0.0:9718", "192.168.1.1:80", "[::]:1", "9718", "unix:metrics", "", "127.0.0.1", "127.0.0.1:99999"]
        {
            assert!(bad.parse::<Address>().is_err(), "{bad:?} was accepted");
        }
    }
}
