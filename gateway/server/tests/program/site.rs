//! A site in a folder of its own, and the gateway's process.

use rustix::process::{Pid, Signal, kill_process};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub(crate) const PASSWORD: &str = "correct horse\n";

/// Configuration, data and ports of one gateway.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) http: u16,
    pub(crate) https: u16,
    pub(crate) control: SocketAddr,
    pub(crate) media: SocketAddr,
}

/// The gateway's process.
pub(crate) struct Running {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let tcp = || TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
        let udp = || UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let (http, https, control, media) = (tcp(), tcp(), udp(), udp());
        let site = Self { folder: tempfile::tempdir().expect("a folder"), http, https, control, media };
        site.keep_data_in("data");
        site
    }

    /// Writes the configuration.
    pub(crate) fn keep_data_in(&self, folder: &str) {
        let ice = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let mut text = format!("http_listen = \"127.0.0.1:{}\"\nhttps_listen = \"127.0.0.1:{}\"\n", self.http, self.https);
        for (key, address) in [("control_listen", self.control), ("media_listen", self.media), ("ice_listen", ice)] {
            writeln!(text, "{key} = \"{address}\"").expect("text");
        }
        writeln!(text, "data_folder = \"{folder}\"").expect("text");
        std::fs::write(self.path("gateway.toml"), text).expect("written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_farhand-gateway"));
        command.arg("--config").arg(self.path("gateway.toml")).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().expect("starts");
        // A command that refuses before it reads closes its end; what it says is looked at below.
        let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
        child.wait_with_output().expect("ends")
    }

    pub(crate) fn said(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    pub(crate) fn refused(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(arguments, input);
        assert!(!output.status.success(), "{arguments:?} went through");
        String::from_utf8(output.stderr).expect("text")
    }

    /// Vehicles with their files in folders of their names, and accounts.
    pub(crate) fn populate(&self, vehicles: &[&str], people: &[(&str, &str)]) {
        for vehicle in vehicles {
            self.said(&["enroll", vehicle, "--out", &self.path(vehicle).display().to_string()], "");
        }
        for (name, role) in people {
            self.said(&["user", "add", name, "--role", role], PASSWORD);
        }
    }

    pub(crate) fn start(&self) -> Running {
        Running::watch(self.command(&[]))
    }

    /// Starts the gateway by a shell command in which `GATEWAY` stands for it.
    pub(crate) fn start_by(&self, shell: &str) -> Running {
        Running::watch(self.by(shell))
    }

    /// What a gateway says that a shell command starts, and that must not come up.
    pub(crate) fn refused_by(&self, shell: &str) -> String {
        let output = self.by(shell).output().expect("runs");
        assert!(!output.status.success(), "it came up");
        String::from_utf8(output.stderr).expect("text")
    }

    fn by(&self, shell: &str) -> Command {
        let gateway = format!("{} --config {}", env!("CARGO_BIN_EXE_farhand-gateway"), self.path("gateway.toml").display());
        let mut command = Command::new("sh");
        command.args(["-c", &shell.replace("GATEWAY", &gateway)]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

impl Running {
    /// Waits until it serves pages, and keeps what it logs.
    fn watch(mut command: Command) -> Self {
        let mut child = command.spawn().expect("starts");
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let (said, ready) = mpsc::channel();
        let kept = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                writeln!(kept.lock().expect("not poisoned"), "{line}").expect("text");
                if line.contains("Pages over https") {
                    // Whoever waited may have given up.
                    let _ = said.send(());
                }
            }
        });
        let running = Self { child, log, reader: Some(reader) };
        ready.recv().unwrap_or_else(|_| unreachable!("the gateway ended:\n{}", running.log()));
        running
    }

    pub(crate) fn pid(&self) -> Pid {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a running process")
    }

    /// All that it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("not poisoned").clone()
    }

    /// Ends it as an operator would and returns its log.
    pub(crate) fn terminate(mut self) -> String {
        kill_process(self.pid(), Signal::TERM).expect("sent");
        let status = self.child.wait().expect("ended");
        self.reader.take().expect("not taken yet").join().expect("read");
        assert!(status.success(), "{status}\n{}", self.log());
        self.log()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only where a test failed before it ended the gateway; then there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until there is an answer, for ten seconds.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
