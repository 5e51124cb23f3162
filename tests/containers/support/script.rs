//! Containers that run a Bash script, which looks at them from inside.

use crate::support::built::Built;
use crate::support::nix;

/// Builds a read-only container that runs a script with coreutils and grep; `arguments` are its other ones, in Nix.
/// A command that fails ends the script.
pub fn container(script: &str, arguments: &str) -> Built {
    let script = nix::string(script);
    nix::build(&format!(
        r#"buildContainer {{
             name = "script";
             args = [ "${{pkgs.bash}}/bin/bash" "-euc" {script} ];
             env.PATH = "${{pkgs.coreutils}}/bin:${{pkgs.gnugrep}}/bin";
             readonly = true;
             {arguments}
           }}"#
    ))
}
