//! A stream of bytes to a server.

use std::io;
#[cfg(feature = "redis-tls")]
use std::sync::Arc;
use std::time::Duration;

use redis::{ConnectionAddr, RedisError};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// A stream of bytes to a server, of whatever kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) type Socket = Box<dyn Stream>;

/// Connects; `roots` are the certificates, as PEM, that a TLS server is trusted by, if not those that the system trusts.
pub(super) async fn connect(address: &ConnectionAddr, roots: Option<&[u8]>) -> Result<Socket, RedisError> {
    #[cfg(not(feature = "redis-tls"))]
    let _ = roots;
    match address {
        ConnectionAddr::Tcp(host, port) => Ok(Box::new(tcp(host, *port).await?)),
        #[cfg(unix)]
        ConnectionAddr::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        #[cfg(feature = "redis-tls")]
        ConnectionAddr::TcpTls { host, port, insecure: false, .. } => tls(host, *port, roots).await,
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "the certificate of a server is checked always")
            .into()),
    }
}

/// What is on the way may forget a connection on which nothing passes, and says so to nobody: most wait for minutes.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_INTERVAL);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}

#[cfg(feature = "redis-tls")]
async fn tls(host: &str, port: u16, roots: Option<&[u8]>) -> Result<Socket, RedisError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add_parsable_certificates(match roots {
        // What is no certificate trusts nobody.
        Some(pem) => CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect(),
        None => rustls_native_certs::load_native_certs().certs,
    });
    let config = rustls::ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(invalid)?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect(name, tcp(host, port).await?).await?))
}
