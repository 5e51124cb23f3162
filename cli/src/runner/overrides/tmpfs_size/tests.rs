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
