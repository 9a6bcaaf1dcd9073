//! The program as it is started by hand, on servers that it starts itself.

#![allow(clippy::unwrap_used, reason = "test code: a panic is how it reports")]

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use web::load::{Answer, Client};

const PATIENCE: Duration = Duration::from_secs(30);

/// `cargo run -p web`, stopped as by Ctrl-C.
struct Web {
    process: Child,
    address: SocketAddr,
}

impl Web {
    fn start() -> Self {
        let mut command = program();
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("it says where it listens").parse().unwrap();
        Self { process, address }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        // Killed at once it would leave its database server behind.
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let ended = self.process.wait();
        if !std::thread::panicking() {
            assert!(asked.unwrap().success() && ended.unwrap().success(), "it stops in order");
        }
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_web"));
    command.env_remove("DATABASE_URL").env_remove("CACHE_URL").env_remove("PORT").stdin(Stdio::null());
    command
}

/// Asks until the cache has all of the page: a new log keeps nothing for two seconds.
async fn hit(client: &mut Client, path: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !get(client, path).await.is_hit() {
        assert!(Instant::now() < deadline, "{path} is never a hit");
    }
}

async fn get<'c>(client: &'c mut Client, path: &str) -> Answer<'c> {
    let answer = client.get(path).await.unwrap();
    assert_eq!(answer.status, 200, "{path}");
    answer
}

async fn post(client: &mut Client, path: &str, form: &[(&str, &str)]) {
    let answer = client.post(path, form).await.unwrap();
    assert!(matches!(answer.status, 200 | 303), "{path}: {}", answer.status);
}

#[tokio::test]
async fn pages_are_hits_until_a_write_changes_them() {
    let web = Web::start();
    let client = &mut Client::connect(web.address).await.unwrap();
    let [front, list, article] = ["/", "/category/databases", "/article/5000"];
    for path in [front, list, article, "/category/web"] {
        hit(client, path).await;
    }

    post(client, "/article/5000/view", &[]).await;
    let answer = get(client, article).await;
    assert!(!answer.is_hit() && answer.body.contains(r#"<b id="views">1</b>"#));
    assert!(get(client, "/category/web").await.is_hit(), "it does not show the article");

    for path in [front, list, article] {
        hit(client, path).await;
    }
    post(client, "/article/5000/comment", &[("name", "Ada"), ("text", "Five > four & so on")]).await;
    let answer = get(client, article).await;
    assert!(!answer.is_hit() && answer.body.contains("Five &gt; four &amp; so on"));
    for path in [front, list] {
        assert!(get(client, path).await.is_hit(), "{path} shows no comments");
    }

    post(client, "/article/5000/edit", &[("title", "A new title")]).await;
    for path in [front, list, article] {
        let answer = get(client, path).await;
        assert!(!answer.is_hit() && answer.body.contains("A new title"), "{path}");
    }

    for path in [front, list, "/category/science", "/category/web"] {
        hit(client, path).await;
    }
    post(client, "/article/5000/move", &[("category", "science")]).await;
    for (path, is_shown) in [(front, true), (list, false), ("/category/science", true)] {
        let answer = get(client, path).await;
        assert!(!answer.is_hit() && answer.body.contains("A new title") == is_shown, "{path}");
    }
    assert!(get(client, "/category/web").await.is_hit(), "it neither had the article nor gets it");

    hit(client, "/category/web").await;
    let draft = [("title", "A draft"), ("body", "To be."), ("category", "web")];
    post(client, "/article", &draft).await;
    assert!(get(client, "/category/web").await.is_hit(), "drafts are not shown");
    post(client, "/category/web/publish", &[]).await;
    assert!(get(client, "/category/web").await.body.contains("A draft"));

    let status = get(client, "/status").await.body;
    for part in [
        "/category/{category}",
        "UPDATE &quot;article&quot; SET &quot;title&quot; = $1 WHERE",
        "statements in the last second",
    ] {
        assert!(status.contains(part), "{part}: {status}");
    }
    assert_eq!(client.get("/article/0").await.unwrap().status, 404);
}

#[test]
fn under_load_from_two_processes_no_answer_is_older_than_a_write() {
    let arguments = ["load", "--seconds", "1", "--connections", "8", "--processes", "2"];
    let output = program().args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for line in ["requests a second", "database statements a second"] {
        assert!(text.contains(line), "{text}");
    }
}
