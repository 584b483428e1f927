//! An image as a stream: written on a thread that may block, read by an engine's connection, with little in between.

use std::io::{self, Write};

use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::Image;

/// Pieces that wait for the reader; with the writer's buffer about a megabyte is in memory.
const WAITING: usize = 4;

impl Image {
    /// The archive of [`Image::write`], piece by piece. Needs a tokio runtime; dropping it ends the writing.
    pub fn stream(&self) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static + use<> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let image = self.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = image.write(&mut Pieces(&sender)) {
                // Nobody listens any more: then nobody needs to know.
                sender.blocking_send(Err(error)).ok();
            }
        });
        stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|piece| (piece, receiver)) })
    }
}

struct Pieces<'a>(&'a mpsc::Sender<io::Result<Vec<u8>>>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.blocking_send(Ok(bytes.to_vec())).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
