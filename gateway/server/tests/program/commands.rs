//! The program itself: its errors, its subcommands, its end.

use crate::site::{PASSWORD, Site};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;

/// `GET path` over a fresh connection, as text with its head.
fn get(port: u16, path: &str, cookie: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("connects");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    answer
}

#[test]
fn a_good_file_is_fine_and_a_bad_value_is_named_with_file_line_and_mend() {
    let site = Site::new();
    assert_eq!(site.said(&["--check-config"], ""), "fine\n");
    let path = site.path("gateway.toml");
    std::fs::write(&path, "# site\nhttp_listen = \"0.0.0.0:8080\"\n").expect("written");
    let why = site.refused(&["--check-config"], "");
    assert!(why.contains("gateway.toml:2: http_listen is \"0.0.0.0:8080\"") && why.contains("loopback"), "{why}");
    std::fs::remove_file(&path).expect("removed");
    assert!(site.refused(&[], "").contains("--config FILE"));
}

#[test]
fn an_occupied_port_is_named_with_its_key() {
    let site = Site::new();
    let _holder = TcpListener::bind(("127.0.0.1", site.https)).expect("held");
    let why = site.refused(&[], "");
    assert!(why.contains("https_listen: TCP 127.0.0.1:") && why.contains("Choose another port"), "{why}");
}

#[test]
fn a_vehicle_is_enrolled_an_account_is_made_and_the_journal_tells_of_both() {
    let site = Site::new();
    let out = site.path("truck-1");
    site.said(&["enroll", "truck-1", "--out", &out.display().to_string()], "");
    for file in ["certificate.pem", "key.pem", "ca.pem"] {
        assert!(Path::new(&out.join(file)).exists(), "{file}");
    }
    site.said(&["user", "add", "alice", "--role", "drive"], PASSWORD);
    assert!(site.refused(&["user", "add", "alice", "--role", "drive"], PASSWORD).contains("--replace"));
    assert!(site.refused(&["user", "add", "bob", "--role", "king"], PASSWORD).contains("watch, supervise, drive, admin"));
    assert!(site.refused(&["user", "add", "bob", "--role", "drive"], "short\n").contains("8 to 256"));
    assert!(site.refused(&["token", "--user", "bob"], "").contains("no account"));
    assert!(site.refused(&["revoke", "truck-9"], "").contains("no vehicle truck-9"));
    let trust = site.said(&["trust"], "");
    assert!(trust.contains("ca.pem") && trust.contains("certutil") && trust.contains("Firefox"), "{trust}");
    assert!(site.said(&["journal", "verify"], "").starts_with("The journal is whole: 2 rows"));
}

#[test]
fn accounts_are_listed_changed_and_removed_and_the_last_admin_stays() {
    let site = Site::new();
    assert!(site.said(&["user", "list"], "").contains("There are no accounts. Add one"));
    site.said(&["user", "add", "root", "--role", "admin"], PASSWORD);
    site.said(&["user", "add", "alice", "--role", "drive"], PASSWORD);
    let listed = site.said(&["user", "list"], "");
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["account", "role", "added", "logins"]);
    assert_eq!((&lines[1][..2], lines[1][3]), (&["alice", "drive"][..], "0"));
    assert_eq!(lines[2][..2], ["root", "admin"]);

    let changed = site.said(&["user", "role", "alice", "watch"], "");
    assert!(changed.contains("alice has the role watch now, no longer drive"), "{changed}");
    assert!(site.said(&["user", "role", "alice", "watch"], "").contains("nothing was changed"));
    for arguments in [&["user", "remove", "root"][..], &["user", "role", "root", "drive"]] {
        let why = site.refused(arguments, "");
        assert!(why.contains("only account with the role admin") && why.contains("user role NAME admin"), "{why}");
    }
    assert!(site.refused(&["user", "role", "alice", "king"], "").contains("watch, supervise, drive, admin"));
    assert!(site.refused(&["user", "role", "bob", "watch"], "").contains("no account \"bob\""));
    assert!(site.refused(&["user", "remove", "bob"], "").contains("user add"));
    assert!(site.refused(&["user", "remove", "Bob!"], "").contains("a-z, 0-9"));
    assert!(site.said(&["user", "remove", "alice"], "").contains("alice is removed and logged out everywhere"));
    assert!(!site.said(&["user", "list"], "").contains("alice"));
    assert!(site.said(&["journal", "verify"], "").starts_with("The journal is whole: 4 rows"));
}

#[test]
fn a_token_made_beside_the_running_gateway_logs_in_and_sigterm_ends_it_cleanly() {
    let site = Site::new();
    site.said(&["user", "add", "alice", "--role", "drive"], PASSWORD);
    let gateway = site.start();
    assert!(get(site.http, "/healthz", "").starts_with("HTTP/1.1 200"));
    let address = site.said(&["token", "--user", "alice"], "");
    let login = get(site.http, address.trim(), "");
    assert!(login.starts_with("HTTP/1.1 303"), "{login}");
    let cookie = login.lines().find_map(|line| line.strip_prefix("set-cookie: ")).and_then(|line| line.split(';').next());
    let me = get(site.http, "/api/v1/me", cookie.expect("a cookie"));
    assert!(me.contains("{\"name\":\"alice\",\"role\":\"drive\"}"), "{me}");

    // An open live list must not hold the end up.
    let (opened, is_open) = mpsc::channel();
    let (port, cookie) = (site.http, cookie.expect("a cookie").to_owned());
    let follower = std::thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("connects");
        write!(stream, "GET /api/v1/vehicles/live HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n").expect("sent");
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("an answer");
        opened.send(()).expect("heard");
        let mut rest = Vec::new();
        // However the server lets go of the stream, it is over.
        let _ = stream.read_to_end(&mut rest);
    });
    is_open.recv().expect("opened");
    let log = gateway.terminate();
    assert!(log.contains("Stopping") && !log.contains("ERROR"), "{log}");
    follower.join().expect("ended");
    assert!(site.said(&["journal", "verify"], "").contains("whole"));
}
