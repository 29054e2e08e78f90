//! A person's HTTP side.

use crate::site::{PASSWORD, Site, until};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// Logged in as somebody.
pub(crate) struct Browser {
    address: String,
    client: Client,
    cookie: String,
}

impl Browser {
    pub(crate) async fn log_in(site: &Site, name: &str) -> Self {
        // Only the first of a process is taken.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = format!("http://127.0.0.1:{}", site.http);
        let client = Client::builder().build().expect("a client");
        let login = json!({ "name": name, "password": PASSWORD.trim() });
        let answer = client.post(format!("{address}/api/v1/login")).json(&login).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a value").to_owned();
        Self { address, client, cookie }
    }

    /// Status and JSON; where it is no JSON, the text.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.address)).header("cookie", &self.cookie);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn take(&self, vehicle: &str, viewer: &str) -> (StatusCode, Value) {
        self.ask(Method::POST, &format!("/api/v1/vehicles/{vehicle}/lease"), json!({ "viewer_id": viewer })).await
    }

    pub(crate) async fn stop(&self, vehicle: &str) -> StatusCode {
        self.ask(Method::POST, &format!("/api/v1/vehicles/{vehicle}/stop"), json!({})).await.0
    }

    pub(crate) async fn connected(&self, vehicle: &str) -> bool {
        self.get(&format!("/api/v1/vehicles/{vehicle}")).await.1["connected"] == json!(true)
    }

    /// The journal, newest first.
    pub(crate) async fn journal(&self) -> Vec<Value> {
        let (status, rows) = self.get("/api/v1/journal?limit=1000").await;
        assert_eq!(status, StatusCode::OK, "{rows}");
        rows.as_array().expect("rows").clone()
    }

    /// Waits for a row of this kind that fits.
    pub(crate) async fn journalled(&self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let look = async || self.journal().await.into_iter().find(|row| row["kind"] == kind && fits(row));
        until(&format!("a row {kind}"), look).await
    }
}
