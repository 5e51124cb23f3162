use std::io::Cursor;
use std::time::Duration;

use super::*;

#[test]
fn what_is_large_is_read_to_its_end_and_not_kept() {
    let large = [vec![b'x'; MOST], b"x\nthe last line\n".to_vec()].concat();
    let total = large.len() as u64;
    let captured = Captured::read(Cursor::new(large));
    assert_eq!((captured.bytes.len(), captured.total, captured.is_cut()), (MOST, total, true));
    let shown = captured.last_lines();
    assert_eq!(shown[0], format!("… the end of {total} bytes, of which the first {MOST} were compared"));
    assert_eq!(shown.last().unwrap(), "the last line");
}

#[test]
fn the_last_lines_are_shown() {
    let text = (0..60).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let lines = Captured::read(Cursor::new(text)).last_lines();
    assert_eq!((lines.len(), lines[0].as_str(), lines[1].as_str()), (51, "… 10 lines before", "line 10"));
    assert_eq!(Captured::read(Cursor::new("\u{1b}\n")).last_lines(), ["\u{1b}"]);
}

#[test]
fn it_is_said_whether_an_output_has_ended() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut capture = Capture::start(reader, Cursor::new("done"));
    assert!(!capture.wait(Instant::now() + Duration::from_millis(20)));
    drop(writer);
    assert!(capture.wait(Instant::now() + Duration::from_secs(20)));
    let [first, second] = capture.finish();
    assert_eq!((first.bytes, second.bytes), (Vec::new(), b"done".to_vec()));
}
