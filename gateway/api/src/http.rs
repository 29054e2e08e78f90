//! Routes, and what every request passes through.

mod access;
mod attempts;
mod guard;
mod health;
mod journal;
mod login;
mod pages;
mod problem;
mod vehicles;
mod viewers;
mod ways;
mod whep;

pub use health::MetricsText;
pub use journal::JournalEntryView;
pub use login::{LoginRequest, Me};
pub use vehicles::VehicleView;
pub use viewers::{LeaseAnswer, LeaseRequest, ViewerAnswer, ViewerRequest};
pub use ways::{QuicWay, WayAnswer};

use crate::Desk;
use attempts::Attempts;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{delete, get, post};
use farhand_store::{Journal, Sessions, Store};
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};
use utoipa::OpenApi;

/// What the handlers share.
pub struct Web {
    pub(crate) desk: Arc<Desk>,
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) metrics: MetricsText,
    pub(crate) attempts: Attempts,
}

/// How the pages are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain, on loopback only.
    Http,
    /// With the site's certificate.
    Https,
}

impl Web {
    /// Joins what the handlers need.
    #[must_use]
    pub fn new(desk: Arc<Desk>, store: Store, journal: Journal, metrics: MetricsText) -> Arc<Self> {
        Arc::new(Self { desk, store, journal, metrics, attempts: Attempts::default() })
    }
}

/// Everything that people and programs reach.
pub fn router(web: &Arc<Web>, scheme: Scheme) -> Router {
    let api = Router::new()
        .route("/login", post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/me", get(login::me))
        .route("/vehicles", get(vehicles::list))
        .route("/vehicles/live", get(vehicles::live))
        .route("/vehicles/{vehicle}", get(vehicles::one))
        .route("/vehicles/{vehicle}/viewers", post(viewers::open))
        .route("/vehicles/{vehicle}/viewers/{viewer}", delete(viewers::close))
        .route("/vehicles/{vehicle}/ways", post(ways::open))
        .route("/ways/{ticket}", get(ways::join))
        .route("/vehicles/{vehicle}/lease", post(viewers::take).delete(viewers::release))
        .route("/vehicles/{vehicle}/stop", post(viewers::stop))
        .route("/journal", get(journal::read))
        .route("/openapi.json", get(health::openapi_json))
        .fallback(problem::unknown_route);
    Router::new()
        .nest("/api/v1", api)
        .route("/whep/{vehicle}/{camera}", post(whep::open))
        .route("/whep/{vehicle}/{camera}/{viewer}", delete(whep::close))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .route("/login", get(login::page))
        .route("/", get(pages::front))
        .route("/fleet", get(pages::console))
        .route("/safety", get(pages::console))
        .route("/drive/{vehicle}", get(pages::console))
        .fallback(pages::file)
        .layer(sessions(&web.store, scheme))
        .layer(middleware::from_fn(guard::same_origin))
        .layer(middleware::from_fn_with_state(guard::security_headers(web.desk.quic_origin()), guard::headers))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .with_state(Arc::clone(web))
}

fn sessions(store: &Store, scheme: Scheme) -> SessionManagerLayer<Sessions> {
    // Two names: a browser does not let a plain page touch a cookie that https has set.
    let (name, secure) = match scheme {
        Scheme::Http => ("farhand-plain", false),
        Scheme::Https => ("farhand", true),
    };
    SessionManagerLayer::new(Sessions::new(store.clone()))
        .with_name(name)
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(SESSION))
}

/// The description of the API.
#[derive(Debug, OpenApi)]
#[openapi(
    info(title = "Farhand gateway", description = "Vehicles, viewers, leases, stops and the journal of one site."),
    paths(
        login::log_in,
        login::log_out,
        login::me,
        vehicles::list,
        vehicles::one,
        vehicles::live,
        viewers::open,
        viewers::close,
        ways::open,
        viewers::take,
        viewers::release,
        viewers::stop,
        journal::read,
    ),
    components(schemas(problem::Problem))
)]
struct Description;

/// The description of the API as JSON text.
#[must_use]
pub fn openapi() -> String {
    // The description holds nothing that JSON cannot say.
    Description::openapi().to_pretty_json().unwrap_or_default()
}

// An offer with eight cameras is below 32 KiB.
const MAX_BODY: usize = 256 * 1024;
/// How long a login stands that is not used: one shift.
pub const LOGIN_STANDS: std::time::Duration = std::time::Duration::from_hours(12);
const SESSION: Duration = Duration::new(LOGIN_STANDS.as_secs().cast_signed(), 0);
