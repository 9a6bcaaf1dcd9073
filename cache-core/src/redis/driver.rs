//! The task that drives a connection: it sends what waits in the queue, and gives the answers to those who asked.
//!
//! Looks at entries and at the head are gathered while others are on their way, and go as one command: many callers
//! cost the server little more than one. What cannot be gathered goes at once.
//!
//! Once in a while it asks the server who it is, ahead of what it sends then: an answer is given to a caller only if
//! the server was the one that was greeted no longer ago than that.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use redis::{Pipeline, Value};
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::time::Sleep;

use super::batch::{self, Batch, Head};
use super::failure::Failure;
use super::identity::{self, IDENTIFIED_FOR, Identified};
use super::names::Names;
use super::queue::{Queue, Request};
use super::resp;
use super::socket::Socket;
use super::wire::Heads;

/// What is received at once.
const CHUNK: usize = 64 << 10;
/// Buffers that have grown beyond this are given back.
const MAX_KEPT: usize = 1 << 20;

pub(super) struct Driver {
    socket: Socket,
    queue: Arc<Queue>,
    names: Arc<Names>,
    identified: Identified,
    heads: Heads,
    /// When the server was asked last who it is.
    asked: Instant,
    input: Vec<u8>,
    output: Output,
    /// What has been sent, in the order of its answers.
    expected: VecDeque<Expected>,
    /// How many of those are looks.
    looking: usize,
    timeout: Duration,
    alarm: Alarm,
}

/// Bytes of which some may have been sent.
#[derive(Default)]
struct Output {
    bytes: Vec<u8>,
    sent: usize,
    /// Whether the socket may still hold some back.
    buffered: bool,
    /// Whether the socket has no room.
    is_held_up: bool,
}

/// When to see whether the server has answered. It is set anew only when it has gone off, so it costs nothing while
/// the server does.
struct Alarm {
    sleep: Pin<Box<Sleep>>,
    is_set: bool,
}

struct Expected {
    sent: Instant,
    answer: Answer,
}

enum Answer {
    Values(Request, Vec<Value>),
    Looked(Arc<Batch>),
    Identity(Vec<Value>),
}

impl Driver {
    pub(super) fn new(
        socket: Socket,
        queue: Arc<Queue>,
        names: Arc<Names>,
        identified: Identified,
        timeout: Duration,
    ) -> Self {
        Self {
            socket,
            queue,
            names,
            identified,
            heads: Heads::new(identified.identity),
            asked: identified.since,
            input: Vec::with_capacity(CHUNK),
            output: Output::default(),
            expected: VecDeque::new(),
            looking: 0,
            timeout,
            alarm: Alarm { sleep: Box::pin(tokio::time::sleep(timeout)), is_set: true },
        }
    }

