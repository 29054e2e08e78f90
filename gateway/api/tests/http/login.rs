//! Who gets in.

use crate::site::{PASSWORD, Site};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn without_a_login_everything_answers_401_but_health_and_the_login_itself() {
    let site = Site::new().await;
    let stranger = site.stranger();
    let shut =
        ["/", "/fleet", "/safety", "/drive/truck-1", "/metrics", "/api/v1/me", "/api/v1/vehicles", "/api/v1/vehicles/truck-1"];
    for path in shut.into_iter().chain(["/api/v1/vehicles/live", "/api/v1/journal", "/api/v1/openapi.json"]) {
        assert_eq!(stranger.get(path).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/api/v1/vehicles/truck-1/viewers", "/api/v1/vehicles/truck-1/lease", "/api/v1/vehicles/truck-1/stop"] {
        let (status, problem) = stranger.ask(Method::POST, path, json!({ "sdp": "", "viewer_id": "1" })).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Log in again")), "{problem}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(stranger.get(path).await.status(), StatusCode::OK, "{path}");
    }
    assert_ne!(stranger.get("/login").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_password_opens_a_session_and_logging_out_ends_it() {
    let site = Site::new().await;
    let mut alice = site.stranger();
    assert_eq!(alice.log_in("alice", "wrong horse").await, StatusCode::UNAUTHORIZED);
    assert_eq!(alice.log_in("Alice!", PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(alice.log_in("alice", PASSWORD).await, StatusCode::NO_CONTENT);
    let me: Value = alice.get("/api/v1/me").await.json().await.expect("JSON");
    assert_eq!(me, json!({ "name": "alice", "role": "drive" }));
    assert_eq!(alice.send(Method::POST, "/api/v1/logout", None).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(alice.get("/api/v1/me").await.status(), StatusCode::UNAUTHORIZED, "the same cookie opens nothing any more");
    site.journalled("login_refused").await;
    site.journalled("logged_in").await;
}

#[tokio::test]
async fn a_one_time_address_works_once() {
    let site = Site::new().await;
    let name = farhand_protocol::OperatorName::new("alice").expect("a name");
    let token = site.store.make_token(&name, Duration::from_mins(10)).await.expect("made");
    let path = format!("/login?token={}", token.as_str());
    let mut alice = site.stranger();
    let response = alice.get(&path).await;
    assert_eq!((response.status(), &response.headers()["location"]), (StatusCode::SEE_OTHER, &"/fleet".parse().expect("text")));
    let cookie = response.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    alice.keep_cookie(&response);
    assert_eq!(alice.get("/api/v1/me").await.status(), StatusCode::OK);
    assert_ne!(site.stranger().get(&path).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_account_that_is_guessed() {
    let site = Site::new().await;
    let mut guesser = site.stranger();
    for _ in 0..10 {
        assert_eq!(guesser.log_in("bob", "a wrong guess").await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(guesser.log_in("bob", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guesser.log_in("alice", PASSWORD).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn another_sites_page_cannot_act_with_the_login() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    assert_eq!(alice.post_with_origin("https://evil.test", "/api/v1/vehicles/truck-1/stop").await, StatusCode::FORBIDDEN);
    let page = alice.get("/healthz").await;
    assert!(page.headers()["content-security-policy"].to_str().is_ok_and(|policy| policy.contains("frame-ancestors 'none'")));
}
