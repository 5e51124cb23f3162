//! A container that builds, starts: programs that would not are named while it is built, and those that would are not.

use crate::support::nix;
use crate::support::runtime;

fn fails_with(arguments: &str, message: &str) {
    let said = nix::build_fails(&format!("buildContainer {{ {arguments} }}"));
    assert!(said.contains(&format!("buildContainer: args[0]: {message}")), "{message}\n\n{said}");
}

/// A store path with the program `app` made by these commands.
fn app(commands: &str) -> String {
    format!(r#"args = [ "${{pkgs.runCommand "app" {{ }} "mkdir -p $out/bin; cd $out/bin; {commands}"}}/bin/app" ];"#)
}

#[test]
fn a_misspelt_program_is_named_with_the_one_that_is_there() {
    let hello = nix::build("pkgs.hello").display().to_string();
    fails_with(
        r#"args = [ "${pkgs.hello}/bin/helo" ];"#,
        &format!("\"{hello}/bin/helo\" is not in the container; did you mean \"{hello}/bin/hello\"?"),
    );
    fails_with(
        r"args = [ pkgs.hello ];",
        &format!("\"{hello}\" is a directory, not a program; did you mean \"{hello}/bin/hello\"?"),
    );
    fails_with(
        r#"args = [ "hello" ];"#,
        "\"hello\" is in no directory of PATH, \"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"; add its \
         package to 'contents', or write its path, such as \"${package}/bin/hello\"",
    );
}

#[test]
fn a_missing_interpreter_is_named() {
    let said = nix::build_fails(&format!(
        "buildContainer {{ {} }}",
        app("sed s,/nix/store/,/nowhere_s/,g ${pkgs.hello}/bin/hello > app; chmod +x app")
    ));
    let loader = nix::build("pkgs.glibc").display().to_string().replace("/nix/store", "/nowhere_s");
    let expected = format!(
        "/bin/app\" asks for the interpreter \"{loader}/lib/ld-linux-x86-64.so.2\", which is not in the container; take \
         the program from Nix's packages, or patch it (patchelf --set-interpreter, autoPatchelfHook)"
    );
    assert!(said.contains(&expected), "{expected}\n\n{said}");
}

#[test]
fn a_program_for_another_machine_is_named() {
    let said = nix::build_fails(&format!(
        "buildContainer {{ {} }}",
        // The byte at 18 is e_machine (elf(5)); 0xb7 is that of aarch64.
        app(
            "cp ${pkgs.hello}/bin/hello app; chmod +w app; printf '\\\\267' | dd of=app bs=1 seek=18 conv=notrunc status=none"
        )
    ));
    let expected = "/bin/app\" is a program for aarch64, but the container is for x86_64-linux; take it from the packages of \
                    x86_64-linux";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_script_without_an_interpreter_is_named() {
    for (text, expected) in [
        ("echo hello", "-run.sh\" is neither an ELF program nor a script that begins with \"#!\"; begin it with"),
        (
            "#!/bin/sh\\necho hello",
            "-run.sh\" asks for the interpreter \"/bin/sh\", which is not in the container; add",
        ),
    ] {
        let said =
            nix::build_fails(&format!("buildContainer {{ args = [ (pkgs.writeScript \"run.sh\" \"{text}\") ]; }}"));
        assert!(said.contains(expected), "{expected}\n\n{said}");
    }
}

#[test]
fn what_the_check_lets_pass_starts() {
    for (arguments, printed) in [
        // A name in PATH, through links of contents.
        (r#"args = [ "hello" ]; contents = [ pkgs.hello ];"#, "Hello, world!\n"),
        (r#"args = [ "hello" ]; env.PATH = "/nowhere:${pkgs.hello}/bin";"#, "Hello, world!\n"),
        // A path from the working directory.
        (r#"args = [ "bin/hello" ]; cwd = "${pkgs.hello}";"#, "Hello, world!\n"),
        (r#"args = [ "./hello" ]; cwd = "${pkgs.hello}/bin";"#, "Hello, world!\n"),
        // A static program, and a script with a chain of interpreters.
        (r#"args = [ "${pkgs.busybox}/bin/echo" "static" ];"#, "static\n"),
        (
            r##"args = [ (pkgs.writeScript "outer" "#!${pkgs.writeScript "inner" "#!${pkgs.bash}/bin/bash\necho inner"}\n") ];"##,
            "inner\n",
        ),
        (
            r##"args = [ (pkgs.writeScript "env" "#!/usr/bin/env -S bash -e\necho env") ];
                contents = [ pkgs.bash pkgs.dockerTools.usrBinEnv ];"##,
            "env\n",
        ),
        // A file of the closure that is mounted.
        (r#"args = [ "/app/bin/hello" ]; mounts."/app" = pkgs.hello;"#, "Hello, world!\n"),
        (r#"args = [ "/bin/hi" ]; files."/bin/hi".source = "${pkgs.hello}/bin/hello";"#, "Hello, world!\n"),
    ] {
        let bundle = nix::build(&format!("buildContainer {{ {arguments} readonly = true; }}"));
        for runtime in runtime::ALL {
            assert_eq!(runtime.prints(&bundle), printed, "{runtime:?}: {arguments}");
        }
    }
}

#[test]
fn without_the_check_a_runtime_says_it() {
    let bundle = nix::build(r#"buildContainer { args = [ "${pkgs.hello}/bin/helo" ]; checkProgram = false; }"#);
    for runtime in runtime::ALL {
        assert!(!runtime.sealed().start(&bundle).wait().status.success(), "{runtime:?}");
    }
}
