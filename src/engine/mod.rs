//! The container backend: connects a container engine to Kabinet and Rekuest, installs flavours and looks after pods.

pub mod driver;
