//! Mounts, looked at from inside.

use std::fs;
use std::os::unix::fs::chown;

use tempfile::TempDir;

use crate::support::nix;
use crate::support::runtime;
use crate::support::runtime::Runtime;
use crate::support::tree;

#[test]
fn a_bind_mount_is_the_hosts_directory() {
    let host = TempDir::new().unwrap();
    fs::write(host.path().join("note"), "from the host\n").unwrap();
    let bundle = nix::build(&format!(
        r#"buildContainer {{
             args = [ "${{pkgs.bash}}/bin/bash" "-c" "echo $(< /data/note); echo x > /rw/$1 && echo y > /data/no" "sh" "new" ];
             mounts."/data" = {{ type = "bind"; source = "{host}"; options = [ "rbind" "ro" ]; }};
             mounts."/rw" = "{host}";
             readonly = true;
           }}"#,
        host = host.path().display()
    ));
    for runtime in runtime::ALL {
        let output = runtime.run(&bundle);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "from the host\n", "{runtime:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("/data/no: Read-only file system"), "{output:?}");
        assert_eq!(fs::read_to_string(host.path().join("new")).unwrap(), "x\n");
        fs::remove_file(host.path().join("new")).unwrap();
    }
}

#[test]
fn a_file_of_the_closure_is_mounted_on_a_file() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.coreutils}/bin/cat" "/etc/motd" "/etc/deep/er/motd" ];
             mounts."/etc/motd" = "${pkgs.writeText "motd" "good day\n"}";
             mounts."/etc/deep/er/motd" = { source = ./NAME; options = [ "ro" ]; };
             readonly = true;
           }"#
        .replace("./NAME", concat!(env!("CARGO_MANIFEST_DIR"), "/../../rustfmt.toml"))
        .as_str(),
    );
    for runtime in runtime::ALL {
        let expected = format!("good day\n{}", include_str!("../../../rustfmt.toml"));
        assert_eq!(runtime.prints(&bundle), expected, "{runtime:?}");
    }
}

#[test]
fn a_container_cannot_write_to_what_it_has_of_the_store() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.bash}/bin/bash" "-c" "while read -r _ at _ options _; do [ $at = /etc/motd ] && echo $options; done < /proc/mounts; true" ];
             mounts."/etc/motd" = "${pkgs.writeText "motd" "good day\n"}";
             readonly = true;
           }"#,
    );
    for runtime in runtime::ALL {
        let config = std::fs::read_to_string(bundle.join("config.json")).unwrap();
        assert!(config.contains("\"rbind\",\n        \"ro\""), "{config}");
        assert!(runtime.prints(&bundle).starts_with("ro"), "{runtime:?}");
    }
}

#[test]
fn a_file_of_the_host_is_mounted_on_a_file_if_the_entry_says_so() {
    let host = TempDir::new().unwrap();
    let file = host.path().join("secret");
    fs::write(&file, "1234\n").unwrap();
    let bundle = nix::build(&format!(
        r#"buildContainer {{
             args = [ "${{pkgs.coreutils}}/bin/cat" "/run/secret" ];
             mounts."/run/secret" = {{ source = "{}"; mountPoint = "file"; }};
             readonly = true;
           }}"#,
        file.display()
    ));
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "1234\n", "{runtime:?}");
    }
}

#[test]
fn a_child_is_mounted_on_its_parent_whatever_their_names() {
    let host = TempDir::new().unwrap();
    for name in ["parent", "parent/z", "child"] {
        fs::create_dir(host.path().join(name)).unwrap();
    }
    fs::write(host.path().join("child/inner"), "inner\n").unwrap();
    fs::write(host.path().join("parent/outer"), "outer\n").unwrap();
    // `/srv-a` sorts between `/srv` and `/srv/z` as text.
    let bundle = nix::build(&format!(
        r#"buildContainer {{
             args = [ "${{pkgs.coreutils}}/bin/cat" "/srv/outer" "/srv/z/inner" "/srv-a/inner" ];
             mounts = {{
               "/srv/z/" = "{host}/child";
               "//srv" = "{host}/parent";
               "/srv-a" = "{host}/child";
             }};
             readonly = true;
           }}"#,
        host = host.path().display()
    ));
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "outer\ninner\ninner\n", "{runtime:?}");
    }
}

