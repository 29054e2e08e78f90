//! What is done beside the running gateway.

use crate::config::GatewayConfig;
use crate::site::{Site, fingerprint};
use anyhow::{Context, Result};
use farhand_lease::Role;
use farhand_protocol::{OperatorName, VehicleId};
use farhand_store::{Account, Store, Verdict};
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use time::OffsetDateTime;

/// Makes a vehicle's files and lets it in.
pub(crate) async fn enroll(config: &GatewayConfig, vehicle: &VehicleId, out: &Path) -> Result<ExitCode> {
    let site = Site::open(&config.data_folder)?;
    let store = Store::open(&config.data_folder).await?;
    let print = site.enroll(vehicle, out)?;
    store.enrol(vehicle, &print).await?;
    say(&format!("{vehicle} is enrolled. Its files are in {}; key.pem is a secret of the vehicle.", out.display()))
}

/// Shuts a vehicle out.
pub(crate) async fn revoke(config: &GatewayConfig, vehicle: &VehicleId) -> Result<ExitCode> {
    if !open(config).await?.revoke(vehicle).await? {
        anyhow::bail!("there is no vehicle {vehicle}; nothing was changed");
    }
    say(&format!("{vehicle} is shut out. To let it in again: farhand-gateway enroll {vehicle} --out DIR"))
}

/// Says how browsers come to trust this site.
pub(crate) fn trust(config: &GatewayConfig) -> Result<ExitCode> {
    let site = Site::open(&config.data_folder)?;
    let path = site.ca_path();
    let shown = path.display();
    say(&format!(
        "This site's certificate authority: {shown}
SHA-256 fingerprint: {}
Compare the fingerprint on each machine before trusting it.

Debian, for programs:
    sudo cp {shown} /usr/local/share/ca-certificates/farhand.crt && sudo update-ca-certificates
Chromium on Linux (package libnss3-tools), for the user who runs it:
    certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n farhand -i {shown}
Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import {shown}, \"identify websites\".

Then open https://{}/",
        fingerprint(&path)?,
        config.names.first().map_or("localhost", String::as_str),
    ))
}

/// Adds or changes an account.
pub(crate) async fn add_user(config: &GatewayConfig, account: &Account, from_stdin: bool, replace: bool) -> Result<ExitCode> {
    let store = open(config).await?;
    let password = password(from_stdin)?;
    store.add_account(account, password, replace).await?;
    say(&format!("{} may log in with the role {}.", account.name, account.role))
}

/// Prints every account.
pub(crate) async fn list_users(config: &GatewayConfig) -> Result<ExitCode> {
    let accounts = open(config).await?.accounts().await?;
    if accounts.is_empty() {
        return say("There are no accounts. Add one: farhand-gateway user add NAME --role admin");
    }
    let mut lines = vec![format!("{:<32}  {:<9}  {:<10}  {}", "account", "role", "added", "logins")];
    for listed in accounts {
        let added = OffsetDateTime::from_unix_timestamp_nanos(i128::from(listed.added_ms) * 1_000_000)
            .map_or_else(|_| "unknown".to_owned(), |at| at.date().to_string());
        let Account { name, role } = listed.account;
        lines.push(format!("{:<32}  {:<9}  {added:<10}  {}", name.as_str(), role.as_str(), listed.logins));
    }
    say(&lines.join("\n"))
}

/// Gives an account another role.
pub(crate) async fn set_role(config: &GatewayConfig, name: &OperatorName, role: Role) -> Result<ExitCode> {
    let before = open(config).await?.set_role(name, role).await?;
    if before == role {
        return say(&format!("{name} has the role {role} already; nothing was changed."));
    }
    say(&format!("{name} has the role {role} now, no longer {before}. A running gateway follows within a second."))
}

/// Removes an account.
pub(crate) async fn remove_user(config: &GatewayConfig, name: &OperatorName) -> Result<ExitCode> {
    open(config).await?.remove_account(name).await?;
    say(&format!("{name} is removed and logged out everywhere. A running gateway follows within a second."))
}

/// Prints a one-time login.
pub(crate) async fn token(config: &GatewayConfig, user: &OperatorName) -> Result<ExitCode> {
    let token = open(config).await?.make_token(user, TOKEN_VALID).await?;
    say(&format!("/login?token={}", token.as_str()))
}

/// Checks the journal.
pub(crate) async fn verify(config: &GatewayConfig) -> Result<ExitCode> {
    match open(config).await?.verify().await? {
        Verdict::Whole { rows, head } => say(&format!("The journal is whole: {rows} rows, head {head}.")),
        Verdict::Broken { seq, why } => {
            say(&format!("The journal is broken at row {seq}: {why}. Keep the file, and compare it with a backup."))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn open(config: &GatewayConfig) -> Result<Store> {
    // The folder is made with the site, readable by its owner only.
    Site::open(&config.data_folder)?;
    Ok(Store::open(&config.data_folder).await?)
}

fn password(from_stdin: bool) -> Result<String> {
    if !from_stdin && std::io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ").context("reading the password")?;
        let again = rpassword::prompt_password("Again: ").context("reading the password")?;
        anyhow::ensure!(first == again, "the two passwords differ; nothing was changed");
        return Ok(first);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("reading the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn say(text: &str) -> Result<ExitCode> {
    writeln!(std::io::stdout(), "{text}").context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

const TOKEN_VALID: Duration = Duration::from_mins(10);
