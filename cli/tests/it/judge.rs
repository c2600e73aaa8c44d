//! `standin serve --judge`: findings while the mock is used, and a summary at the end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::serve::end_cleanly;
use crate::support::standin;

/// A running server that judges, and its output.
struct Judged {
    child: Child,
    url: String,
    client: reqwest::Client,
    told: Receiver<String>,
}

/// The lines of an output, read by a thread: a line that never comes fails the test.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (lines, taken) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = lines.send(line);
        }
    });
    taken
}

fn start(output: &str) -> Child {
    let mut command = standin(&["serve", "--judge", "--listen", "127.0.0.1:0", "--output", output]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs")
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// A server whose findings go to standard error. Nothing reads them unless `is_read`.
fn judged(is_read: bool) -> Judged {
    let mut child = start("json");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let ready: Value = serde_json::from_str(&line).expect("one line of JSON");
    let url = ready["url"].as_str().expect("a URL").to_owned();
    let told = if is_read { lines(child.stderr.take().expect("its errors")) } else { channel().1 };
    Judged { child, url, client: client(), told }
}

impl Judged {
    async fn ask(&self, path: &str, body: Value) -> u16 {
        let asked = self.client.post(format!("{}{path}", self.url)).bearer_auth("standin-server-key");
        asked.json(&body).send().await.expect("an answer").status().as_u16()
    }

    async fn faults(&self) -> Value {
        let asked = self.client.get(format!("{}/__admin/sandboxes/default/faults", self.url));
        asked.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The next lines up to an empty one.
    fn next(&self) -> String {
        let mut text = String::new();
        loop {
            match self.told.recv_timeout(Duration::from_secs(30)) {
                Ok(line) if line.is_empty() => return text,
                Ok(line) => text += &format!("{line}\n"),
                Err(error) => panic!("{error} after:\n{text}"),
            }
        }
    }

    /// All output from here to the end.
    fn end(mut self) -> String {
        end_cleanly(&mut self.child, Signal::INT);
        self.told.iter().map(|line| line + "\n").collect()
    }
}

impl Drop for Judged {
    /// A failed test must not leave its server behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

const LEAK: &str = "/sentiance/users/auth-code?key=standin-server-key";

#[tokio::test]
async fn a_finding_is_told_when_it_happens_with_what_proves_it_and_once() {
    let judged = judged(true);
    assert_eq!(judged.ask("/sentiance/users/auth-code", json!({"external_id": "user-1"})).await, 200);
    assert_eq!(judged.ask(LEAK, json!({"external_id": "user-1"})).await, 200);
    let finding = judged.next();
    assert_eq!(
        finding.lines().collect::<Vec<_>>(),
        [
            "failed: transport/secret-in-url  No secret stands in a URL, a `Referer`, a `User-Agent` or a cookie.",
            "  in sandbox default, sentiance: the client backend's call of requestAuthCode has server_key#1 in the URL",
            "       3  backend → vendor  POST /users/auth-code?key=server_key#1  external_id=user-1  [server_key#1]",
            "       4  vendor → backend  200 credential_issued  [credential#2]",
        ]
    );
    let rest = judged.end();
    assert!(rest.starts_with("sandbox default against sentiance, 4 events\n"), "{rest}");
    assert!(rest.contains("  passed        transport/schema-broken           exercised 2 times\n"), "{rest}");
    assert!(rest.contains("  failed        transport/secret-in-url           exercised 2 times\n"), "{rest}");
    assert!(rest.contains("not testable, as no app was driven"), "{rest}");
    assert!(!rest.contains("against finbox"), "{rest}");
}

#[tokio::test]
async fn what_an_sdk_does_wrong_is_told_too_and_what_takes_commands_is_not_testable() {
    let judged = judged(true);
    let issue =
        judged.client.post(format!("{}/sentiance/users/auth-code", judged.url)).bearer_auth("standin-server-key");
    let issued = issue.json(&json!({"external_id": "user-1"})).send().await.expect("an answer");
    let issued: Value = issued.json().await.expect("JSON");
    let device =
        [("install_id", "install-1"), ("app_id", "app-1"), ("device_id", "device-1"), ("device_kind", "phone")];
    let mut redemption = json!({"authentication_code": issued["authentication_code"]});
    for (name, value) in device {
        redemption[name] = json!(value);
    }
    assert_eq!(judged.ask("/sentiance/sdk/users", redemption.clone()).await, 200);
    assert_eq!(judged.ask("/sentiance/sdk/users", redemption).await, 403);
    let told: Vec<String> = std::iter::repeat_with(|| judged.next()).take(2).collect();
    assert!(told.iter().any(|finding| finding.starts_with("failed: credential/reused")), "{told:?}");
    let rest = judged.end();
    assert!(rest.contains("  not testable, as no SDK was driven, so what it was told was not seen: "), "{rest}");
}

#[tokio::test]
async fn the_ready_words_come_first_and_the_findings_after_them() {
    let mut child = start("human");
    let told = lines(child.stdout.take().expect("its output"));
    let first = told.recv().expect("a line");
    let url = first.strip_prefix("Standin plays the vendor, and listens on ").expect("the address").to_owned();
    let asked = client().post(format!("{url}{LEAK}")).json(&json!({"external_id": "user-1"}));
    asked.send().await.expect("an answer");
    end_cleanly(&mut child, Signal::TERM);
    let rest: Vec<String> = told.iter().collect();
    let place =
        |begin: &str| rest.iter().position(|line| line.starts_with(begin)).unwrap_or_else(|| panic!("{rest:#?}"));
    assert!(place("Ctrl-C stops it.") < place("failed: transport/secret-in-url"));
    assert!(place("failed: transport/secret-in-url") < place("sandbox default against sentiance"));
    let mut errors = String::new();
    child.stderr.take().expect("its errors").read_to_string(&mut errors).expect("text");
    assert_eq!(errors, "");
}

#[tokio::test]
async fn a_finding_waits_for_the_answer_to_what_it_is_about() {
    let judged = judged(true);
    let hold = json!({"fault": {"kind": "hold", "at": "before_commit"}, "vendor": "sentiance"});
    assert_eq!(judged.ask("/__admin/sandboxes/default/faults", hold).await, 201);
    let (url, client) = (judged.url.clone(), judged.client.clone());
    let held = tokio::spawn(async move {
        client.post(format!("{url}{LEAK}")).json(&json!({"external_id": "user-1"})).send().await
    });
    while judged.faults().await[0]["parked"] != 1 {}
    assert_eq!(judged.ask("/finbox/nowhere", json!({})).await, 404);
    assert!(judged.next().starts_with("failed: transport/schema-broken"), "told while the other is held");
    assert_eq!(judged.ask("/__admin/sandboxes/default/faults/1/release", json!(null)).await, 204);
    held.await.expect("no panic").expect("an answer");
    assert!(judged.next().contains("  vendor → backend  401 "), "its answer is told with it");
}

#[tokio::test]
async fn sandboxes_that_appear_are_judged_and_those_that_go_are_summed_up() {
    let judged = judged(true);
    judged.ask("/__admin/sandboxes", json!({"name": "two"})).await;
    judged.ask("/s/two/finbox/nowhere", json!({})).await;
    assert!(judged.next().contains("  in sandbox two, finbox: the client backend called POST /nowhere"));
    judged.client.delete(format!("{}/__admin/sandboxes/two", judged.url)).send().await.expect("an answer");
    assert!(judged.next().starts_with("sandbox two against finbox, 2 events\n"));
    judged.ask("/__admin/sandboxes", json!({"name": "two"})).await;
    judged.ask("/s/two/finbox/nowhere", json!({})).await;
    assert!(judged.next().contains("       1  backend → vendor  POST /nowhere"), "it is another one, judged anew");
    assert!(judged.end().contains("sandbox default: nobody called techcentrix, sentiance, finbox"));
}

#[tokio::test]
async fn a_reset_is_an_end_and_a_beginning() {
    let judged = judged(true);
    judged.ask(LEAK, json!({"external_id": "user-1"})).await;
    assert!(judged.next().starts_with("failed: transport/secret-in-url"));
    judged.ask("/__admin/sandboxes/default/reset", json!(null)).await;
    assert!(judged.next().starts_with("sandbox default against sentiance, 2 events\n"));
    judged.ask(LEAK, json!({"external_id": "user-1"})).await;
    assert!(judged.next().contains("       1  backend → vendor"), "numbers begin anew");
    assert!(judged.end().starts_with("sandbox default against sentiance, 2 events\n"));
}

#[tokio::test]
async fn what_names_no_vendor_is_counted_and_not_judged() {
    let judged = judged(true);
    judged.ask("/nowhere", json!({})).await;
    judged.ask("/sentiance/users/auth-code", json!({"external_id": "user-1"})).await;
    let told = judged.end();
    assert!(told.contains("requests that named no vendor, and so were not judged: 1"), "{told}");
    assert!(!told.contains("failed: "), "{told}");
}

#[tokio::test]
async fn a_reader_who_never_reads_delays_nothing() {
    let judged = judged(false);
    // More than a pipe's buffer holds.
    for _ in 0..300 {
        assert_eq!(judged.ask(LEAK, json!({"external_id": "user-1"})).await, 200);
    }
    judged.end();
}

/// A request of a browser: this method and path, with this field.
async fn browse(judged: &Judged, method: reqwest::Method, path: &str, field: (&str, &str)) {
    let asked = judged.client.request(method, format!("{}{path}", judged.url)).header(field.0, field.1);
    asked.send().await.expect("an answer");
}

#[tokio::test]
async fn what_browsers_do_for_themselves_is_nobodys() {
    use reqwest::Method;
    let judged = judged(true);
    let preflight = ("access-control-request-method", "POST");
    browse(&judged, Method::OPTIONS, LEAK, preflight).await;
    browse(&judged, Method::OPTIONS, "/sentiance/sdk/users", preflight).await;
    browse(&judged, Method::GET, "/sentiance/users?key=standin-server-key", ("sec-fetch-dest", "document")).await;
    browse(&judged, Method::GET, "/favicon.ico", ("sec-fetch-dest", "image")).await;
    judged.ask("/sentiance/users/auth-code", json!({"external_id": "user-1"})).await;
    let told = judged.end();
    assert!(!told.contains("failed: ") && !told.contains("warning: "), "{told}");
    assert!(told.contains("requests that browsers made for themselves, and so were not judged: 4"), "{told}");
    assert!(!told.contains("named no vendor"), "{told}");
    assert!(told.contains("  passed        transport/schema-broken           exercised once\n"), "{told}");
}

#[tokio::test]
async fn a_call_without_a_browsers_signs_is_somebodys() {
    let judged = judged(true);
    browse(&judged, reqwest::Method::GET, "/sentiance/nowhere", ("user-agent", "Mozilla/5.0 Chrome/130")).await;
    assert!(judged.next().starts_with("failed: transport/schema-broken"), "a name is no sign");
    assert!(judged.end().starts_with("sandbox default against sentiance, 2 events\n"));
}

#[tokio::test]
async fn a_vendor_that_only_browsers_looked_at_was_not_called() {
    let judged = judged(true);
    browse(&judged, reqwest::Method::GET, "/sentiance/", ("sec-fetch-dest", "document")).await;
    assert!(judged.end().contains("nobody called techcentrix, sentiance, finbox, so nothing was judged"));
}

#[tokio::test]
async fn a_delivery_that_reached_nobody_exercises_nothing() {
    let judged = judged(true);
    let hooks = "/__admin/sandboxes/default/webhooks/sentiance";
    let receiver = judged.client.put(format!("{}{hooks}/receiver", judged.url));
    let receiver = receiver.json(&json!({"url": "http://127.0.0.1:9/hook"})).send().await.expect("an answer");
    assert!(receiver.status().is_success());
    for post in ["probe", "test", "test"] {
        assert_eq!(judged.ask(&format!("{hooks}/{post}"), json!({})).await, 200);
    }
    assert_eq!(judged.ask(&format!("{hooks}/test"), json!({"credentials": "wrong_password"})).await, 200);
    let told = judged.end();
    assert!(!told.contains("passed        webhook/"), "{told}");
    let line = told.lines().find(|line| line.starts_with("  not exercised: ")).unwrap_or_default();
    assert!(line.contains("webhook/lawful-refused") && line.contains("webhook/unauthenticated"), "{told}");
}
