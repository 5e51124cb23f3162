use serde_json::Value;

use super::*;

#[test]
fn a_size_is_a_number_with_a_unit() {
    for (text, size) in [
        ("1", "1"),
        ("4096b", "4096"),
        ("64k", "65536"),
        ("512M", "536870912"),
        ("2G", "2147483648"),
        ("1GiB", "1073741824"),
        ("8388607t", "9223370937343148032"),
        ("50%", "50%"),
        ("100%", "100%"),
    ] {
        assert_eq!(text.parse::<TmpfsSize>().map(|size| size.to_string()), Ok(size.to_owned()));
    }
    for text in [
        "",
        "0",
        "0M",
        "0%",
        "101%",
        "256%",
        "M",
        "-1",
        "1.5G",
        "1 G",
        "1,nr_inodes=1",
        "8388608t",
        "99999999999999999999",
    ] {
        let problem = format!("found '{text}', want a size above 0, such as 512M, 2G or 50%");
        assert_eq!(text.parse::<TmpfsSize>(), Err(problem));
    }
}

#[test]
fn the_tmpfs_on_tmp_gets_a_size() {
    let size = |entry: Value| {
        let mut config = RuntimeConfig::from(json!({ "mounts": [entry] }));
        let is_set = set_size_of_tmp(&mut config, "8M".parse().unwrap());
        (is_set, config["mounts"][0]["options"].clone())
    };
    let tmp = json!({ "destination": "/tmp/", "type": "tmpfs", "options": ["mode=1777", "size=50%"] });
    assert_eq!(size(tmp), (true, json!(["mode=1777", "size=8388608"])));
    assert_eq!(size(json!({ "destination": "/tmp", "type": "tmpfs" })), (true, json!(["size=8388608"])));
    assert_eq!(size(json!({ "destination": "/run", "type": "tmpfs" })), (false, Value::Null));
    assert_eq!(size(json!({ "destination": "/tmp", "type": "bind" })), (false, Value::Null));
}
