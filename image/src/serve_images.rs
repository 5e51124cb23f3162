//! The verb `serve`: a registry for images, to pull from.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;
use oci_bundle_image::serve::{Registry, Server, repository};
use oci_bundle_image::source::Source;

use crate::say;

#[derive(Args)]
pub struct ServeOptions {
    /// The recipes
    #[arg(required = true)]
    recipes: Vec<Utf8PathBuf>,

    /// Where to listen; a port of 0 is a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until it is ended. Prints the name of each image.
pub fn serve_images(options: &ServeOptions) -> Result<()> {
    let recipes = options.recipes.iter().map(|path| Source::read(path)).collect::<Result<Vec<_>>>()?;
    recipes.iter().try_for_each(Source::ensure_store_paths)?;
    // Nix collects nothing that an open file needs.
    let _held = options.recipes.iter().map(|path| Source::hold(path)).collect::<Result<Vec<File>>>()?;
    let names: Vec<_> = recipes.iter().map(|recipe| format!("{}:{}", repository(&recipe.name), recipe.tag)).collect();
    let server = Server::start(Registry::new(recipes)?, options.listen)?;
    if !server.address().ip().is_loopback() {
        say(
            "container.image: warning: everybody who reaches this address can read the images; there is no TLS and no password",
        );
    }
    for name in names {
        writeln!(std::io::stdout(), "{}/{name}", server.address()).context("writing to standard output")?;
    }
    server.wait()
}
