//! Layers that stay: what a push sends after an edit, and after a new dependency, of an image with a closure of hundreds of store paths.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::built::Built;
use crate::support::nix;

/// A container whose program needs 300 small store paths of 1 to 256 KiB, half of them below 16 KiB, and six large ones. They are the
/// outputs of one derivation, so Nix makes them at once. Their bytes compress to half, and those of the program hardly at all.
const CONTAINER: &str = r##"
  letter = number: builtins.substring number 1 "abcdefghijklmnopqrstuvwxyz";
  word = number: letter (number / 26) + letter (number - number / 26 * 26);
  small = builtins.genList (number: "lib${word number}") 300;
  large = builtins.genList (number: "large${word number}") 6;
  write = name: outputs: script: pkgs.runCommand name (outputs // { nativeBuildInputs = [ pkgs.python3 ]; }) ''
    python3 - <<'END'
    import os, random
    ${script}
    END
  '';
  dependencies = write "dependencies" { outputs = small ++ large; } ''
    for name in os.environ["outputs"].split():
        random.seed(name)
        is_large = name.startswith("large")
        size = random.uniform(1.1, 4) * 2**20 if is_large else 2**10 * 2**(8 * random.random())
        open(os.environ[name], "w").write(random.randbytes(int(size) // 2).hex())
  '';
  # A new dependency of so many bytes.
  another = name: size: write name { } ''
    open(os.environ["out"], "w").write(random.Random(1).randbytes(${toString (size / 2)}).hex())
  '';
  # The program after so many edits, 60 KiB with the names of what it needs.
  program = name: edit: more: write name { } ''
    needed = b"${toString (map (name: dependencies.${name}) dependencies.outputs ++ more)}"
    bytes = random.Random(${toString edit}).randbytes(60 * 2**10 - len(needed))
    open(os.environ["out"], "wb").write(needed + bytes)
  '';
  container = program: image: (buildContainer {
    name = "edited";
    args = [ "${program}" ];
    checkProgram = false;
    inherit image;
  }).image;
"##;

/// The recipes of a list of images of this container.
fn recipes(images: &str) -> Vec<PathBuf> {
    // Where a few of the outputs are there, as after a collection of garbage or while another process makes them, Nix 2.8 makes the
    // others and does not find the few ("requires non-existent output", https://github.com/NixOS/nix/issues/6572).
    static DEPENDENCIES: LazyLock<Built> =
        LazyLock::new(|| nix::build(&format!("let {CONTAINER} in dependencies.all")));
    LazyLock::force(&DEPENDENCIES);
    let output = nix::nix_build(&format!("let {CONTAINER} in {images}")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(PathBuf::from).collect()
}

fn layers(recipe: &Path) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&fs::read(recipe.join("recipe.json")).unwrap()).unwrap();
    document["layers"].as_array().unwrap().clone()
}

/// The layers that a registry with the old image lacks.
fn sent(new: &Path, old: &Path) -> Vec<Value> {
    let there: BTreeSet<_> = layers(old).iter().map(|layer| layer["digest"].to_string()).collect();
    layers(new).into_iter().filter(|layer| !there.contains(&layer["digest"].to_string())).collect()
}

/// Whether a layer has a store path of this name.
fn has(layer: &Value, name: &str) -> bool {
    layer["paths"].as_array().unwrap().iter().any(|path| path.as_str().unwrap().ends_with(name))
}

/// Whatever its name is, which decides with which store paths it is in a layer.
#[test]
fn twenty_edits_of_a_small_store_path_send_5_mib_at_most() {
    let names = ["app", "mysite"];
    let edits = |name: &str| {
        format!("map (edit: container (program \"{name}\" edit [ ]) {{ }}) (builtins.genList (edit: edit) 21)")
    };
    let recipes = recipes(&names.map(edits).join(" ++ "));
    for (name, recipes) in names.iter().zip(recipes.chunks(21)) {
        let mut bytes = 0;
        for edit in recipes.windows(2) {
            let sent = sent(&edit[1], &edit[0]);
            assert!(sent.iter().any(|layer| has(layer, &format!("-{name}"))), "{sent:?}");
            bytes += sent.iter().map(|layer| layer["size"].as_u64().unwrap()).sum::<u64>();
        }
        assert!(bytes <= 5 << 20, "20 edits of {name} send {bytes} bytes");
    }
}

#[test]
fn a_new_dependency_changes_two_layers_at_most_beside_its_own() {
    // The second image has no layer left for another large store path.
    for image in ["{ }", "{ maxLayers = 8; }"] {
        let names = [("tiny-1.0", 1_000), ("medium-2.1", 400_000), ("huge-3", 5_000_000)];
        let more: Vec<_> = names
            .iter()
            .map(|(name, size)| format!("(container (program \"app\" 0 [ (another \"{name}\" {size}) ]) {image})"))
            .collect();
        let recipes = recipes(&format!("[ (container (program \"app\" 0 [ ]) {image}) {} ]", more.join(" ")));
        for ((name, _), recipe) in names.iter().zip(&recipes[1..]) {
            let sent = sent(recipe, &recipes[0]);
            let (own, others): (Vec<_>, Vec<_>) = sent.iter().partition(|layer| has(layer, &format!("-{name}")));
            assert_eq!(own.len(), 1, "{image}: {name}");
            let reasons: Vec<_> = others.iter().map(|layer| &layer["reason"]).collect();
            assert!(others.len() <= 2, "{image}: {name}: {reasons:?}");
        }
    }
}
