//! The gateway's configuration file.

use anyhow::{Context, Result};
use farhand_settings::Settings;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// `gateway.toml`. Paths are relative to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayConfig {
    /// Where pages are served plainly; a loopback address. Left out: not at all.
    pub http_listen: Option<SocketAddr>,
    /// Where pages are served with the site's certificate. Left out: not at all.
    pub https_listen: Option<SocketAddr>,
    /// Where Prometheus reads figures without a login; a loopback address. Left out: only at `/metrics`, with a login.
    pub metrics_listen: Option<SocketAddr>,
    /// Where vehicles connect for control (UDP).
    #[serde(default = "control_listen")]
    pub control_listen: SocketAddr,
    /// Where vehicles send pictures (UDP).
    #[serde(default = "media_listen")]
    pub media_listen: SocketAddr,
    /// Where pages' pictures and commands go over WebRTC: one UDP port for all of them, so the only one that a firewall has to
    /// let through for WebRTC. `[::]:7445` hears IPv4 and IPv6.
    #[serde(default = "ice_listen")]
    pub ice_listen: SocketAddr,
    /// Where pages that speak QUIC themselves (WebTransport) get pictures and give commands (UDP); 7446 is usual. Left out: not
    /// at all, and pages use WebRTC, or a WebSocket where that does not work.
    pub quic_listen: Option<SocketAddr>,
    /// Addresses under which pages reach `ice_listen` and `quic_listen`; they are told to connect to these, the first one by preference. A
    /// router may stand in between (NAT), if it keeps the port.
    #[serde(default = "public_addresses")]
    pub public_addresses: Vec<IpAddr>,
    /// Names and addresses in the pages' certificate.
    #[serde(default = "names")]
    pub names: Vec<String>,
    /// Certificates, keys and the database.
    #[serde(default = "data_folder")]
    pub data_folder: PathBuf,
}

impl GatewayConfig {
    /// Reads the file, checks it, and makes its paths absolute.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let mut config: Self = farhand_settings::load(path)?;
        let folder = std::path::absolute(path).with_context(|| format!("finding the folder of {}", path.display()))?;
        let folder = folder.parent().map(Path::to_owned).unwrap_or_default();
        config.data_folder = folder.join(&config.data_folder);
        Ok(config)
    }

    /// Every UDP port with its key.
    pub(crate) fn udp(&self) -> Vec<(&'static str, SocketAddr)> {
        let always =
            [("control_listen", self.control_listen), ("media_listen", self.media_listen), ("ice_listen", self.ice_listen)];
        always.into_iter().chain(self.quic_listen.map(|address| ("quic_listen", address))).collect()
    }
}

impl Settings for GatewayConfig {
    fn check(&self) -> Result<(), (String, String)> {
        let wrong = |key: &str, message: String| Err((key.to_owned(), message));
        if self.http_listen.is_none() && self.https_listen.is_none() {
            return wrong("http_listen", "and https_listen are both missing; give at least one".into());
        }
        for (key, address) in [("http_listen", self.http_listen), ("metrics_listen", self.metrics_listen)] {
            if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
                let mend = format!("127.0.0.1:{}", address.port());
                return wrong(
                    key,
                    format!(
                        "is \"{address}\"; plain http is allowed on loopback only. Did you mean \"{mend}\", or https_listen?"
                    ),
                );
            }
        }
        if self.public_addresses.is_empty() {
            return wrong("public_addresses", "is empty; give the address under which pages reach the gateway".into());
        }
        if let Some(any) = self.public_addresses.iter().find(|address| address.is_unspecified()) {
            return wrong(
                "public_addresses",
                format!("holds \"{any}\", which is no address to connect to; give the machine's own"),
            );
        }
        for (key, listen) in [("ice_listen", Some(self.ice_listen)), ("quic_listen", self.quic_listen)] {
            let Some(listen) = listen else { continue };
            if let Some(unheard) = self.public_addresses.iter().find(|address| !hears(listen.ip(), **address)) {
                let all_ipv4 = self.public_addresses.iter().all(IpAddr::is_ipv4);
                let mend = SocketAddr::new(if all_ipv4 { any_ipv4() } else { any_ipv6() }, listen.port());
                return wrong(
                    "public_addresses",
                    format!("holds \"{unheard}\", which {key} = \"{listen}\" does not hear. Did you mean {key} = \"{mend}\"?"),
                );
            }
        }
        if self.names.is_empty() {
            return wrong(
                "names",
                "is empty; give a name or address under which pages are opened, for instance \"localhost\"".into(),
            );
        }
        if let Some(bad) = self.names.iter().find(|name| name.is_empty() || !name.is_ascii() || name.contains([' ', '/', ':'])) {
            return wrong("names", format!("holds \"{bad}\"; allowed are host names and IPv4 addresses without port"));
        }
        let udp = self.udp();
        for (index, (key, address)) in udp.iter().enumerate() {
            let same = |other: &SocketAddr| other.port() == address.port() && address.port() != 0 && other.ip() == address.ip();
            if let Some((other, _)) = udp[..index].iter().find(|(_, other)| same(other)) {
                return wrong(key, format!("is \"{address}\", the same as {other}; give each its own port"));
            }
        }
        Ok(())
    }
}

