//! What is wrong with a command line, in one line.

use std::fmt::Write as _;

use clap::error::{ContextKind, ErrorKind};

/// The error without the usage that clap prints below it.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let end = ["\n\nUsage: ", "\n\nFor more information"].iter().filter_map(|start| text.find(start)).min();
    let mut line = String::new();
    for part in text[..end.unwrap_or(text.len())].lines().map(str::trim).filter(|part| !part.is_empty()) {
        line += if line.is_empty() {
            ""
        } else if part.starts_with("tip: ") {
            "; "
        } else {
            " "
        };
        line += part.trim_start_matches("tip: ");
    }
    if let (ErrorKind::UnknownArgument, Some(argument)) = (error.kind(), error.get(ContextKind::InvalidArg)) {
        let argument = argument.to_string();
        // An option has a tip of clap's.
        if !argument.starts_with('-') {
            // Writing to a string does not fail.
            let _ = write!(line, "; write '--' before the arguments of the container's program: -- {argument}");
        }
    }
    line
}

#[cfg(test)]
mod tests;
