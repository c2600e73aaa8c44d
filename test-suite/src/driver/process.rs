//! What is under test as a process: started, watched, and ended with everything it started.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// How many of the last lines of output are kept.
const KEPT_LINES: usize = 200;
/// How much of a line is kept, in bytes.
const LONGEST_LINE: usize = 2000;
/// How long the last words of a process may take to arrive.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(500);
/// How long a process may take to end after it was asked to.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    group: Pid,
    output: Output,
    /// What reads the two pipes; done when the process and its children have closed them.
    readers: Vec<JoinHandle<()>>,
}

/// The last lines that a process printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock();
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn keep(&self, line: String) {
        let mut lines = self.0.lock();
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// Keeps what comes out of a pipe, whatever it is: a subject must never wait for us to read its output.
    fn follow(&self, mut pipe: impl AsyncRead + Unpin + Send + 'static) -> JoinHandle<()> {
        let output = self.clone();
        tokio::spawn(async move {
            let mut part = [0; 4096];
            let mut line = Vec::new();
            while let Ok(count @ 1..) = pipe.read(&mut part).await {
                for byte in &part[..count] {
                    match byte {
                        b'\n' => output.keep(String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned()),
                        byte if line.len() < LONGEST_LINE => line.push(*byte),
                        _ => {}
                    }
                }
            }
            if !line.is_empty() {
                output.keep(String::from_utf8_lossy(&line).into_owned());
            }
        })
    }
}

impl Process {
    /// Starts a program in a process group of its own, so that what it starts can be ended with it.
    pub(crate) fn start(
        command: &[String],
        folder: &Path,
        env: &BTreeMap<String, String>,
        output: &Output,
    ) -> std::io::Result<Self> {
        let mut process = Self::spawn(command, folder, env, Stdio::null(), output)?;
        let out = process.child.stdout.take().map(|pipe| output.follow(pipe));
        process.readers.extend(out);
        Ok(process)
    }

    /// The same for a program that is spoken to through its standard input and output; errors alone are kept.
    pub(crate) fn start_talking(
        command: &[String],
        folder: &Path,
        env: &BTreeMap<String, String>,
        output: &Output,
    ) -> std::io::Result<(Self, ChildStdin, ChildStdout)> {
        let mut process = Self::spawn(command, folder, env, Stdio::piped(), output)?;
        let pipes = process.child.stdin.take().zip(process.child.stdout.take());
        let (input, output) = pipes.ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok((process, input, output))
    }

    fn spawn(
        command: &[String],
        folder: &Path,
        env: &BTreeMap<String, String>,
        input: Stdio,
        output: &Output,
    ) -> std::io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .envs(env)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let readers = child.stderr.take().map(|pipe| output.follow(pipe)).into_iter().collect();
        // A process that was just started has an id, and it leads its group.
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(Self { child, group, output: output.clone(), readers })
    }

    /// How it ended, if it has. Its last words are read then, unless a child of its own still holds the pipes.
    pub(crate) async fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        let all_read = async {
            for reader in self.readers.drain(..) {
                let _ = reader.await;
            }
        };
        let _ = tokio::time::timeout(LAST_WORDS, all_read).await;
        Some(status.to_string())
    }

    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    /// Ends the process and everything in its group: asked first, then killed.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::TERM);
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
        self.kill().await;
    }

    /// Kills the process and everything in its group at once, as a crash would.
    pub(crate) async fn kill(mut self) {
        self.signal(Signal::KILL);
        let _ = self.child.wait().await;
    }

    fn signal(&self, signal: Signal) {
        // The group may be gone already, and that is as good.
        let _ = kill_process_group(self.group, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
