//! Following the log of a process until it ends.

use futures_util::{StreamExt, stream, stream::BoxStream};

use super::{
    LOOK,
    folder::{Folder, LogReader},
    state_of,
};
use crate::{
    domain::LogLine,
    engine::driver::{ContainerPhase, Error},
};

/// The lines that come after those that the reader has read.
pub fn followed(reader: LogReader, folder: Folder) -> BoxStream<'static, Result<LogLine, Error>> {
    stream::unfold((reader, folder), |(mut reader, folder)| async move {
        loop {
            // Looked at first, so that what is written before the end is still read after it.
            let ended = state_of(folder.state()).phase != ContainerPhase::Running;
            match reader.more() {
                Ok(lines) if !lines.is_empty() => {
                    return Some((stream::iter(lines.into_iter().map(Ok)).boxed(), (reader, folder)));
                }
                Ok(_) if ended => return None,
                Ok(_) => tokio::time::sleep(LOOK).await,
                Err(_) => return None,
            }
        }
    })
    .flatten()
    .boxed()
}
