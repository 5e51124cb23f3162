use std::io::Read;

use super::*;

fn archive(members: &[(Member<'_>, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (member, content) in members {
        write_member(&mut bytes, member).unwrap();
        if let Kind::File(size) = member.kind {
            write_content(&mut bytes, &mut &content[..], size).unwrap();
        }
    }
    write_end(&mut bytes).unwrap();
    bytes
}

fn member<'m>(path: &'m [u8], kind: Kind<'m>) -> Member<'m> {
    Member { mode: 0o555, ..Member::new(path, kind) }
}

/// A library reads what is written here.
#[test]
fn every_kind_of_member_is_read_as_it_was_written() {
    let long = [b"nix/store/".to_vec(), vec![b'x'; 300]].concat();
    let name = [b"d/".to_vec(), vec![b'y'; 98]].concat();
    let large_id = Member { uid: 70_000, gid: 4_294_967_294, ..member(b"owned", Kind::File(0)) };
    let members: Vec<(Member<'_>, &[u8])> = vec![
        (member(b"nix", Kind::Directory), b""),
        (member(b"nix/a file", Kind::File(3)), b"abc"),
        (member(b"nix/block", Kind::File(512)), &[b'z'; 512]),
        (member(b"nix/link", Kind::Symlink(b"a file")), b""),
        (member(&long, Kind::File(1)), b"l"),
        (member(&name, Kind::Directory), b""),
        (member(b"far", Kind::Symlink(&long)), b""),
        (large_id, b""),
        ("ünïcode\u{202e}".as_bytes(), Kind::File(2)).into_member(b"u\n"),
    ];
    let bytes = archive(&members);
    assert_eq!(bytes.len() % BLOCK, 0);
    let mut reader = tar::Archive::new(&bytes[..]);
    let mut entries = reader.entries().unwrap();
    for (member, content) in &members {
        let mut entry = entries.next().unwrap().unwrap();
        let mut path = entry.path_bytes().into_owned();
        if path.last() == Some(&b'/') {
            path.pop();
        }
        assert_eq!(path, member.path);
        let header = entry.header();
        assert_eq!((header.mode().unwrap(), header.mtime().unwrap()), (0o555, 1));
        if member.uid == 0 {
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        }
        let target = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
        match member.kind {
            Kind::Symlink(wanted) => assert_eq!(target.unwrap(), wanted),
            _ => assert_eq!(target, None),
        }
        let mut found = Vec::new();
        entry.read_to_end(&mut found).unwrap();
        assert_eq!(found, *content);
    }
    assert!(entries.next().is_none());
    // The library has no accessor for these.
    let records = String::from_utf8_lossy(&bytes);
    assert!(records.contains("18 gid=4294967294\n"), "the largest group");
}

trait IntoMember<'m> {
    fn into_member(self, content: &'m [u8]) -> (Member<'m>, &'m [u8]);
}

impl<'m> IntoMember<'m> for (&'m [u8], Kind<'m>) {
    fn into_member(self, content: &'m [u8]) -> (Member<'m>, &'m [u8]) {
        let kind = Kind::File(content.len() as u64);
        (member(self.0, kind), content)
    }
}

#[test]
fn a_file_that_changes_is_an_error() {
    for size in [2, 4] {
        let error = write_content(&mut Vec::new(), &mut &b"abc"[..], size).unwrap_err().to_string();
        assert!(error.contains("bytes now"), "{error}");
    }
}

/// Whoever changes this, changes the digest of every layer of everybody.
#[test]
fn the_bytes_are_a_contract() {
    let bytes = archive(&[(member(b"nix", Kind::Directory), b""), (member(b"nix/file", Kind::File(3)), b"abc")]);
    let digest = crate::digest::Digest::new(&bytes);
    assert_eq!(digest.to_string(), "sha256:625ae3882bef52c00853d42f6e96be951d16d4f80577cd43a4934ddeaf8b5640");
}