/// A socket on one address hears that family only, and on loopback this machine only. Otherwise the address may differ: a
/// router may translate it.
fn hears(listen: IpAddr, address: IpAddr) -> bool {
    listen == any_ipv6() || listen.is_ipv4() == address.is_ipv4() && (address.is_loopback() || !listen.is_loopback())
}

fn any(port: u16) -> SocketAddr {
    SocketAddr::new(any_ipv4(), port)
}

fn any_ipv4() -> IpAddr {
    IpAddr::V4(Ipv4Addr::UNSPECIFIED)
}

fn any_ipv6() -> IpAddr {
    IpAddr::V6(Ipv6Addr::UNSPECIFIED)
}

fn control_listen() -> SocketAddr {
    any(7443)
}

fn media_listen() -> SocketAddr {
    any(7444)
}

fn ice_listen() -> SocketAddr {
    any(7445)
}

fn public_addresses() -> Vec<IpAddr> {
    vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]
}

fn names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}

fn data_folder() -> PathBuf {
    PathBuf::from("data")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        farhand_settings::parse::<GatewayConfig>(text, Path::new("gateway.toml")).expect_err("refused").to_string()
    }

    #[test]
    fn a_short_file_is_enough() {
        let text = "https_listen = \"0.0.0.0:8443\"\n";
        let config: GatewayConfig = farhand_settings::parse(text, Path::new("gateway.toml")).expect("fine");
        assert_eq!((config.control_listen.port(), config.media_listen.port(), config.ice_listen.port()), (7443, 7444, 7445));
    }

    #[test]
    fn plain_http_is_refused_beyond_loopback_with_line_and_mend() {
        assert_eq!(
            refused("# pages\nhttp_listen = \"0.0.0.0:8080\"\n"),
            "gateway.toml:2: http_listen is \"0.0.0.0:8080\"; plain http is allowed on loopback only. \
             Did you mean \"127.0.0.1:8080\", or https_listen?"
        );
    }

    #[test]
    fn each_wrong_value_is_named() {
        let with = |line: &str| refused(&format!("http_listen = \"127.0.0.1:8080\"\n{line}\n"));
        assert!(refused("").contains("at least one"));
        assert!(with("public_addresses = []").starts_with("gateway.toml:2: public_addresses is empty"));
        assert!(with("public_addresses = [\"0.0.0.0\"]").contains("no address to connect to"));
        assert!(with("public_addresses = [\"127.0.0.1\", \"::1\"]").contains("Did you mean ice_listen = \"[::]:7445\"?"));
        assert!(with("ice_listen = \"[::1]:9\"").contains("holds \"127.0.0.1\", which ice_listen = \"[::1]:9\" does not hear"));
        let loopback = with("public_addresses = [\"192.0.2.7\"]\nice_listen = \"127.0.0.1:9\"");
        assert!(loopback.ends_with("Did you mean ice_listen = \"0.0.0.0:9\"?"), "{loopback}");
        assert!(with("names = [\"a b\"]").contains("holds \"a b\""));
        assert!(with("media_listen = \"0.0.0.0:7443\"").contains("the same as control_listen"));
        assert!(with("control_listen = \"7443\"").starts_with("gateway.toml:2: control_listen"));
        assert!(with("prot = 1").contains("prot"));
    }
}
