//! As much of an ELF file as an image needs: the program that loads it, and the processor it is for.
//!
//! Only 64-bit little-endian files are read: that is what kab is built as (`x86_64`, `aarch64`, `riscv64`, `ppc64le`).

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::unix::{ffi::OsStringExt as _, fs::FileExt as _},
    path::PathBuf,
};

/// Length of the header of a 64-bit ELF file (`Elf64_Ehdr`).
const HEADER: usize = 64;
/// Length of a program header (`Elf64_Phdr`).
const PROGRAM_HEADER: usize = 56;
/// Type of the program header that names the loader (`PT_INTERP`).
const INTERPRETER: u32 = 3;
/// Paths longer than the kernel's `PATH_MAX` are refused.
const LONGEST_PATH: u64 = 4096;

/// What was read of an ELF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// The program that loads it; `None` for a static one.
    pub interpreter: Option<PathBuf>,
    /// The processor, in the words of container images: `amd64`, `arm64`, …
    pub architecture: &'static str,
}

/// Reads the headers.
///
/// # Errors
/// When the file cannot be read, or is not a 64-bit little-endian ELF file for a processor that is known here.
pub fn read(file: &File) -> io::Result<Elf> {
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0)?;
    if header[..6] != *b"\x7fELF\x02\x01" {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a 64-bit little-endian ELF file"));
    }
    let architecture = match short(&header, 18) {
        62 => "amd64",
        183 => "arm64",
        243 => "riscv64",
        21 => "ppc64le",
        other => {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("unknown processor (ELF machine {other})")));
        }
    };
    let table = long(&header, 32);
    let size = u64::from(short(&header, 54));
    let count = u64::from(short(&header, 56));
    for place in 0..count {
        let mut entry = [0; PROGRAM_HEADER];
        let offset = size.checked_mul(place).and_then(|offset| offset.checked_add(table)).ok_or_else(broken)?;
        file.read_exact_at(&mut entry, offset)?;
        if word(&entry, 0) == INTERPRETER {
            let (offset, length) = (long(&entry, 8), long(&entry, 32));
            let length = usize::try_from(length.min(LONGEST_PATH)).map_err(|_| broken())?;
            let mut path = vec![0; length];
            file.read_exact_at(&mut path, offset)?;
            path.truncate(path.iter().position(|byte| *byte == 0).unwrap_or(length));
            return Ok(Elf { interpreter: Some(PathBuf::from(OsString::from_vec(path))), architecture });
        }
    }
    Ok(Elf { interpreter: None, architecture })
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the ELF program headers make no sense")
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from(short(bytes, at)) | u32::from(short(bytes, at + 2)) << 16
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from(word(bytes, at)) | u64::from(word(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_names_its_loader_and_processor() {
        let elf = read(&File::open("/proc/self/exe").unwrap()).unwrap();
        if cfg!(target_arch = "x86_64") {
            assert_eq!(elf.architecture, "amd64");
        }
        if cfg!(target_env = "gnu") {
            assert!(elf.interpreter.unwrap().exists());
        }
    }

    #[test]
    fn something_else_is_refused() {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &[b'#'; 200]).unwrap();
        assert_eq!(read(&file).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
