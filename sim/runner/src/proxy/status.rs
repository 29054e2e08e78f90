//! Status and controls of the emulated network, on loopback.

use super::carrier::{Carrier, Status, Way, lock};
use anyhow::Context as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::signal::unix::{SignalKind, signal};

type Shared = Arc<Mutex<Carrier>>;

#[derive(Debug, Deserialize)]
struct Blackout {
    on: bool,
    #[serde(default)]
    direction: Direction,
}

#[derive(Debug, Clone, Copy, Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Direction {
    #[default]
    Both,
    ToServer,
    ToClient,
}

#[derive(Debug, Deserialize)]
struct PresetName {
    name: String,
    /// Left out: every route.
    route: Option<String>,
}

/// Serves until SIGTERM or SIGINT; without an address it only waits for them.
pub(crate) async fn serve(address: Option<SocketAddr>, carrier: Shared) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("registering SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("registering SIGINT")?;
    let ended = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };
    let Some(address) = address else {
        ended.await;
        return Ok(());
    };
    let router = Router::new()
        .route("/status", get(status))
        .route("/blackout", post(blackout))
        .route("/preset", post(use_preset))
        .with_state(carrier);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("serving the status on {address}; is the port in use?"))?;
    axum::serve(listener, router).with_graceful_shutdown(ended).await.context("serving the status")
}

async fn status(State(carrier): State<Shared>) -> Json<Status> {
    Json(lock(&carrier).status())
}

async fn blackout(State(carrier): State<Shared>, Json(wanted): Json<Blackout>) -> Json<Status> {
    let mut carrier = lock(&carrier);
    if wanted.direction != Direction::ToClient {
        carrier.set_blackout(Way::ToServer, wanted.on);
    }
    if wanted.direction != Direction::ToServer {
        carrier.set_blackout(Way::ToClient, wanted.on);
    }
    Json(carrier.status())
}

async fn use_preset(State(carrier): State<Shared>, Json(wanted): Json<PresetName>) -> Result<Json<Status>, (StatusCode, String)> {
    let mut carrier = lock(&carrier);
    carrier.use_preset(&wanted.name, wanted.route.as_deref()).map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    Ok(Json(carrier.status()))
}
