//! The program for images: it has no verb yet.

use clap::Parser;

/// Makes OCI images of containers that a Nix expression defines.
#[derive(Parser)]
#[command(version, about)]
struct CommandLine {}

fn main() {
    CommandLine::parse();
}
