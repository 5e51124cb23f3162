//! The program for people, and for Nix to make wrappers and lists with: calls the verbs, and turns errors into exit codes.

mod command_line;
mod hold_process_tree;
mod hold_user_namespace;
mod run;
mod test;
mod usage;
mod write_closure;
mod write_wrapper;

use std::env;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use oci_bundle_builder::plan::diagnostics::text;

use crate::command_line::Command;

/// Nothing but the program's name was given.
const MISSING_COMMAND: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

fn main() -> ExitCode {
    let command = match command_line::parse(env::args_os().collect()) {
        Ok(command) => command,
        // Help, and the version.
        Err(error) if !error.use_stderr() || error.kind() == MISSING_COMMAND => error.exit(),
        Err(error) => {
            say(&text::escaped(&format!("oci-bundle: {}", usage::one_line(&error))));
            return ExitCode::from(2);
        }
    };
    // What the user called.
    let (name, result) = match command {
        Command::Run(options) => ("oci-bundle", run::run(options)),
        Command::Test(options) => ("container.test", test::test(&options)),
        Command::HoldUserNamespace => ("oci-bundle", hold_user_namespace::hold_user_namespace()),
        Command::HoldProcessTree(options) => ("oci-bundle", hold_process_tree::hold_process_tree(&options)),
        Command::WriteWrapper(options) => ("buildContainer: run", write_wrapper::write_wrapper(options)),
        Command::WriteClosure(options) => ("buildContainer: closure", write_closure::write_closure(&options)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&text::one_line(name, &error));
            ExitCode::FAILURE
        }
    }
}

/// Says a line, if anybody can be told.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
