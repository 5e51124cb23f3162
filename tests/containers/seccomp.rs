//! Seccomp profiles.

use crate::runtime;
use crate::script::container;

#[test]
fn a_call_that_the_profile_blocks_fails_and_others_work() {
    // The second way says which error, a field of a later version of the spec.
    for (error, message) in [("", "Operation not permitted"), ("errnoRet = 38;", "Function not implemented")] {
        let bundle = container(
            r#"
              touch /dev/shm/file
              mkdir /dev/shm/directory 2>&1 || true
              ls /dev/shm
            "#,
            &format!(
                r#"config.linux.seccomp = {{
                     defaultAction = "SCMP_ACT_ALLOW";
                     syscalls = [ {{ names = [ "mkdir" "mkdirat" ]; action = "SCMP_ACT_ERRNO"; {error} }} ];
                   }};"#
            ),
        );
        for runtime in runtime::ALL {
            assert_eq!(
                runtime.prints(&bundle),
                format!("mkdir: cannot create directory '/dev/shm/directory': {message}\nfile\n"),
                "{runtime:?}"
            );
        }
    }
}
