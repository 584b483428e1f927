//! Small things that screens are drawn with. They know the theme, never a screen.

pub mod bar;
pub mod field;
pub mod link;
pub mod markdown;
pub mod pen;
pub mod picture;
pub mod prose;
pub mod table;
pub mod tabs;
pub mod text;
