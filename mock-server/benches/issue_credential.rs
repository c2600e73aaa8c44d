//! What a mocked credential costs, beside the least that a server could do for the same request.
//!
//! Both servers get the same bytes over keep-alive connections, in turns, so that a busy machine slows both alike. The
//! baseline is a bare axum handler that parses the same JSON and keeps a map. Run with
//! `cargo bench -p standin-mock-server`.
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

type Users = Arc<Mutex<HashMap<String, u64>>>;

/// The baseline: parse, look at the key, keep a map, answer a token of the same length.
async fn bare(State(users): State<Users>, headers: HeaderMap, Json(body): Json<Value>) -> (HeaderMap, String) {
    let known = headers.get("authorization").is_some_and(|value| value == "Bearer standin-server-key");
    let id = body["id"].as_str().unwrap_or_default().to_owned();
    let count = {
        let mut users = users.lock();
        let count = users.entry(id).or_insert(0);
        *count += 1;
        *count
    };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "text/plain;charset=UTF-8".parse().unwrap());
    (headers, format!("{known}.{count:0280}"))
}

/// Microseconds of CPU that the process has used: user and system time, in ticks of 10 ms.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
}

fn request(path: &str, user: usize) -> Vec<u8> {
    let body = json!({"id": format!("user-{user}"), "email": "ann@example.com", "firstName": "Ann"}).to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: mock\r\nuser-agent: bench\r\naccept: */*\r\n\
         authorization: Bearer standin-server-key\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

/// One connection's share: each request waits for its answer.
fn drive(address: SocketAddr, path: &str, connection: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 8192];
    for number in 0..REQUESTS {
        stream.write_all(&request(path, connection * 100 + number % 100)).unwrap();
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

/// Requests a second and CPU microseconds a request, the driver's own included.
fn round(address: SocketAddr, path: &'static str) -> (f64, f64) {
    let (began, cpu) = (Instant::now(), cpu_us());
    let threads: Vec<_> =
        (0..CONNECTIONS).map(|number| std::thread::spawn(move || drive(address, path, number))).collect();
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

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let contract = Arc::new(builtin("techcentrix").unwrap().unwrap());
    let server = runtime.block_on(MockServer::start(MockConfig::new(vec![contract]))).unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let bare_address = listener.local_addr().unwrap();
    let router = axum::Router::new().route("/user/api/auth/external", axum::routing::post(bare));
    runtime.spawn(async move { axum::serve(listener, router.with_state(Users::default())).await });

    let path = "/user/api/auth/external";
    round(bare_address, path);
    round(server.address(), path);
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    println!(
        "{:>5} {:>12} {:>12} {:>6}   {:>9} {:>9} {:>6}",
        "round", "bare req/s", "mock req/s", "ratio", "bare µs", "mock µs", "ratio"
    );
    for number in 1..=ROUNDS {
        let (bare, mock) = (round(bare_address, path), round(server.address(), path));
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
    println!("median ratio: {:.2} of the requests a second, {:.2} of the CPU a request", median(rates), median(costs));
}
