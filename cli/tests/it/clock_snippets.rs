//! The snippets of docs/adapter.md that put a clock under an SDK, each run by its own language.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../../docs/adapter.md");

/// The code of all blocks of the page with this info string, in their order.
fn code(info: &str) -> String {
    let opening = format!("```{info}\n");
    let blocks = PAGE.split(&opening).skip(1).map(|rest| rest.split("\n```").next().expect("a block ends"));
    let code = blocks.collect::<Vec<_>>().join("\n\n");
    assert!(!code.is_empty(), "docs/adapter.md has no block of `{info}`");
    code
}

/// Runs a program that an interpreter reads from its standard input, in the folder of the Node example.
fn runs(interpreter: &[&str], program: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/node");
    let mut child = Command::new(interpreter[0])
        .args(&interpreter[1..])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the interpreter starts");
    child.stdin.take().expect("a pipe").write_all(program.as_bytes()).expect("it is read");
    let out = child.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && told.trim() == "good", "{told}\n{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn the_clock_and_the_timeout_in_python_do_as_the_page_says() {
    let checks = r#"
clock, rung = Clock(1_000), []
clock.at(1_300, lambda: rung.append(("late", clock.now_ms)))
call_off = clock.at(1_200, lambda: rung.append("never"))
clock.at(1_100, lambda: clock.at(1_150, lambda: rung.append(("nested", clock.now_ms))))
call_off()
assert clock.advance(0) == 100
assert clock.advance(200) == 100 and rung == [("nested", 1_150)], rung
assert clock.advance(500) is None and rung[1:] == [("late", 1_300)] and clock.now_ms == 1_700, rung

import threading
silent = socket.create_server(("127.0.0.1", 0))
waiting = http.client.HTTPConnection(*silent.getsockname(), timeout=None)
heard = []

def ask():
    try:
        heard.append(request_within(clock, 30_000, waiting, "GET", "/"))
    except (OSError, http.client.HTTPException) as error:
        heard.append(error)

asking = threading.Thread(target=ask)
asking.start()
peer, _ = silent.accept()
assert peer.recv(3) == b"GET"
assert clock.advance(29_999) == 1 and asking.is_alive()
assert clock.advance(1) is None
asking.join(10)
assert not asking.is_alive() and isinstance(heard[0], (OSError, http.client.HTTPException)), heard
print("good")
"#;
    runs(&["python3", "-"], &format!("{}\n{checks}", code("python clock")));
}

#[test]
fn the_timeout_of_fetch_does_as_the_page_says() {
    let checks = r"
const assert = require('node:assert');
const http = require('node:http');
const { Clock } = require('./clock.js');
const clock = new Clock(1000);
const server = http.createServer((request, response) => {
  if (request.url === '/whole') return response.end('whole');
  response.write('half'); // and never the rest
});
server.listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const whole = await fetchWithin(clock, 30_000, `${base}/whole`);
  assert.deepEqual([whole.status, whole.text, clock.next()], [200, 'whole', undefined]);
  server.once('request', () => setImmediate(() => clock.advance(30_000)));
  await assert.rejects(fetchWithin(clock, 30_000, `${base}/half`), /timeout/);
  assert.equal(clock.next(), undefined);
  server.closeAllConnections();
  server.close(() => console.log('good'));
});
";
    runs(&["node", "-"], &format!("{}\n{checks}", code("js clock")));
}
