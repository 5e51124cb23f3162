//! The block before a file of an archive.

use std::io::{self, Write};

use oci_bundle_builder::plan::capability::XATTR;

use super::{BLOCK, Kind, Member, pad};

/// The time of all files, as in a Nix store.
const MTIME: u64 = 1;

/// The largest size that the 11 octal digits of a block hold.
const LARGEST_SIZE: u64 = 0o777_7777_7777;

/// The largest id that 7 octal digits hold.
const LARGEST_ID: u32 = 0o777_7777;

/// How long a name may be in the block.
const LONGEST_NAME: usize = 100;

/// A member, with what of it does not fit into its block.
pub struct Header<'m> {
    member: &'m Member<'m>,
    name: Vec<u8>,
    records: Vec<u8>,
}

impl<'m> Header<'m> {
    /// Of a member.
    pub fn new(member: &'m Member<'m>) -> Self {
        let mut name = member.path.to_vec();
        if member.kind == Kind::Directory {
            name.push(b'/');
        }
        let mut records = Vec::new();
        if name.len() > LONGEST_NAME {
            add_record(&mut records, "path", &name);
        }
        match member.kind {
            Kind::Symlink(target) if target.len() > LONGEST_NAME => add_record(&mut records, "linkpath", target),
            Kind::File(size) if size > LARGEST_SIZE => add_record(&mut records, "size", size.to_string().as_bytes()),
            _ => {}
        }
        for (key, id) in [("uid", member.uid), ("gid", member.gid)] {
            if id > LARGEST_ID {
                add_record(&mut records, key, id.to_string().as_bytes());
            }
        }
        if !member.capabilities.is_empty() {
            // As star, GNU tar and the clients have extended attributes.
            add_record(&mut records, &format!("SCHILY.xattr.{XATTR}"), &member.capabilities.to_xattr());
        }
        Self { member, name, records }
    }

    /// Writes it, after a block for what does not fit.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Member { mode, uid, gid, kind, .. } = self.member;
        if !self.records.is_empty() {
            let size = self.records.len() as u64;
            out.write_all(
                &Block { name: b"././@PaxHeader", mode: 0, ids: [0, 0], size, kind: b'x', link: b"" }.bytes(),
            )?;
            out.write_all(&self.records)?;
            pad(out, size)?;
        }
        let (kind, size, link) = match *kind {
            Kind::Directory => (b'5', 0, &b""[..]),
            Kind::File(size) => (b'0', size, &b""[..]),
            Kind::Symlink(target) => (b'2', 0, target),
        };
        let size = if size > LARGEST_SIZE { 0 } else { size };
        let ids = [*uid, *gid].map(|id| if id > LARGEST_ID { 0 } else { id });
        out.write_all(&Block { name: &self.name, mode: *mode, ids, size, kind, link }.bytes())
    }
}

/// A record says how long it is, with the digits that say so.
fn add_record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length.to_string().len() + rest != length {
        length = length.to_string().len() + rest;
    }
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// What stands in a block.
struct Block<'b> {
    name: &'b [u8],
    mode: u32,
    ids: [u32; 2],
    size: u64,
    kind: u8,
    link: &'b [u8],
}

impl Block<'_> {
    fn bytes(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let text = |block: &mut [u8; BLOCK], at: usize, text: &[u8]| {
            let text = &text[..text.len().min(LONGEST_NAME)];
            block[at..at + text.len()].copy_from_slice(text);
        };
        text(&mut block, 0, self.name);
        text(&mut block, 100, format!("{:07o}", self.mode).as_bytes());
        text(&mut block, 108, format!("{:07o}", self.ids[0]).as_bytes());
        text(&mut block, 116, format!("{:07o}", self.ids[1]).as_bytes());
        text(&mut block, 124, format!("{:011o}", self.size).as_bytes());
        text(&mut block, 136, format!("{MTIME:011o}").as_bytes());
        text(&mut block, 148, b"        ");
        block[156] = self.kind;
        text(&mut block, 157, self.link);
        text(&mut block, 257, b"ustar\x0000");
        text(&mut block, 329, b"0000000");
        text(&mut block, 337, b"0000000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        text(&mut block, 148, format!("{sum:06o}\0 ").as_bytes());
        block
    }
}
