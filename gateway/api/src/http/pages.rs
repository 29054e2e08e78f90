//! The console's files, embedded in the program.

use super::Web;
use super::access;
use super::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rust_embed::RustEmbed;
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "../../operator-console/web/dist"]
#[allow_missing = true]
struct Console;

/// `/`: to the fleet, once logged in.
pub(super) async fn front(state: State<Arc<Web>>, request: Request) -> Response {
    guarded(state, request, || Redirect::to("/fleet").into_response()).await
}

/// `/fleet`, `/safety` and `/drive/{vehicle}`: the console, which reads the address itself.
pub(super) async fn console(state: State<Arc<Web>>, request: Request) -> Response {
    guarded(state, request, || index(StatusCode::OK)).await
}

async fn guarded(State(web): State<Arc<Web>>, request: Request, page: impl FnOnce() -> Response) -> Response {
    let (mut parts, _) = request.into_parts();
    match access::who(&mut parts, &web).await {
        Ok(Some(_)) => page(),
        Ok(None) => (StatusCode::UNAUTHORIZED, Html(TO_LOGIN)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// The console's only page.
pub(super) fn index(status: StatusCode) -> Response {
    match Console::get("index.html") {
        Some(file) => (status, Html(file.data.into_owned())).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

/// Scripts, styles, fonts: the same for everybody, so no login is asked for.
pub(super) async fn file(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    let Some(file) = Console::get(path).filter(|_| path != "index.html") else {
        return Problem::new(StatusCode::NOT_FOUND, "There is no such page. Go to /fleet.").into_response();
    };
    // The build puts a hash of the content into these names.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = file.metadata.mimetype().to_owned();
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache.to_owned())], file.data.into_owned()).into_response()
}

const TO_LOGIN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Farhand</title>\
    <meta http-equiv=\"refresh\" content=\"0; url=/login\"><p>You are not logged in. <a href=\"/login\">Log in</a>.</p></html>";
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Farhand</title>\
    <h1>The console is not built into this gateway</h1>\
    <p>In <code>operator-console/web</code> run <code>npm ci</code> and <code>npm run build</code>, \
    then build <code>farhand-gateway</code> again.</p></html>";
