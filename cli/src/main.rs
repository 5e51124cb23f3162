//! The program for people, and for Nix to make wrappers and lists with: calls the verbs, and turns errors into exit codes.

mod check_health;
mod command_line;
mod control_container;
mod control_network;
mod detach;
mod exec;
mod hold_pasta;
mod hold_process_tree;
mod hold_user_namespace;
mod image;
mod kill;
mod logs;
mod monitor;
mod mount_store;
mod process_options;
mod ps;
mod relay_stream;
mod remove;
mod report_created;
mod run;
mod stop;
mod supervise_test;
mod test;
mod usage;
mod volume;
mod write_closure;
mod write_test_wrapper;
mod write_wrapper;

use std::env;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use oci_bundle::testing::script;
use oci_bundle_builder::plan::diagnostics::text;

use crate::command_line::Command;

/// Nothing but the program's name was given.
const MISSING_COMMAND: ErrorKind = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

fn main() -> ExitCode {
    let words: Vec<_> = env::args_os().collect();
    // Processes that stay with a container call these.
    let hidden = match words.get(1).and_then(|verb| verb.to_str()) {
        Some(check_health::VERB) => Some(check_health::check_health(&words[2..]).map(|never| match never {})),
        Some(relay_stream::VERB) => Some(relay_stream::relay_stream(words.get(2))),
        _ => None,
    };
    if let Some(result) = hidden {
        return ended("oci-bundle", result);
    }
    let is_named = env::var_os(script::NAMED).is_some();
    let called = command_line::called(&words).to_owned();
    let command = match command_line::parse(words, is_named) {
        Ok(command) => command,
        // Help, and the version.
        Err(error) if !error.use_stderr() || error.kind() == MISSING_COMMAND => error.exit(),
        Err(error) => {
            say(&text::escaped(&format!("{called}: {}", usage::one_line(&error))));
            return ExitCode::from(2);
        }
    };
    // What the user called.
    let (name, result) = match command {
        Command::Run(options) => ("oci-bundle", run::run(*options)),
        Command::Ps(options) => ("oci-bundle", ps::ps(&options)),
        Command::Exec(options) => ("oci-bundle", exec::exec(options)),
        Command::Logs(options) => ("oci-bundle", logs::logs(&options)),
        Command::Stop(options) => ("oci-bundle", stop::stop(&options)),
        Command::Kill(options) => ("oci-bundle", kill::kill(&options)),
        Command::Remove(options) => ("oci-bundle", remove::remove(&options)),
        Command::Image(options) => ("oci-bundle", image::image(&options)),
        Command::Volume(options) => ("oci-bundle", volume::volume(options)),
        Command::Test(options) => ("container.test", test::test(&options)),
        Command::SuperviseTest(options) => ("container.test", supervise_test::supervise_test(&options)),
        Command::ReportCreated(options) => ("container.test", report_created::report_created(options)),
        Command::Container(options) => (script::CONTAINER, control_container::control_container(options)),
        Command::Network(options) => (script::NETWORK, control_network::control_network(options)),
        Command::HoldUserNamespace => ("oci-bundle", hold_user_namespace::hold_user_namespace()),
        Command::MountStore(options) => ("oci-bundle", mount_store::mount_store(options)),
        Command::HoldNetwork => ("oci-bundle", oci_bundle::runner::hold_network()),
        Command::HoldPasta(options) => ("oci-bundle", hold_pasta::hold_pasta(options)),
        Command::HoldProcessTree(options) => ("oci-bundle", hold_process_tree::hold_process_tree(&options)),
        Command::WriteWrapper(options) => ("buildContainer: run", write_wrapper::write_wrapper(options)),
        Command::WriteTestWrapper(options) => ("container.test", write_test_wrapper::write_test_wrapper(&options)),
        Command::WriteClosure(options) => ("buildContainer: closure", write_closure::write_closure(&options)),
    };
    ended(name, result)
}

/// The exit code of what has ended like this.
fn ended(name: &str, result: anyhow::Result<()>) -> ExitCode {
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
