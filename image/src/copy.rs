//! The verb `copy`: copies an image to any destination of skopeo, from a registry of this process.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_image::digest::Digest;
use oci_bundle_image::serve::{Registry, Server, repository};
use oci_bundle_image::source::Source;
use serde_json::json;

use crate::say;

#[derive(Args)]
pub struct CopyOptions {
    /// The recipe
    recipe: Utf8PathBuf,

    /// Where to copy it, as skopeo(1) has it, such as oci:DIRECTORY:TAG [default: the registry of the image's name]
    destination: Option<String>,

    /// The skopeo to use: a path, or a name on PATH
    #[arg(long, value_name = "PROGRAM", default_value = "skopeo")]
    skopeo: Utf8PathBuf,

    /// Take a registry without TLS, or with a certificate that nobody has signed
    #[arg(long)]
    insecure: bool,

    /// The file with the passwords of registries [default: skopeo's own]
    #[arg(long, value_name = "FILE")]
    authfile: Option<Utf8PathBuf>,
}

/// Copies it, checks that it has arrived, and says what was sent.
pub fn copy(options: &CopyOptions) -> Result<()> {
    let source = Source::read(&options.recipe)?;
    source.ensure_store_paths()?;
    // Nix collects nothing that an open file needs.
    let _held = Source::hold(&options.recipe)?;
    let named = format!("docker://{}:{}", source.name, source.tag);
    let destination = options.destination.clone().unwrap_or(named);
    ensure!(
        destination.contains(':'),
        "found the destination '{destination}', want one of skopeo's, such as docker://{destination}:{}",
        source.tag
    );
    let (digest, is_index) = (source.top.digest.clone(), source.is_index);
    let (repository, layers) = (repository(&source.name).to_owned(), source.layers());
    let server = Server::start(Registry::new(vec![source])?, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = server.address().to_string();

    let mut command = options.skopeo(&["copy", "--src-tls-verify=false", "--src-no-creds", "--preserve-digests"]);
    if is_index {
        command.arg("--all");
    }
    if options.insecure {
        command.arg("--dest-tls-verify=false");
    }
    command.arg(format!("docker://{address}/{repository}@{digest}")).arg(&destination);
    let copied = run(command, &policy(&address), Stdio::inherit());
    let sent = server.sent();
    if let Some(error) = sent.errors.first() {
        bail!("{error}");
    }
    copied?;
    if destination.starts_with("docker://") {
        let mut command = options.skopeo(&["inspect", "--raw"]);
        if options.insecure {
            command.arg("--tls-verify=false");
        }
        command.arg(&destination);
        let found = Digest::new(&run(command, "", Stdio::piped())?);
        ensure!(
            found == digest,
            "'{destination}' has the digest {found} now, and not {digest}, which was copied to it"
        );
    }
    let bytes: u64 = sent.layers.values().sum();
    say(&format!(
        "oci-bundle: {destination}: {} of {layers} layers sent, {bytes} bytes; its digest is {digest}",
        sent.layers.len()
    ));
    Ok(())
}

impl CopyOptions {
    fn skopeo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.skopeo);
        // What comes from this process, and nothing else.
        command.args(["--policy", "/dev/stdin"]).args(args);
        if let Some(authfile) = &self.authfile {
            command.arg("--authfile").arg(authfile);
        }
        command
    }
}

/// The policy (containers-policy.json(5)) that takes images from here alone.
fn policy(address: &str) -> String {
    let accept = json!([{ "type": "insecureAcceptAnything" }]);
    json!({ "default": [{ "type": "reject" }], "transports": { "docker": { address: accept } } }).to_string()
}

/// Runs a command with an input, and gives its output.
fn run(mut command: Command, input: &str, output: Stdio) -> Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(output);
    let mut child = command.spawn().with_context(|| format!("starting '{program}'"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).with_context(|| format!("writing to '{program}'"))?;
    }
    let output = child.wait_with_output().with_context(|| format!("waiting for '{program}'"))?;
    ensure!(output.status.success(), "'{program}' has failed: {}", output.status);
    Ok(output.stdout)
}
