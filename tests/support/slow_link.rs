//! A slow link before a local server: bytes towards the client pass at a given rate, so that a pull lasts long enough to
//! be watched and cancelled.

#![allow(dead_code, reason = "every test program that includes this file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops there")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
    time::Instant,
};

/// A link that ends when it is dropped.
pub struct SlowLink {
    address: String,
    bytes_per_second: Arc<AtomicU32>,
    carrying: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl SlowLink {
    /// Listens on loopback, and passes on to `target`. Each connection carries so many bytes a second to the client.
    pub async fn to(target: String, bytes_per_second: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let bytes_per_second = Arc::new(AtomicU32::new(bytes_per_second));
        let rate = Arc::clone(&bytes_per_second);
        let (count, carrying) = watch::channel(0);
        let count = Arc::new(count);
        let task = tokio::spawn(async move {
            let mut links = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let (target, rate, count) = (target.clone(), Arc::clone(&rate), Arc::clone(&count));
                count.send_modify(|carrying| *carrying += 1);
                links.spawn(async move {
                    // Either side may leave at any time; that is no fault of the link.
                    if let Ok(server) = TcpStream::connect(target).await {
                        carry(client, server, &rate).await.ok();
                    }
                    count.send_modify(|carrying| *carrying -= 1);
                });
            }
        });
        Self { address, bytes_per_second, carrying, task }
    }

    /// Host and port of the near end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until nobody holds a connection any more; fails after a while.
    pub async fn until_unused(&self, limit: Duration) {
        let mut carrying = self.carrying.clone();
        let unused = carrying.wait_for(|carrying| *carrying == 0);
        let late = tokio::time::timeout(limit, unused).await.is_err();
        assert!(!late, "{} connections are open", *self.carrying.borrow());
    }

    /// From now on each connection carries so many bytes a second.
    pub fn set_speed(&self, bytes_per_second: u32) {
        self.bytes_per_second.store(bytes_per_second, Ordering::Relaxed);
    }
}

impl Drop for SlowLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(client: TcpStream, server: TcpStream, rate: &AtomicU32) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = async move {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let down = async move {
        let mut buffer = vec![0; 16 * 1024];
        let mut due = Instant::now();
        loop {
            let read = from_server.read(&mut buffer).await?;
            if read == 0 {
                return to_client.shutdown().await;
            }
            to_client.write_all(&buffer[..read]).await?;
            let bytes = u32::try_from(read).unwrap_or(u32::MAX);
            due = due.max(Instant::now()) + Duration::from_secs(1) * bytes / rate.load(Ordering::Relaxed);
            tokio::time::sleep_until(due).await;
        }
    };
    tokio::try_join!(up, down).map(|_| ())
}
