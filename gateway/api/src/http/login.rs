//! Logging in and out.

use super::Web;
use super::access::{Authorised, See, person_of, session_failed};
use super::attempts::Caller;
use super::pages;
use super::problem::Problem;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use farhand_lease::Role;
use farhand_protocol::OperatorName;
use farhand_store::{ACCOUNT_CHANGED, Account, Entry, Kind, LOGIN_GENERATION, LOGIN_NAME, Proof};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tower_sessions::session::Error;
use tower_sessions::{Session, session_store};
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
    caller: Caller,
    session: Session,
    Json(login): Json<LoginRequest>,
) -> Result<StatusCode, Problem> {
    let wrong = || Problem::new(StatusCode::UNAUTHORIZED, "Name or password are wrong. Try again, or ask an administrator.");
    let name = OperatorName::new(&login.name).map_err(|_| wrong())?;
    if !web.attempts.begin(&name, caller.0, Instant::now()) {
        let detail = "Too many failed logins for this account, or from this address. Wait a minute, then try again.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail));
    }
    let Some(proof) = web.store.check_password(&name, login.password).await? else {
        tracing::warn!(operator = %name, "Login refused");
        web.desk.note_refusal(Entry::new(Kind::LoginRefused, json!({})).by(&name));
        return Err(wrong());
    };
    web.attempts.succeeded(&name);
    enter(&web, &session, &proof, "password").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the login, and what was opened with it.
#[utoipa::path(post, path = "/api/v1/logout", responses((status = 204, description = "Logged out")))]
pub(super) async fn log_out(State(web): State<Arc<Web>>, session: Session) -> Result<StatusCode, Problem> {
    // Its viewers first: they must not wait for a disk.
    if let Some(person) = person_of(&session, &web).await? {
        web.desk.logged_out(&person);
    }
    session.flush().await.map_err(|error| session_failed(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says who is logged in.
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub(super) async fn me(person: Authorised<See>) -> Json<Me> {
    let Account { name, role } = person.person.account;
    Json(Me { name, role })
}

/// The login page; with a one-time token it logs in and goes on to the fleet.
pub(super) async fn page(
    State(web): State<Arc<Web>>,
    session: Session,
    Query(query): Query<TokenQuery>,
) -> Result<Response, Problem> {
    let Some(token) = query.token else { return Ok(pages::index(StatusCode::OK)) };
    match web.store.use_token(&token).await? {
        Some(proof) => {
            enter(&web, &session, &proof, "token").await?;
            Ok(Redirect::to("/fleet").into_response())
        }
        None => Ok(pages::index(StatusCode::UNAUTHORIZED)),
    }
}

async fn enter(web: &Web, session: &Session, proof: &Proof, with: &str) -> Result<(), Problem> {
    let account = &proof.account;
    let failed = |error| session_failed(&error);
    // A new id: one that somebody planted before the login is worth nothing after it.
    session.cycle_id().await.map_err(failed)?;
    session.insert(LOGIN_NAME, &account.name).await.map_err(failed)?;
    session.insert(LOGIN_GENERATION, proof.generation).await.map_err(failed)?;
    // Now, and not when the answer leaves: who is refused here must be told.
    match session.save().await {
        Ok(()) => {}
        Err(Error::Store(session_store::Error::Backend(why))) if why == ACCOUNT_CHANGED => {
            session.clear().await;
            let detail = "The account was changed while you logged in. Log in again with its new password.";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
        }
        Err(error) => return Err(session_failed(&error)),
    }
    tracing::info!(operator = %account.name, role = %account.role, with, "Login");
    web.desk.note(Entry::new(Kind::LoggedIn, json!({ "with": with, "role": account.role })).by(&account.name));
    Ok(())
}
