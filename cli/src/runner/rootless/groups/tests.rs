use super::*;

#[test]
fn that_groups_stay_is_said_if_there_are_any() {
    assert_eq!(kept(&[]), None);
    assert_eq!(
        kept(&[27]).unwrap(),
        "the container keeps your supplementary group 27: leaving it needs root or a grant in /etc/subgid"
    );
    assert_eq!(
        kept(&[27, 100]).unwrap(),
        "the container keeps your supplementary groups 27, 100: leaving them needs root or a grant in /etc/subgid"
    );
}
