use super::*;

#[test]
fn a_text_is_found_before_it_is_waited_for_and_after_and_across_chunks() {
    let mut log = Log::default();
    log.append(b"first ");
    let there = log.watch("first");
    let coming = log.watch("ready now");
    assert!(log.has_come(there) && !log.has_come(coming));
    for chunk in [&b"rea"[..], b"dy", b" no"] {
        log.append(chunk);
        assert!(!log.has_come(coming));
    }
    log.append(b"w\n");
    assert!(log.has_come(coming));
}

#[test]
fn a_text_is_found_behind_what_is_kept() {
    let mut log = Log::default();
    let coming = log.watch("needle");
    let line = vec![b'x'; MOST / 16];
    for _ in 0..18 {
        log.append(&line);
    }
    assert!(!log.has_come(coming));
    log.append(b"nee");
    log.append(&[b"dle\n".to_vec(), line.clone()].concat());
    assert!(log.has_come(coming));
    assert_eq!((log.bytes().len(), log.total()), (MOST, (MOST / 16 * 19 + 7) as u64));
}

#[test]
fn a_failure_shows_the_last_lines() {
    let mut log = Log::default();
    assert!(log.last_lines().is_empty());
    let lines: Vec<_> = (1..=60).map(|line| format!("{line}\n")).collect();
    log.append(lines.concat().as_bytes());
    let shown = log.last_lines();
    assert_eq!((shown.len(), shown[0].as_str(), shown[50].as_str()), (51, "… 10 lines before", "60"));
    log.append(&vec![b'\n'; 5 * END]);
    log.append(b"\xff the end");
    let shown = log.last_lines();
    assert!(shown[0].starts_with("… the end of "), "{}", shown[0]);
    assert_eq!(shown.last().unwrap(), "\u{fffd} the end");
}
