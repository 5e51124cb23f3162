//! The verb `write-test-wrapper`: writes the script that runs a test by hand, for `container.test { … }.interactive`.

use std::fs;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_builder::attrs_options::AttrsOptions;
use oci_bundle_builder::plan::derivation::attrs::Outputs;
use serde::Deserialize;
use serde_json::Value;

use crate::write_wrapper::{quoted, write_program};

/// Write the wrapper that runs a test by hand. Nix calls this for a test's `interactive`.
#[derive(Args)]
#[command(hide = true)]
pub struct TestWrapperOptions {
    /// The program's name
    name: String,

    /// The oci-bundle that it calls
    program: Utf8PathBuf,

    #[command(flatten)]
    attrs: AttrsOptions,
}

/// What nix/lib/internal/test-derivation.nix puts into the derivation of the wrapper.
#[derive(Deserialize)]
struct TestWrapperAttrs {
    /// The attributes of the test's derivation.
    test: Value,
    outputs: Outputs,
}

/// Writes the script, and beside it what the test is.
pub fn write_test_wrapper(options: &TestWrapperOptions) -> Result<()> {
    let TestWrapperAttrs { test, outputs } = options.attrs.read()?;
    let test_file = outputs.out.join("test.json");
    let [program, attrs] = [&options.program, &test_file].map(|path| quoted(path.as_str()));
    let script = format!("#!/bin/sh\nexec {program} test --interactive --attrs {attrs} \"$@\"\n");
    write_program(&outputs.out, &options.name, &script)?;
    fs::write(&test_file, test.to_string()).with_context(|| format!("writing '{test_file}'"))
}
