//! `make-tree SHAPE FOLDER` makes one of the trees in a new folder, or one of so many store paths with a small file each.

use anyhow::{Context, Result, bail};
use oci_bundle_benchmarks::shape::Shape;
use oci_bundle_benchmarks::tree::Tree;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [name, folder] = arguments.as_slice() else { bail!("want a shape and a folder") };
    let of_paths = || name.parse().ok().map(Shape::of_paths);
    let shape = Shape::named(name).or_else(of_paths).with_context(|| format!("no shape '{name}'"))?;
    std::fs::create_dir(folder).with_context(|| format!("making '{folder}'"))?;
    // As store paths are absolute.
    Tree::make(&std::path::absolute(folder)?, shape)?;
    Ok(())
}
