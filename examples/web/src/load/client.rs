//! One keep-alive connection of HTTP/1.1: as much of a client as our own service needs.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Result;

#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'c> {
    head: &'c str,
    pub status: u16,
    pub body: &'c str,
}

impl Answer<'_> {
    /// The value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    /// Whether the cache had all of the page.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.header("x-cache") == Some("hit")
    }
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer<'_>> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: web\r\n\r\n")).await
    }

    /// Sends a form: names and values.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Result<Answer<'_>> {
        let body = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect::<Vec<_>>()
            .join("&");
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: web\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    async fn ask(&mut self, request: &str) -> Result<Answer<'_>> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            self.read().await?;
        };
        let length = header(std::str::from_utf8(&self.buffer[..head])?, "content-length");
        let end = head + 4 + length.map_or(Ok(0), str::parse)?;
        while self.buffer.len() < end {
            self.read().await?;
        }
        let (head, body) = (std::str::from_utf8(&self.buffer[..head])?, &self.buffer[head + 4..end]);
        let status = head.get(9..12).ok_or("an answer without a status")?.parse()?;
        Ok(Answer { head, status, body: std::str::from_utf8(body)? })
    }

    async fn read(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the service has closed the connection".into()),
            _ => Ok(()),
        }
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}

/// As forms write it.
fn encoded(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(byte).collect()
}
