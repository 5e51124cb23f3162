//! ELF programs (elf(5)): the machine they are for, and the interpreter that they ask for.

use std::fmt::Display;
use std::io::{Read, Seek};

use object::elf::{ET_DYN, ET_EXEC, FileHeader32, FileHeader64, Machine, PT_INTERP};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, FileKind, ReadCache, ReadRef};

/// The first bytes of every ELF file.
pub const MAGIC: &[u8] = b"\x7fELF";

/// How many bytes of program headers Linux reads (`load_elf_phdrs` in its `fs/binfmt_elf.c`).
const MOST_HEADERS: usize = 65_536;

/// How long the path of an interpreter may be for Linux, with the NUL behind it (`PATH_MAX`, `load_elf_binary`).
const LONGEST_INTERPRETER: u64 = 4096;

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
    match FileKind::parse(&cache) {
        Ok(FileKind::Elf32) => parse_headers::<FileHeader32<Endianness>, _>(&cache),
        Ok(FileKind::Elf64) => parse_headers::<FileHeader64<Endianness>, _>(&cache),
        Ok(_) => Err("is not an ELF file".to_owned()),
        Err(error) => Err(damaged(error)),
    }
}

fn damaged(reason: impl Display) -> String {
    format!("is a damaged ELF file: {reason}")
}

fn parse_headers<'data, H, R>(data: R) -> Result<Program, String>
where
    H: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = H::parse(data).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    if ![ET_EXEC, ET_DYN].contains(&header.e_type(endian)) {
        return Err("is an ELF file, but not a program".to_owned());
    }
    let size = usize::from(header.e_phnum(endian)) * usize::from(header.e_phentsize(endian));
    if size == 0 {
        return Err(damaged("it has no program headers"));
    }
    if size > MOST_HEADERS {
        return Err(damaged(format!("it has {size} bytes of program headers, and Linux reads up to {MOST_HEADERS}")));
    }
    let mut segments = header.program_headers(endian, data).map_err(damaged)?.iter();
    let first = segments.find(|segment| segment.p_type(endian) == PT_INTERP);
    let interpreter = first.map(|segment| interpreter(segment, endian, data)).transpose()?;
    Ok(Program { machine: header.e_machine(endian), interpreter })
}

/// The path of the interpreter: Linux looks at the first header that has one, and no further.
fn interpreter<'data, P, R>(segment: &P, endian: Endianness, data: R) -> Result<String, String>
where
    P: ProgramHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let size: u64 = segment.p_filesz(endian).into();
    if !(2..=LONGEST_INTERPRETER).contains(&size) {
        let problem =
            format!("its interpreter's path is {size} bytes long, and Linux takes 2 to {LONGEST_INTERPRETER}");
        return Err(damaged(problem));
    }
    let Ok(bytes) = segment.data(endian, data) else { return Err(damaged("its interpreter's path is not in it")) };
    if bytes.last() != Some(&0) {
        return Err(damaged("its interpreter's path does not end in a NUL"));
    }
    let path = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(path).into_owned())
}
