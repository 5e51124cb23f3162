use super::*;

#[test]
fn a_kept_id_is_the_users_or_a_number() {
    for (text, uid, gid) in
        [("keep-id", None, None), ("keep-id:uid=5", Some(5), None), ("keep-id:gid=6,uid=5", Some(5), Some(6))]
    {
        assert_eq!(text.parse(), Ok(KeepId { uid, gid }), "{text}");
    }
    for text in ["", "host", "keep-id:", "keep-id:uid", "keep-id:uid=x", "keep-id:uid=4294967295", "keep-id:size=5"] {
        let problem = format!("found '{text}', want keep-id, or keep-id:uid=NUMBER,gid=NUMBER");
        assert_eq!(text.parse::<KeepId>(), Err(problem));
    }
}
