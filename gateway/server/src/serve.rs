//! Placeholder while the relay is being wired.
pub(crate) async fn run(_config: crate::config::GatewayConfig) -> anyhow::Result<()> {
    anyhow::bail!("not wired yet")
}
