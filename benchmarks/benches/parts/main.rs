//! The builder's parts for more and more store paths: each should take ten times as long for ten times as many.

mod builder;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use oci_bundle_benchmarks::closure;
use oci_bundle_benchmarks::parts::{PARTS, SIZES};
use oci_bundle_benchmarks::shape::Shape;
use oci_bundle_benchmarks::tree::Tree;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::builder::Builder;

/// Runs `bench` for each size on what `prepare` makes for it.
fn each_size<T>(
    criterion: &mut Criterion,
    part: &str,
    prepare: impl Fn(usize) -> T,
    mut bench: impl FnMut(&mut criterion::Bencher<'_>, &T),
) {
    let mut group = criterion.benchmark_group(part);
    for size in SIZES {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &prepare(size), &mut bench);
    }
}

fn parts(criterion: &mut Criterion) {
    let [decode, plan, document, write] = PARTS;

    let graph = |size| closure::graph(&closure::paths(Path::new("/nix/store"), size));
    let store = Builder::in_store(Path::new("/nix/store"));
    each_size(criterion, decode, graph, |bencher, graph| bencher.iter(|| store.closure(graph)));

    each_size(criterion, plan, OnDisk::make, |bencher, tree| {
        let definition = tree.builder.definition(&closure::container());
        let closure = tree.builder.closure(&tree.graph);
        let config = builder::config(&definition, &closure);
        bencher.iter(|| builder::rootfs(&definition, &closure, &config));
    });

    each_size(criterion, document, container_of_mounts, |bencher, arguments| {
        let definition = store.definition(arguments);
        let closure = store.closure(&json!([]));
        bencher.iter(|| builder::config(&definition, &closure));
    });

    each_size(criterion, write, OnDisk::make, |bencher, tree| {
        let definition = tree.builder.definition(&closure::container());
        let closure = tree.builder.closure(&tree.graph);
        let plan = builder::plan(&definition, &closure);
        bencher.iter_batched(
            || Out(tree.folder.path().join("out")),
            |out| {
                builder::write(&plan, &out.0);
                // Whoever gets it drops it when the time is taken.
                out
            },
            BatchSize::PerIteration,
        );
    });
}

fn container_of_mounts(count: usize) -> Value {
    let mut container = closure::container();
    let mounts = (0..count).map(|index| {
        (format!("/srv/data-{index}"), json!({ "type": "bind", "source": "/srv", "options": ["rbind", "ro"] }))
    });
    container["mounts"] = Value::Object(mounts.collect());
    container
}

/// A tree that is there while it is needed.
struct OnDisk {
    folder: TempDir,
    builder: Builder,
    graph: Value,
}

impl OnDisk {
    /// In memory if `BENCH_TMPFS` names a folder there: what is measured is the builder, not a disk.
    fn make(paths: usize) -> Self {
        let folder = std::env::var_os("BENCH_TMPFS").map_or_else(TempDir::new, TempDir::new_in).unwrap();
        let tree = Tree::make(folder.path(), Shape::of_paths(paths)).unwrap();
        let builder = Builder::in_store(&folder.path().join("store"));
        Self { builder, graph: closure::graph(&tree.paths), folder }
    }
}

/// An output that goes away.
struct Out(PathBuf);

impl Drop for Out {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

criterion_group! {
    name = benches;
    // The medians say enough in so short a time, and few benchmarks are run by people who want to wait.
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = parts
}
criterion_main!(benches);
