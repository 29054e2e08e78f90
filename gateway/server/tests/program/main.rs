//! The program itself: its errors, its subcommands, its end.

mod hostile;

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

const PASSWORD: &str = "correct horse\n";

struct Site {
    folder: tempfile::TempDir,
    http: u16,
    https: u16,
}

struct Running {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
}

impl Site {
    fn new() -> Self {
        let tcp = || TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
        let udp = || UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
        let (http, https) = (tcp(), tcp());
        let text = format!(
            "http_listen = \"127.0.0.1:{http}\"\nhttps_listen = \"127.0.0.1:{https}\"\ncontrol_listen = \"127.0.0.1:{}\"\n\
             media_listen = \"127.0.0.1:{}\"\nice_listen = \"127.0.0.1:{}\"\n",
            udp(),
            udp(),
            udp()
        );
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("gateway.toml"), text).expect("written");
        Self { folder, http, https }
    }

    /// A port of its settings.
    fn port(&self, key: &str) -> u16 {
        let text = std::fs::read_to_string(self.folder.path().join("gateway.toml")).expect("read");
        let line = text.lines().find(|line| line.starts_with(key)).expect("there");
        line.trim_end_matches('"').rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_farhand-gateway"));
        command.arg("--config").arg(self.folder.path().join("gateway.toml")).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().expect("starts");
        // A command that refuses before it reads closes its end; what it says is looked at below.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        child.wait_with_output().expect("ends")
    }

    fn said(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(!output.status.success(), "{arguments:?} went through");
        String::from_utf8(output.stderr).expect("text")
    }

    fn start(&self) -> Running {
        let mut child = self.command(&[]).spawn().expect("starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let mut line = String::new();
        while !line.contains("Pages over https") {
            line.clear();
            assert_ne!(log.read_line(&mut line).expect("read"), 0, "the gateway ended");
        }
        Running { child, log }
    }
}

impl Running {
    /// Ends it as an operator would and returns the rest of its log.
    fn terminate(mut self) -> String {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a running process");
        kill_process(pid, Signal::TERM).expect("sent");
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).expect("read");
        assert!(self.child.wait().expect("ended").success(), "{rest}");
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only where a test failed before it ended the gateway; then there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
    let path = site.folder.path().join("gateway.toml");
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
    let out = site.folder.path().join("truck-1");
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
    assert!(site.said(&["journal", "verify"], "").starts_with("The journal is whole: 3 rows"));
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
    let rest = gateway.terminate();
    assert!(rest.contains("Stopping"), "{rest}");
    follower.join().expect("ended");
    assert!(site.said(&["journal", "verify"], "").contains("whole"));
}
