//! Pages that come by a way of their own.

use crate::site::Site;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest as _};

const WAYS: &str = "/api/v1/vehicles/truck-1/ways";

#[tokio::test]
async fn a_page_is_told_where_quic_and_the_socket_are_and_its_viewer_can_take_control() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let (status, way) = alice.ask(Method::POST, WAYS, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let hash = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    assert_eq!(way["quic"], json!({ "url": "https://192.0.2.7:7446/ways/77", "certificate_sha256": [hash] }));
    assert_eq!(way["socket"], "/api/v1/ways/77");
    let (status, _) = alice.take(way["viewer_id"].as_str().expect("text")).await;
    assert_eq!(status, StatusCode::OK);
    let policy = alice.get("/").await.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("connect-src 'self' https://192.0.2.7:7446;"), "{policy}");
}

#[tokio::test]
async fn a_socket_carries_messages_of_bytes_both_ways_and_nothing_longer_than_a_page_says() {
    let site = Site::new().await;
    let alice = site.person("alice").await;
    let mut socket = connect(&site, &alice.cookie()).await.expect("connects");
    socket.send(Message::Text("no bytes".into())).await.expect("sent");
    socket.send(Message::Binary(vec![1, 2, 3].into())).await.expect("sent");
    assert_eq!(socket.next().await.expect("open").expect("read"), Message::Binary(vec![3, 2, 1].into()));
    socket.send(Message::Binary(vec![0; 5000].into())).await.expect("sent");
    let end = socket.next().await;
    assert!(!matches!(end, Some(Ok(Message::Binary(_)))), "{end:?}");
}

#[tokio::test]
async fn without_a_login_there_is_neither() {
    let site = Site::new().await;
    let (status, _) = site.stranger().ask(Method::POST, WAYS, Value::Null).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    match connect(&site, "").await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 401),
        other => unreachable!("{other:?}"),
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(site: &Site, cookie: &str) -> Result<Socket, Error> {
    let mut request = format!("{}/api/v1/ways/77", site.address().replace("http", "ws")).into_client_request()?;
    request.headers_mut().insert("cookie", cookie.parse().expect("a header"));
    connect_async(request).await.map(|(socket, _)| socket)
}
