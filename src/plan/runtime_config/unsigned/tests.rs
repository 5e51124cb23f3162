use serde_json::json;

use super::*;

fn written(value: &Value) -> Value {
    let mut config = RuntimeConfig::from(json!({ "linux": { "resources": { "cpu": { "shares": value } } } }));
    normalize(&mut config);
    config["linux"]["resources"]["cpu"]["shares"].clone()
}

#[test]
fn every_number_of_64_bits_can_be_written() {
    for (value, number) in [
        (json!(0), 0),
        (json!(i64::MAX), 0x7fff_ffff_ffff_ffff),
        (json!(-1), u64::MAX),
        (json!(-100), 18_446_744_073_709_551_516),
        (json!(i64::MIN), 1 << 63),
        (json!("0"), 0),
        (json!("18446744073709551615"), u64::MAX),
        (json!("9223372036854775808"), 1 << 63),
        (json!(u64::MAX), u64::MAX),
    ] {
        assert_eq!(written(&value), json!(number), "{value}");
    }
}

#[test]
fn what_is_no_number_stays() {
    for value in
        [json!(1.5), json!(""), json!("-1"), json!("+1"), json!("1e3"), json!("0x10"), json!("010"), json!(" 1")]
    {
        assert_eq!(written(&value), value);
    }
    assert_eq!(written(&json!("18446744073709551616")), json!("18446744073709551616"));
    assert_eq!(written(&json!(["1"])), json!(["1"]));
}

#[test]
fn a_field_that_is_small_takes_no_negative_number() {
    let resources = json!({ "memory": { "swappiness": -1 }, "cpu": { "period": "50000" } });
    let mut config = RuntimeConfig::from(json!({ "linux": { "resources": resources } }));
    normalize(&mut config);
    assert_eq!(config["linux"]["resources"]["memory"]["swappiness"], json!(-1));
    assert_eq!(config["linux"]["resources"]["cpu"]["period"], json!(50000));
}