    /// Goes as far as it can; ready if nobody will ask any more.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.receive(context)?;
        if !self.take(context) {
            return Poll::Ready(Ok(()));
        }
        self.send(context)?;
        self.watch(context).map(Err)
    }

    fn receive(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        loop {
            if self.input.capacity() - self.input.len() < CHUNK / 4 {
                self.input.reserve(CHUNK);
            }
            match pin!(self.socket.read_buf(&mut self.input)).poll(context) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => return Err(Failure::broken()),
                Poll::Ready(Ok(_)) => {
                    self.queue.hear();
                    self.answer_all()?;
                }
                Poll::Ready(Err(error)) => return Err(Failure::of(error.into())),
            }
        }
    }

    /// Gives the answers that are there to those who asked.
    fn answer_all(&mut self) -> Result<(), Failure> {
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while let Some(length) = resp::length(rest)? {
            let (answer, left) = rest.split_at(length);
            self.answer(answer)?;
            rest = left;
        }
        let consumed = input.len() - rest.len();
        self.input = input;
        self.input.drain(..consumed);
        if self.input.is_empty() && self.input.capacity() > MAX_KEPT {
            self.input = Vec::with_capacity(CHUNK);
        }
        Ok(())
    }

    fn answer(&mut self, answer: &[u8]) -> Result<(), Failure> {
        let mut expected = self.expected.pop_front().ok_or_else(Failure::unknown_answer)?;
        match &mut expected.answer {
            Answer::Looked(batch) => {
                self.looking -= 1;
                self.queue.answered(batch.len());
                let seen = seen(&mut self.heads, batch.width(), answer);
                let ends = seen.as_ref().err().filter(|failure| failure.ends_link).cloned();
                batch.answer(seen);
                return ends.map_or(Ok(()), Err);
            }
            Answer::Identity(answers) => {
                answers.push(resp::value(answer)?);
                if let [server, replication] = answers.as_slice() {
                    return self.identified.confirm(server, replication);
                }
            }
            Answer::Values(request, answers) => {
                answers.push(resp::value(answer)?);
                if answers.len() == request.answers {
                    self.queue.answered(1);
                    if let Answer::Values(request, answers) = expected.answer {
                        let _ = request.caller.send(Ok(answers));
                    }
                    return Ok(());
                }
            }
        }
        self.expected.push_front(expected);
        Ok(())
    }

    /// Takes what may be sent now; false if nobody will ask any more.
    fn take(&mut self, context: &Context<'_>) -> bool {
        let queue = Arc::clone(&self.queue);
        let Some(mut waiting) = queue.take(context) else { return false };
        let looks = waiting.take_looks(self.looking);
        if looks.is_empty() && waiting.requests.is_empty() {
            return true;
        }
        let sent = Instant::now();
        self.ask_who(sent);
        self.output.bytes.append(&mut waiting.bytes);
        if waiting.bytes.capacity() > MAX_KEPT {
            waiting.bytes = Vec::new();
        }
        let requests = waiting.requests.drain(..);
        let values = |request: Request| Answer::Values(request, Vec::new());
        self.expected.extend(requests.map(|request| Expected { sent, answer: values(request) }));
        drop(waiting);
        looks.into_iter().for_each(|batch| self.look(batch, sent));
        true
    }

    fn look(&mut self, batch: Arc<Batch>, sent: Instant) {
        let (keys, command) = (batch.keys(), &mut self.output.bytes);
        resp::write_start(2 + keys.len(), command);
        resp::write_string([b"MGET", b""], command);
        resp::write_string([self.names.head.as_bytes(), b""], command);
        for key in keys {
            let (prefix, digits) = self.names.entry_parts(key);
            resp::write_string([prefix, &digits], command);
        }
        self.looking += 1;
        self.expected.push_back(Expected { sent, answer: Answer::Looked(batch) });
    }

    fn ask_who(&mut self, now: Instant) {
        if self.identified.is_checked() && now.duration_since(self.asked) >= IDENTIFIED_FOR {
            self.asked = now;
            let mut question = Pipeline::with_capacity(2);
            identity::ask(&mut question);
            self.output.bytes.extend_from_slice(&question.get_packed_pipeline());
            self.expected.push_back(Expected { sent: now, answer: Answer::Identity(Vec::new()) });
        }
    }

    fn send(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        let queue = &self.queue;
        match self.output.send(&mut self.socket, context, || queue.hear()) {
            Poll::Ready(Err(error)) => Err(Failure::of(error.into())),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    /// Ready if the server does not answer.
    fn watch(&mut self, context: &mut Context<'_>) -> Poll<Failure> {
        let Some(oldest) = self.expected.front() else { return Poll::Pending };
        // What is long takes its time.
        let until = oldest.sent.max(self.queue.heard()) + self.timeout;
        loop {
            if !self.alarm.is_set {
                self.alarm.sleep.as_mut().reset(until.into());
                self.alarm.is_set = true;
            }
            ready!(self.alarm.sleep.as_mut().poll(context));
            self.alarm.is_set = false;
            if until <= Instant::now() {
                return Poll::Ready(Failure::timed_out());
            }
        }
    }
}

/// What a command for this many entries brought.
fn seen(heads: &mut Heads, entries: usize, answer: &[u8]) -> Result<batch::Answer, Failure> {
    let Some(mut strings) = resp::strings(answer) else {
        let refused = resp::value(answer)?.extract_error().map(drop).map_err(Failure::of);
        return Err(refused.err().unwrap_or_else(Failure::unknown_answer));
    };
    let head = strings.next().ok_or_else(Failure::unknown_answer)?.unwrap_or_default();
    let head = heads.position(head).map_or_else(|| Head::Other(head.to_vec()), Head::Ours);
    let mut bytes = Vec::with_capacity(entries);
    bytes.extend(strings.map(|string| string.map(Arc::from)));
    if bytes.len() == entries {
        Ok(batch::Answer { head, entries: bytes })
    } else {
        Err(Failure::unknown_answer())
    }
}

impl Output {
    /// `goes_on` is called if the socket has room again. While it has some, nothing is known of the server.
    fn send(
        &mut self,
        socket: &mut Socket,
        context: &mut Context<'_>,
        goes_on: impl Fn(),
    ) -> Poll<io::Result<()>> {
        while self.sent < self.bytes.len() {
            let written = Pin::new(&mut *socket).poll_write(context, &self.bytes[self.sent..]);
            let was_held_up = std::mem::replace(&mut self.is_held_up, written.is_pending());
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
            if was_held_up {
                goes_on();
            }
            self.buffered = true;
        }
        self.sent = 0;
        self.bytes.clear();
        if self.bytes.capacity() > MAX_KEPT {
            self.bytes = Vec::new();
        }
        if self.buffered {
            ready!(Pin::new(socket).poll_flush(context))?;
            self.buffered = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let result = ready!(self.advance(context));
        if let Err(failure) = result {
            self.end(&failure);
        }
        Poll::Ready(())
    }
}

impl Driver {
    fn end(&mut self, failure: &Failure) {
        self.queue.end(failure);
        for expected in self.expected.drain(..) {
            match expected.answer {
                Answer::Values(request, _) => drop(request.caller.send(Err(failure.clone()))),
                Answer::Looked(batch) => batch.answer(Err(failure.clone())),
                Answer::Identity(_) => {}
            }
        }
    }
}

impl Drop for Driver {
    /// Its runtime may end before it does.
    fn drop(&mut self) {
        self.end(&Failure::broken());
    }
}

#[cfg(test)]
mod tests;
