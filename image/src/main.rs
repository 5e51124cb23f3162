//! The program that makes images, for Nix and for who wants their bytes: calls the verbs, and turns errors into exit codes.

mod build;
mod build_form;
mod build_index;
mod command_line;
mod copy;
mod list_layers;
mod load;
mod serve_images;
mod stream;
mod write_layout;
mod write_wrapper;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use oci_bundle_builder::plan::diagnostics::text;

use crate::command_line::{Command, CommandLine};

/// What the user called.
const NAME: &str = "container.image";

fn main() -> ExitCode {
    let result = match CommandLine::parse().command {
        Command::Build(options) => build::build(&options),
        Command::BuildIndex(options) => build_index::build_index(&options),
        Command::BuildForm(options) => build_form::build_form(&options),
        Command::Layout(options) => write_layout::write_layout(&options),
        Command::Layers(options) => list_layers::list_layers(&options),
        Command::Serve(options) => serve_images::serve_images(&options),
        Command::Copy(options) => copy::copy(&options),
        Command::Load(options) => load::load(&options),
        Command::WriteWrapper(options) => write_wrapper::write_wrapper(&options),
        Command::Stream(options) => stream::stream(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&text::one_line(NAME, &error));
            ExitCode::FAILURE
        }
    }
}

/// Says a line, if anybody can be told.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
