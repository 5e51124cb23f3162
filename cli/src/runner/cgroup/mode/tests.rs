use super::*;

#[test]
fn the_first_version_is_known_by_its_mounts() {
    let line =
        |place: &str, kind: &str| format!("40 30 0:33 / {place} rw,relatime shared:9 - {kind} cgroup rw,memory\n");
    let places = |mountinfo: &str| first_version(mountinfo).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(places(&line("/sys/fs/cgroup/memory", "cgroup")), ["/sys/fs/cgroup/memory"]);
    assert!(places(&line("/sys/fs/cgroup", "tmpfs")).is_empty());
    assert!(places(&line("/sys/fs/cgroup/unified", "cgroup2")).is_empty());
    assert!(places(&line("/elsewhere/memory", "cgroup")).is_empty());
    assert!(places("odd\n").is_empty());
}

#[test]
fn only_crun_needs_another_view_of_a_mixed_machine() {
    assert_eq!(CgroupMode::Hybrid.view(true), CgroupView::WithoutUnified);
    assert_eq!(CgroupMode::Hybrid.view(false), CgroupView::AsTheyAre);
    assert_eq!(CgroupMode::Unified.view(true), CgroupView::AsTheyAre);
    assert_eq!(CgroupMode::Missing.view(false), CgroupView::Empty);
}
