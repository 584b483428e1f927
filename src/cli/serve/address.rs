//! The port: chosen once for each data folder, because pods keep it in `FAKTS_URL`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tokio::net::TcpListener;

/// How long the port of former times is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is tried.
const LOOK: Duration = Duration::from_millis(50);

/// Binds where it is told, else at the port of former times, else at any port, which is then remembered.
///
/// # Errors
/// When the address cannot be had.
pub async fn bind(listen: Option<SocketAddr>, data: &Path) -> io::Result<TcpListener> {
    if let Some(address) = listen {
        return TcpListener::bind(address).await;
    }
    let file = data.join("port");
    let former: Option<u16> = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    if let Some(port) = former.filter(|port| *port != 0) {
        match again(port).await {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                tracing::warn!(
                    "port {port} of former times cannot be had ({error}): older pods look for the server in vain"
                );
            }
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    std::fs::write(&file, format!("{}\n", listener.local_addr()?.port()))?;
    Ok(listener)
}

/// Any connection of this machine may have the port for a moment.
async fn again(port: u16) -> io::Result<TcpListener> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Err(_) if tokio::time::Instant::now() < deadline => tokio::time::sleep(LOOK).await,
            bound => return bound,
        }
    }
}

/// The address for programs on this machine.
pub fn local_url(address: SocketAddr) -> String {
    let port = address.port();
    match address {
        SocketAddr::V4(at) if at.ip().is_unspecified() => format!("http://127.0.0.1:{port}"),
        SocketAddr::V6(at) if at.ip().is_unspecified() => format!("http://[::1]:{port}"),
        other => format!("http://{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_is_chosen_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = bind(None, folder.path()).await.unwrap();
        let address = first.local_addr().unwrap();
        // Taken by somebody: another one is found.
        let second = bind(None, folder.path()).await.unwrap();
        assert_ne!(second.local_addr().unwrap(), address);
        let kept = second.local_addr().unwrap();
        drop((first, second));
        assert_eq!(bind(None, folder.path()).await.unwrap().local_addr().unwrap(), kept);
    }

    #[test]
    fn an_address_for_everybody_is_reached_by_loopback() {
        let url = |text: &str| local_url(text.parse().unwrap());
        assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80"), "http://[::1]:80");
        assert_eq!(url("10.0.0.2:80"), "http://10.0.0.2:80");
    }
}
