use super::*;

/// What the environment of a caller has.
pub fn caller(name: &str) -> Option<Result<String, ()>> {
    match name {
        "MINE" => Some(Ok("my value".to_owned())),
        "ODD" => Some(Err(())),
        _ => None,
    }
}

#[test]
fn a_name_alone_takes_the_callers_value() {
    let value = |text: &str| text.parse::<Variable>().unwrap().resolve(&caller).map(|variable| variable.value);
    assert_eq!(value("MINE"), Ok(Some("my value".to_owned())));
    assert_eq!(value("MINE="), Ok(Some(String::new())));
    assert_eq!(value("MINE=a=b"), Ok(Some("a=b".to_owned())));
    assert_eq!(value("OTHER"), Ok(None));
    assert_eq!(
        value("ODD"),
        Err("'ODD': its value in the environment of the caller is not UTF-8, which config.json cannot hold".to_owned())
    );
    for text in ["", "=x"] {
        assert_eq!(text.parse::<Variable>().unwrap_err(), "want NAME=VALUE, or NAME for the caller's value");
    }
}
