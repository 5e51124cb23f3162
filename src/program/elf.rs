//! ELF programs (elf(5)): the machine they are for, and the interpreter that they ask for.

use std::io::{Read, Seek};

use object::elf::{ET_DYN, ET_EXEC, FileHeader32, FileHeader64, Machine};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, FileKind, ReadCache, ReadRef};

/// The first bytes of every ELF file.
pub const MAGIC: &[u8] = b"\x7fELF";

/// What Linux wants to know of a program before it starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The machine (`e_machine`).
    pub machine: Machine,
    /// The path of the loader (`PT_INTERP`); static programs have none.
    pub interpreter: Option<String>,
}

/// Reads the headers of a file that begins with [`MAGIC`].
///
/// # Errors
/// The reason why it cannot be run, in words that follow its name.
pub fn parse(file: impl Read + Seek) -> Result<Program, String> {
    let cache = ReadCache::new(file);
    let damaged = |error| format!("is a damaged ELF file: {error}");
    match FileKind::parse(&cache) {
        Ok(FileKind::Elf32) => parse_headers::<FileHeader32<Endianness>, _>(&cache),
        Ok(FileKind::Elf64) => parse_headers::<FileHeader64<Endianness>, _>(&cache),
        Ok(_) => return Err("is not an ELF file".to_owned()),
        Err(error) => Err(error),
    }
    .map_err(damaged)?
    .ok_or_else(|| "is an ELF file, but not a program".to_owned())
}

fn parse_headers<'data, H, R>(data: R) -> object::Result<Option<Program>>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = H::parse(data)?;
    let endian = header.endian()?;
    if ![ET_EXEC, ET_DYN].contains(&header.e_type(endian)) {
        return Ok(None);
    }
    let mut interpreter = None;
    for segment in header.program_headers(endian, data)? {
        interpreter = interpreter.or(segment.interpreter(endian, data)?);
    }
    let interpreter = interpreter.map(|path| String::from_utf8_lossy(path).into_owned());
    Ok(Some(Program { machine: header.e_machine(endian), interpreter }))
}
