//! What every request and answer passes: the same-origin rule and the security headers.

use super::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Another site's page may not act with a visitor's login.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !is_same_origin(request.headers(), request.uri()) {
        let detail = "The request comes from another site's page and is refused. Open the console under its own address.";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    next.run(request).await
}

/// A program sends no origin; a browser sends one with everything that is not a plain visit.
fn is_same_origin(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == host
}

/// Adds the headers of [`security_headers`] to what has none of them.
pub(super) async fn headers(State(added): State<HeaderMap>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &added {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// Headers that shut out what the console does not need. Pages may connect to this gateway, and to where it offers QUIC.
pub(super) fn security_headers(quic_origin: Option<String>) -> HeaderMap {
    let connect = quic_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; connect-src 'self'{connect}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    let mut headers: HeaderMap = HEADERS.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    // An address and a port are letters that a header may hold.
    headers.extend(HeaderValue::try_from(policy).ok().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    headers
}

const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), gamepad=(self)"),
    (header::CACHE_CONTROL, "no-store"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(origin: Option<&'static str>, host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        is_same_origin(&headers, &Uri::from_static("/api/v1/logout"))
    }

    #[test]
    fn pages_may_connect_to_this_gateway_and_where_it_offers_quic() {
        let policy =
            |origin: Option<&str>| security_headers(origin.map(ToOwned::to_owned))[header::CONTENT_SECURITY_POLICY].clone();
        let says = |policy: HeaderValue, text: &str| policy.to_str().expect("a text").contains(text);
        assert!(says(policy(None), "connect-src 'self';"));
        assert!(says(policy(Some("https://192.0.2.7:7446")), "connect-src 'self' https://192.0.2.7:7446;"));
    }

    #[test]
    fn only_pages_of_this_very_address_and_programs_may_act() {
        assert!(verdict(Some("https://farhand.test:8443"), "farhand.test:8443"));
        assert!(verdict(None, "farhand.test:8443"));
        assert!(!verdict(Some("https://evil.test"), "farhand.test:8443"));
        assert!(!verdict(Some("https://farhand.test:9999"), "farhand.test:8443"));
        assert!(!verdict(Some("null"), "farhand.test:8443"));
    }
}
