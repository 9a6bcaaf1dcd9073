//! A TCP proxy that can do what networks do.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What the way to the server is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Link {
    /// Everything passes.
    #[default]
    Open,
    /// Connections are closed, new ones too.
    Cut,
    /// Connections stay and new ones are accepted, but nothing passes. What was sent meanwhile passes later.
    Silent,
    /// Every chunk is that late.
    Slow(Duration),
}

/// Something to do at one of the next chunks that clients send.
pub struct Trap {
    /// Only chunks with this text count.
    pub text: &'static str,
    /// How many of them pass before.
    pub skip: usize,
    /// Whether the server gets this one.
    pub forward: bool,
    /// What to do.
    pub action: Box<dyn FnOnce() + Send>,
}

/// A proxy before a server; the link and the server can be changed while it runs.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    target: SocketAddr,
    link: Link,
    trap: Option<Trap>,
    /// Whether what a trap does has not ended.
    is_acting: bool,
    /// Counts the times that all connections were closed: those of an earlier life end.
    life: u64,
    /// Both ends of each connection, by its number.
    open: HashMap<u64, [TcpStream; 2]>,
    opened: u64,
    ended: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

impl Proxy {
    /// A proxy that passes everything on.
    ///
    /// # Panics
    ///
    /// If no port is free.
    #[must_use]
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let state = State {
            target,
            link: Link::Open,
            trap: None,
            is_acting: false,
            life: 0,
            open: HashMap::new(),
            opened: 0,
            ended: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let accepting = Arc::clone(&shared);
        let acceptor = thread::spawn(move || accepting.accept(&listener));
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the link.
    pub fn set(&self, link: Link) {
        let mut state = self.shared.lock();
        state.link = link;
        if link == Link::Cut {
            state.close_all();
        }
        self.shared.changed.notify_all();
    }

    /// Closes all connections; new ones lead to this server.
    pub fn switch(&self, target: SocketAddr) {
        let mut state = self.shared.lock();
        state.target = target;
        state.close_all();
        self.shared.changed.notify_all();
    }

    /// Sets a trap, in the place of an earlier one.
    pub fn trap(&self, trap: Trap) {
        self.shared.lock().trap = Some(trap);
    }

    /// Takes the trap away, if nobody has stepped into it; else waits until what it does has ended, for whoever stepped
    /// into it may have gone on meanwhile.
    pub fn disarm(&self) -> Option<Trap> {
        let state = self.shared.lock();
        let acting = |state: &mut State| state.is_acting;
        let mut state = self.shared.changed.wait_while(state, acting).unwrap_or_else(PoisonError::into_inner);
        state.trap.take()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.ended = true;
            state.close_all();
        }
        self.shared.changed.notify_all();
        // The acceptor sees the end when somebody comes.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.lock().ended {
                return;
            }
            // A connection that cannot be passed on is closed.
            let _ = client.and_then(|client| self.connect(client));
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> std::io::Result<()> {
        let (target, life) = {
            let state = self.lock();
            if state.link == Link::Cut {
                return Ok(());
            }
            (state.target, state.life)
        };
        let server = TcpStream::connect(target)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let pairs = [
            (Direction::ToServer, client.try_clone()?, server.try_clone()?),
            (Direction::ToClient, server.try_clone()?, client.try_clone()?),
        ];
        let number = {
            let mut state = self.lock();
            if state.life != life {
                return Ok(());
            }
            state.opened += 1;
            let number = state.opened;
            state.open.insert(number, [client, server]);
            number
        };
        for (direction, from, to) in pairs {
            let shared = Arc::clone(self);
            thread::spawn(move || {
                shared.pump(direction, life, from, to);
                // Whoever waits at the other end learns that it is over.
                shared.lock().close(number);
            });
        }
        Ok(())
    }

    fn pump(&self, direction: Direction, life: u64, mut from: TcpStream, mut to: TcpStream) {
        let mut chunk = [0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut chunk) {
            if !self.may_pass(life) {
                break;
            }
            let trap = if direction == Direction::ToServer { self.spring(&chunk[..length]) } else { None };
            let forward = trap.as_ref().is_none_or(|trap| trap.forward);
            let passed = forward && to.write_all(&chunk[..length]).is_ok();
            if let Some(trap) = trap {
                let _acting = Acting(self);
                (trap.action)();
            }
            if !passed {
                break;
            }
        }
    }

    /// Waits until a chunk may pass; never, if its connection was closed.
    fn may_pass(&self, life: u64) -> bool {
        let mut state = self.lock();
        if let Link::Slow(delay) = state.link {
            drop(state);
            thread::sleep(delay);
            state = self.lock();
        }
        let silent = |state: &mut State| state.link == Link::Silent && state.life == life;
        let state = self.changed.wait_while(state, silent).unwrap_or_else(PoisonError::into_inner);
        state.life == life
    }

    /// The trap, if it is this chunk's turn.
    fn spring(&self, chunk: &[u8]) -> Option<Trap> {
        let mut state = self.lock();
        match &mut state.trap {
            Some(trap) if !contains(chunk, trap.text.as_bytes()) => None,
            Some(trap) if trap.skip > 0 => {
                trap.skip -= 1;
                None
            }
            trap => {
                let sprung = trap.take();
                state.is_acting |= sprung.is_some();
                sprung
            }
        }
    }
}

/// What a trap does; over when this is dropped, even by a panic.
struct Acting<'a>(&'a Shared);

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        self.0.lock().is_acting = false;
        self.0.changed.notify_all();
    }
}

impl State {
    fn close_all(&mut self) {
        self.life += 1;
        for number in Vec::from_iter(self.open.keys().copied()) {
            self.close(number);
        }
    }

    fn close(&mut self, number: u64) {
        for stream in self.open.remove(&number).into_iter().flatten() {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn contains(chunk: &[u8], text: &[u8]) -> bool {
    text.is_empty() || chunk.windows(text.len()).any(|window| window == text)
}

impl fmt::Debug for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trap")
            .field("skip", &self.skip)
            .field("forward", &self.forward)
            .finish_non_exhaustive()
    }
}
