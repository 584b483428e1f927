//! Repositories over a loopback host and a folder.
