//! The verb `load`: hands an image to an engine of this host, as one archive, and checks that it has arrived.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use oci_bundle_image::archive;
use oci_bundle_image::manifest::{Reference, full_name};
use oci_bundle_image::pipe;
use oci_bundle_image::source::Source;

use crate::say;

#[derive(Args)]
pub struct LoadOptions {
    /// The recipe
    recipe: Utf8PathBuf,

    /// The engine, whose program is on PATH
    #[arg(long, value_name = "ENGINE")]
    into: Engine,
}

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Docker,
    Podman,
    Containerd,
}

impl Engine {
    fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Containerd => "ctr",
        }
    }

    fn load(self) -> &'static [&'static str] {
        match self {
            Self::Docker | Self::Podman => &["load"],
            Self::Containerd => &["images", "import", "-"],
        }
    }

    /// The command that prints the digest of what it has of this name.
    fn find(self, name: &str) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Docker | Self::Podman => &["image", "inspect", "--format", "{{.Id}}", name],
            Self::Containerd => &["images", "list", &format!("name=={name}")],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }
}

/// Loads it.
pub fn load(options: &LoadOptions) -> Result<()> {
    let source = Source::read(&options.recipe)?;
    ensure!(
        !source.is_index,
        "'{}' is an index of images, and an engine takes one image; load that of its platform",
        options.recipe
    );
    // Nix collects nothing that an open file needs.
    let _held = Source::hold(&options.recipe)?;
    let name = full_name(Reference { name: &source.name, tag: &source.tag });
    let source = source.uncompressed();
    // Engines call an image by its configuration, containerd by its manifest.
    let wanted = match &source.images[..] {
        [(_, documents)] if options.into != Engine::Containerd => documents.config.digest.clone(),
        _ => source.top.digest.clone(),
    };
    let program = options.into.program();
    let mut command = Command::new(program);
    command.args(options.into.load()).stdin(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting '{program}'; is it on PATH?"))?;
    let stdin = child.stdin.take().context("no standard input")?;
    let written = archive::write(source, pipe::enlarged(stdin));
    let status = child.wait().with_context(|| format!("waiting for '{program}'"))?;
    ensure!(status.success(), "'{program}' has failed: {status}");
    written?;
    let output = Command::new(program).args(options.into.find(&name)).output();
    let output = output.with_context(|| format!("starting '{program}'"))?;
    let found = String::from_utf8_lossy(&output.stdout);
    ensure!(
        found.contains(wanted.hex()),
        "'{program}' has not loaded {name}: it has {:?}, want {wanted}",
        found.trim()
    );
    say(&format!("oci-bundle: {name} is in {program}, with the digest {wanted}"));
    Ok(())
}
