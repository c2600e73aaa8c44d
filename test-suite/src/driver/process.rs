//! A subject's process: it is started, watched, and ended with everything that it started.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// The number of output lines that are kept: the last ones.
const KEPT_LINES: usize = 200;
/// The length at which a line is cut, in bytes.
const LONGEST_LINE: usize = 2000;
/// The time limit for reading the last output of an ended process.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(500);
/// The time that a process has to end after a request to terminate.
const GRACE: std::time::Duration = std::time::Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    group: Pid,
    output: Output,
    /// The tasks that read the two pipes. They end when the process and its children have closed the pipes.
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

    /// Reads a pipe to its end and keeps the last lines. A subject must never block on its output.
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
    /// Starts a program in a process group of its own, so that its children can be ended with it.
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

    /// Starts a program that is controlled through its standard input and output. Only its standard error is kept.
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

    /// The status of a process that has ended, after its last output was read. A child that still holds the pipes
    /// delays that at most by a time limit.
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

    /// Ends the process and everything in its group, first with a request to terminate, then with a kill.
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
        // It is no error if the group has ended already.
        let _ = kill_process_group(self.group, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
