//! A server that is far away: passes connections on, and every answer comes so many milliseconds later.
//!
//! `slow-line PORT MILLISECONDS` listens at a free port of loopback, prints it, and passes everything on to `PORT` there
//! until it is ended.

use std::{env, error::Error, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep_until},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, delay] = arguments.as_slice() else { return Err("slow-line PORT MILLISECONDS".into()) };
    let (port, delay): (u16, u64) = (port.parse()?, delay.parse()?);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (near, _) = listener.accept().await?;
        tokio::spawn(pass(near, port, Duration::from_millis(delay)));
    }
}

/// Passes one connection on; questions at once, answers late, each piece as late as every other.
async fn pass(near: TcpStream, port: u16, delay: Duration) {
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    near.set_nodelay(true).ok();
    far.set_nodelay(true).ok();
    let (mut near_reads, mut near_writes) = near.into_split();
    let (mut far_reads, mut far_writes) = far.into_split();
    let (late, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let questions = async {
        tokio::io::copy(&mut near_reads, &mut far_writes).await.ok();
        far_writes.shutdown().await.ok();
    };
    let answers = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = far_reads.read(&mut buffer).await {
            let due = Instant::now() + delay;
            let Some(piece) = buffer.get(..read) else { break };
            if late.send((due, piece.to_vec())).await.is_err() {
                break;
            }
        }
        drop(late);
    };
    let delivery = async {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            if near_writes.write_all(&piece).await.is_err() {
                break;
            }
        }
        near_writes.shutdown().await.ok();
    };
    tokio::join!(questions, answers, delivery);
}
