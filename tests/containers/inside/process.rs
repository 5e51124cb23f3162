//! What the process in a container finds: its environment, its directory, its terminal.

use crate::support::nix;
use crate::support::runtime;
use crate::support::script::container;

#[test]
fn the_environment_is_what_was_asked_for_and_no_more() {
    let bundle = nix::build(
        r#"buildContainer {
             args = [ "${pkgs.coreutils}/bin/env" ];
             env = { GREETING = "good day"; EMPTY = ""; PATH = "/bin"; };
             readonly = true;
           }"#,
    );
    for runtime in runtime::ALL {
        assert_eq!(runtime.prints(&bundle), "EMPTY=\nGREETING=good day\nHOME=/root\nPATH=/bin\n", "{runtime:?}");
    }
}

#[test]
fn the_working_directory_is_the_one_asked_for() {
    for (arguments, expected) in [("", "/\n"), (r#"cwd = "/srv/deep/er";"#, "/srv/deep/er\n")] {
        let bundle = container("pwd; cd /proc/self/cwd; pwd -P", arguments);
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), expected.repeat(2), "{runtime:?}: {arguments}");
        }
    }
}

#[test]
fn a_terminal_is_there_if_it_was_asked_for() {
    let look = "test -t 0 && test -t 1 && test -t 2 && tty || echo no terminal";
    let (with, without) = (container(look, "terminal = true;"), container(look, ""));
    for runtime in runtime::ALL {
        // A terminal ends its lines with a carriage return as well, and shows the end of the input before or after them.
        let printed = runtime.prints_in_terminal(&with);
        assert!(printed.contains("/dev/pts/0\r\n"), "{runtime:?}: {printed}");
        assert_eq!(runtime.prints(&without), "no terminal\n", "{runtime:?}");
    }
}
