//! `agent.toml`.

use farhand_protocol::VehicleId;
use farhand_settings::{Settings, SettingsError};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Configuration of an agent. Relative paths are relative to the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentConfig {
    /// The vehicle's name; must be the one in its certificate.
    pub(crate) vehicle: VehicleId,
    /// The vehicle profile.
    pub(crate) profile: PathBuf,
    /// Where the guardian listens.
    pub(crate) guardian_socket: PathBuf,
    /// The gateway's control port, `host:port`.
    pub(crate) gateway_control: String,
    /// The gateway's media port, `host:port`.
    pub(crate) gateway_media: String,
    /// The name in the gateway's vehicle-side certificate.
    #[serde(default = "default_gateway_name")]
    pub(crate) gateway_name: String,
    /// The vehicle's certificate in PEM.
    pub(crate) certificate: PathBuf,
    /// Its private key in PEM.
    pub(crate) key: PathBuf,
    /// The site's certificate authority in PEM.
    pub(crate) ca: PathBuf,
    /// The learned stop policy; without it the guard ranks its stops by itself.
    #[serde(default)]
    pub(crate) policy: Option<PolicyConfig>,
}

/// Where the stop policy is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyConfig {
    /// The model's card; the model lies beside it.
    pub(crate) card: PathBuf,
    /// The library of ONNX Runtime, `libonnxruntime.so`.
    pub(crate) library: PathBuf,
}

impl Settings for AgentConfig {
    fn check(&self) -> Result<(), (String, String)> {
        for (key, value) in [("gateway_control", &self.gateway_control), ("gateway_media", &self.gateway_media)] {
            let port = value.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
            if port.is_none_or(|port| port == 0) {
                let message = format!("is \"{value}\"; it must be host:port, for instance \"gateway.example:7443\"");
                return Err((key.to_owned(), message));
            }
        }
        if self.gateway_control == self.gateway_media {
            let message = "is the same as gateway_control; control and media have a port each (7443 and 7444)".to_owned();
            return Err(("gateway_media".to_owned(), message));
        }
        Ok(())
    }
}

impl AgentConfig {
    pub(crate) fn load(path: &Path) -> Result<Self, SettingsError> {
        let mut config: Self = farhand_settings::load(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let Self { profile, guardian_socket, certificate, key, ca, .. } = &mut config;
        for file in [profile, guardian_socket, certificate, key, ca] {
            *file = folder.join(&file);
        }
        if let Some(PolicyConfig { card, library }) = &mut config.policy {
            for file in [card, library] {
                *file = folder.join(&file);
            }
        }
        Ok(config)
    }
}

fn default_gateway_name() -> String {
    farhand_transport::GATEWAY_NAME.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "vehicle = \"truck-1\"\nprofile = \"p.toml\"\nguardian_socket = \"agent.sock\"\n\
        gateway_control = \"127.0.0.1:7443\"\ngateway_media = \"127.0.0.1:7444\"\n\
        certificate = \"c.pem\"\nkey = \"k.pem\"\nca = \"ca.pem\"\n";

    #[test]
    fn a_good_file_is_read_with_the_usual_gateway_name() {
        let config: AgentConfig = farhand_settings::parse(GOOD, Path::new("agent.toml")).expect("good");
        assert_eq!(config.gateway_name, "farhand-gateway");
    }

    #[test]
    fn a_bad_address_names_its_line_and_the_form() {
        let text = GOOD.replace("127.0.0.1:7444", "127.0.0.1");
        let refused = farhand_settings::parse::<AgentConfig>(&text, Path::new("agent.toml")).expect_err("refused");
        assert!(refused.to_string().starts_with("agent.toml:5: gateway_media is"), "{refused}");
    }
}