#[test]
fn defaults_are_there_and_can_be_replaced_or_dropped() {
    let look = r#"args = [ "${pkgs.bash}/bin/bash" "-c" "while read -r _ at type options _; do echo \"$at $type $options\"; done < /proc/mounts" ];"#;
    let mounted = |arguments: &str| {
        let bundle = nix::build(&format!("buildContainer {{ {look} readonly = true; {arguments} }}"));
        runtime::ALL.map(|runtime| runtime.prints(&bundle))
    };
    for lines in mounted("") {
        for line in ["/proc proc", "/dev tmpfs", "/dev/pts devpts", "/dev/mqueue mqueue", "/sys sysfs", "/tmp tmpfs"] {
            assert!(lines.contains(&format!("\n{line} ")), "{line} is not in:\n{lines}");
        }
    }
    let changed = r#"mounts = { "/dev/mqueue" = null; "/tmp" = { type = "tmpfs"; options = [ "size=123k" ]; }; };"#;
    for lines in mounted(changed) {
        assert!(!lines.contains("/dev/mqueue"), "{lines}");
        assert!(lines.contains("size=124k"), "{lines}");
    }
}

#[test]
fn an_idmapped_mount_shows_other_owners() {
    let host = TempDir::new().unwrap();
    let file = host.path().join("file");
    fs::write(&file, "").unwrap();
    chown(&file, Some(1000), Some(2000)).unwrap();
    let bundle = |more: &str| {
        nix::build(&format!(
            r#"buildContainer {{
                 args = [ "${{pkgs.coreutils}}/bin/stat" "-c" "%u:%g" "/data/file" ];
                 mounts."/data" = {{ source = "{}"; {more} }};
                 readonly = true;
               }}"#,
            host.path().display()
        ))
    };
    let mapped = bundle(
        "uidMappings = [ { containerID = 1000; hostID = 5000; size = 1; } ];
         gidMappings = [ { containerID = 2000; hostID = 6000; size = 1; } ];",
    );
    // runc before 1.2 takes no notice of the mappings.
    assert_eq!(Runtime::Crun.prints(&mapped), "5000:6000\n");
    assert_eq!(Runtime::Crun.prints(&bundle("")), "1000:2000\n");
}

#[test]
fn a_read_only_root_has_writable_file_systems_in_it() {
    // Out of the store, where nothing but `readonly` keeps the root from being written to.
    for (readonly, root) in [("true", "touch: /file: Read-only file system\n"), ("false", "/file\n")] {
        let bundle = tree::writable(&nix::build(&format!(
            r#"buildContainer {{
                 args = [
                   "${{pkgs.busybox}}/bin/busybox" "sh" "-c"
                   "for file in /file /var/cache/file /run/file /run/deep/er/file; do touch $file 2>&1 && ls $file; done"
                 ];
                 mounts."/var/cache" = {{ type = "tmpfs"; options = [ "size=1m" ]; }};
                 mounts."/run" = {{ type = "tmpfs"; }};
                 mounts."/run/deep/er" = {{ type = "tmpfs"; }};
                 readonly = {readonly};
               }}"#
        )));
        for runtime in runtime::ALL {
            let expected = format!("{root}/var/cache/file\n/run/file\n/run/deep/er/file\n");
            assert_eq!(runtime.prints(bundle.path()), expected, "{runtime:?}: {readonly}");
        }
    }
}

#[test]
fn anyone_may_write_to_tmp() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.bash}/bin/bash" "-c" "${pkgs.coreutils}/bin/stat -c %a /tmp && echo x > /tmp/x" ];
             readonly = true;
           }"#,
    );
    // Not under the runc of Debian 12, which gives /tmp the mode of its mount point: docs/arguments.md, "mounts".
    assert_eq!(Runtime::Crun.prints(&bundle), "1777\n");
}
