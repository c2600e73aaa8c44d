//! Benchmark of the mock's credential endpoint against the smallest server that could answer the same request.
//!
//! Both servers get the same bytes over keep-alive connections, in alternating rounds, so that a busy machine slows
//! both alike. The baseline is a bare axum handler that parses the same JSON and keeps a map. It measures one vendor
//! whose credential is a signed token and one whose credential is an opaque code.
//!
//! Run it with `cargo bench -p standin-mock-server`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use parking_lot::Mutex;
use serde_json::{Value, json};
use standin_contracts::contract::builtin;
use standin_mock_server::{MockConfig, MockServer};

const CONNECTIONS: usize = 8;
const REQUESTS: usize = 2_500;
const ROUNDS: usize = 7;
const AUTHORIZATION: &str = "Bearer standin-server-key";

/// One vendor's request, with what the bare handler needs to answer it.
struct Case {
    vendor: &'static str,
    path: &'static str,
    /// The member of the body that holds the user's id.
    id: &'static str,
    body: fn(String) -> Value,
    answer: ExpectedAnswer,
}

#[derive(Clone, Copy)]
enum ExpectedAnswer {
    /// A token as long as the signed one.
    Token,
    /// A code as long as the opaque one, in JSON.
    Code,
}

static CASES: [Case; 2] = [
    Case {
        vendor: "techcentrix",
        path: "/user/api/auth/external",
        id: "id",
        body: |user| json!({"id": user, "email": "ann@example.com", "firstName": "Ann"}),
        answer: ExpectedAnswer::Token,
    },
    Case {
        vendor: "sentiance",
        path: "/users/auth-code",
        id: "external_id",
        body: |user| json!({"external_id": user}),
        answer: ExpectedAnswer::Code,
    },
];

type Users = Arc<Mutex<HashMap<String, u64>>>;

/// The baseline: parses the body, checks the key, keeps a map and answers a credential of the same length.
async fn bare(
    State((case, users)): State<(&'static Case, Users)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> (HeaderMap, String) {
    let known = headers.get("authorization").is_some_and(|value| value == AUTHORIZATION);
    let id = body[case.id].as_str().unwrap_or_default().to_owned();
    let count = {
        let mut users = users.lock();
        let count = users.entry(id).or_insert(0);
        *count += 1;
        *count
    };
    let mut headers = HeaderMap::new();
    let (mime, body) = match case.answer {
        ExpectedAnswer::Token => ("text/plain;charset=UTF-8", format!("{known}.{count:0280}")),
        ExpectedAnswer::Code => {
            let code = format!("{count:0128}");
            let answer = json!({"authentication_code": code, "expires_at": "2021-02-03T14:32:03.076Z", "known": known});
            ("application/json", answer.to_string())
        }
    };
    headers.insert("content-type", mime.parse().unwrap());
    (headers, body)
}

/// CPU time that the process has used, user and system, in microseconds. Its resolution is 10 ms.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
}

fn request(case: &Case, user: usize) -> Vec<u8> {
    let body = (case.body)(format!("user-{user}")).to_string();
    let path = case.path;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: mock\r\nuser-agent: bench\r\naccept: */*\r\n\
         authorization: {AUTHORIZATION}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// Sends one connection's share of the requests. Each request waits for its answer.
fn drive(address: SocketAddr, case: &Case, connection: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 8192];
    for number in 0..REQUESTS {
        stream.write_all(&request(case, connection * 100 + number % 100)).unwrap();
        read_answer(&mut stream, &mut buffer);
    }
}

fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        filled += stream.read(&mut buffer[filled..]).unwrap();
        let text = std::str::from_utf8(&buffer[..filled]).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
        if body.len() >= length.parse().unwrap() {
            assert!(head.starts_with("HTTP/1.1 200"), "{text}");
            return;
        }
    }
}

/// Requests per second, and CPU microseconds per request, with those of the load generator included.
fn round(address: SocketAddr, case: &'static Case) -> (f64, f64) {
    let (began, cpu) = (Instant::now(), cpu_us());
    let threads: Vec<_> =
        (0..CONNECTIONS).map(|number| std::thread::spawn(move || drive(address, case, number))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let count = (CONNECTIONS * REQUESTS) as f64;
    (count / began.elapsed().as_secs_f64(), (cpu_us() - cpu) / count)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Median ratios of the mock to the baseline: requests per second, and CPU per request.
fn compare(runtime: &tokio::runtime::Runtime, case: &'static Case) -> (f64, f64) {
    let contract = Arc::new(builtin(case.vendor).unwrap().unwrap());
    let server = runtime.block_on(MockServer::start(MockConfig::new(vec![contract]))).unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let bare_address = listener.local_addr().unwrap();
    let router = axum::Router::new().route(case.path, axum::routing::post(bare));
    runtime.spawn(async move { axum::serve(listener, router.with_state((case, Users::default()))).await });

    round(bare_address, case);
    round(server.address(), case);
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    println!("{}", case.vendor);
    println!(
        "{:>5} {:>12} {:>12} {:>6}   {:>9} {:>9} {:>6}",
        "round", "bare req/s", "mock req/s", "ratio", "bare µs", "mock µs", "ratio"
    );
    for number in 1..=ROUNDS {
        let (bare, mock) = (round(bare_address, case), round(server.address(), case));
        rates.push(mock.0 / bare.0);
        costs.push(mock.1 / bare.1);
        println!(
            "{number:>5} {:>12.0} {:>12.0} {:>6.2}   {:>9.1} {:>9.1} {:>6.2}",
            bare.0,
            mock.0,
            mock.0 / bare.0,
            bare.1,
            mock.1,
            mock.1 / bare.1
        );
    }
    (median(rates), median(costs))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let medians: Vec<_> = CASES.iter().map(|case| (case.vendor, compare(&runtime, case))).collect();
    for (vendor, (rate, cost)) in medians {
        println!("{vendor}: median ratio {rate:.2} of the requests a second, {cost:.2} of the CPU a request");
    }
}
