//! Logging in and out.

use super::Web;
use super::access::{Authorised, NAME_KEY, See, session_failed};
use super::pages;
use super::problem::Problem;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use farhand_lease::Role;
use farhand_protocol::OperatorName;
use farhand_store::{Account, Entry, Kind};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tower_sessions::Session;
use ts_rs::TS;
use utoipa::ToSchema;

/// A login.
#[derive(Deserialize, TS, ToSchema)]
pub struct LoginRequest {
    /// Account name.
    name: String,
    /// Its password.
    password: String,
}

impl std::fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LoginRequest({})", self.name)
    }
}

/// Who is logged in.
#[derive(Debug, Serialize, TS, ToSchema)]
pub struct Me {
    /// Account name.
    #[schema(value_type = String)]
    name: OperatorName,
    /// What the person may do.
    #[schema(value_type = String)]
    role: Role,
}

#[derive(Debug, Deserialize)]
pub(super) struct TokenQuery {
    token: Option<String>,
}

/// Logs in with name and password.
#[utoipa::path(post, path = "/api/v1/login", request_body = LoginRequest, responses(
    (status = 204, description = "Logged in; the cookie is set"),
    (status = 401, description = "Name or password are wrong", body = Problem),
    (status = 429, description = "Too many failures", body = Problem),
))]
pub(super) async fn log_in(
    State(web): State<Arc<Web>>,
    session: Session,
    Json(login): Json<LoginRequest>,
) -> Result<StatusCode, Problem> {
    let wrong = || Problem::new(StatusCode::UNAUTHORIZED, "Name or password are wrong. Try again, or ask an administrator.");
    let name = OperatorName::new(&login.name).map_err(|_| wrong())?;
    if !web.attempts.begin(&name, Instant::now()) {
        let detail = "Too many failed logins for this account. Wait a minute, then try again.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail));
    }
    let Some(account) = web.store.check_password(&name, login.password).await? else {
        tracing::warn!(operator = %name, "Login refused");
        note(&web, Entry::new(Kind::LoginRefused, json!({})).by(&name));
        return Err(wrong());
    };
    web.attempts.succeeded(&name);
    enter(&web, &session, &account, "password").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the login.
#[utoipa::path(post, path = "/api/v1/logout", responses((status = 204, description = "Logged out")))]
pub(super) async fn log_out(session: Session) -> Result<StatusCode, Problem> {
    session.flush().await.map_err(|error| session_failed(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says who is logged in.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub(super) async fn me(person: Authorised<See>) -> Json<Me> {
    Json(Me { name: person.account.name, role: person.account.role })
}

/// The login page; with a one-time token it logs in and goes on to the fleet.
pub(super) async fn page(
    State(web): State<Arc<Web>>,
    session: Session,
    Query(query): Query<TokenQuery>,
) -> Result<Response, Problem> {
    let Some(token) = query.token else { return Ok(pages::index(StatusCode::OK)) };
    match web.store.use_token(&token).await? {
        Some(account) => {
            enter(&web, &session, &account, "token").await?;
            Ok(Redirect::to("/fleet").into_response())
        }
        None => Ok(pages::index(StatusCode::UNAUTHORIZED)),
    }
}

async fn enter(web: &Web, session: &Session, account: &Account, with: &str) -> Result<(), Problem> {
    // A new id: one that somebody planted before the login is worth nothing after it.
    session.cycle_id().await.map_err(|error| session_failed(&error))?;
    session.insert(NAME_KEY, &account.name).await.map_err(|error| session_failed(&error))?;
    tracing::info!(operator = %account.name, role = %account.role, with, "Login");
    note(web, Entry::new(Kind::LoggedIn, json!({ "with": with, "role": account.role })).by(&account.name));
    Ok(())
}

fn note(web: &Web, entry: Entry) {
    if let Err(error) = web.journal.note(entry) {
        tracing::error!(%error, "A journal row is lost");
    }
}

/// Failed logins of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: Mutex<BTreeMap<OperatorName, VecDeque<Instant>>>,
}

impl Attempts {
    /// Counts an attempt; false if there were too many. Counted before the password is looked at, so that many at once
    /// are no way around it.
    fn begin(&self, name: &OperatorName, now: Instant) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for times in failed.values_mut() {
            times.retain(|at| now.duration_since(*at) < SPAN);
        }
        failed.retain(|_, times| !times.is_empty());
        if failed.len() >= NAMES && !failed.contains_key(name) {
            return false;
        }
        let times = failed.entry(name.clone()).or_default();
        if times.len() >= MOST {
            return false;
        }
        times.push_back(now);
        true
    }

    fn succeeded(&self, name: &OperatorName) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

const SPAN: Duration = Duration::from_mins(1);
const MOST: usize = 10;
// Nobody has this many people who mistype in one minute; it bounds what a guesser of names can fill.
const NAMES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_in_a_minute_is_not_even_looked_at() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let (ada, bob) = (OperatorName::new("ada").expect("a name"), OperatorName::new("bob").expect("a name"));
        assert!((0..10).all(|_| attempts.begin(&ada, start)));
        assert!(!attempts.begin(&ada, start));
        assert!(attempts.begin(&bob, start), "another account is not touched");
        assert!(attempts.begin(&ada, start + Duration::from_mins(1)));
        attempts.succeeded(&ada);
        assert!((0..10).all(|_| attempts.begin(&ada, start + Duration::from_mins(1))));
    }
}
