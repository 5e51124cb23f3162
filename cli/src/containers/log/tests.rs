use rustix::pipe::pipe;
use tempfile::TempDir;

use super::*;

fn directory(folder: &TempDir) -> OwnedFd {
    File::open(folder.path()).unwrap().into()
}

fn read(reader: &mut LogReader) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        text.extend(entry.text);
    }
    text
}

/// Prints something to an output that ends then.
fn print(log: &mut LogWriter, stream: Stream, mut bytes: &[u8]) {
    let (from, to) = pipe().unwrap();
    let mut output = Output::new(stream, from).unwrap();
    let mut to = File::from(to);
    while !bytes.is_empty() {
        let part = bytes.len().min(4096);
        to.write_all(&bytes[..part]).unwrap();
        output.copy_to(log);
        bytes = &bytes[part..];
    }
    drop(to);
    while output.pipe().is_some() {
        output.copy_to(log);
    }
}

#[test]
fn what_was_printed_is_read_again() {
    let folder = TempDir::new().unwrap();
    let mut log = LogWriter::new(directory(&folder)).unwrap();
    let printed = [b"one\n\n".as_slice(), &vec![b'x'; 40_000], b"\nend without a line's"].concat();
    print(&mut log, Stream::Stdout, printed.as_slice());
    print(&mut log, Stream::Stderr, b"\xffnot UTF-8\n".as_slice());
    let mut reader = LogReader::new(directory(&folder));
    assert_eq!(read(&mut reader), [printed.as_slice(), b"\xffnot UTF-8\n"].concat());
    print(&mut log, Stream::Stderr, b"more\n".as_slice());
    assert_eq!(reader.next_entry().unwrap(), Some(Entry { stream: Stream::Stderr, text: b"more\n".to_vec() }));
    assert_eq!(reader.lost(), 0);
}

#[test]
fn a_log_keeps_its_end_and_a_reader_follows_it() {
    let folder = TempDir::new().unwrap();
    let mut log = LogWriter::new(directory(&folder)).unwrap();
    let mut reader = LogReader::new(directory(&folder));
    let line = [[b'x'; 9_999].as_slice(), b"\n"].concat();
    let mut count = 0;
    for _ in 0..2_000 {
        print(&mut log, Stream::Stdout, line.as_slice());
        count += read(&mut reader).len();
    }
    assert_eq!(count, 2_000 * line.len());
    let sizes: u64 = ["log", "log.1"].map(|name| folder.path().join(name).metadata().unwrap().len()).iter().sum();
    assert!(sizes <= 2 * MOST, "{sizes}");
    assert!(read(&mut LogReader::new(directory(&folder))).len() as u64 > MOST);
}
