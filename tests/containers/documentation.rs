//! Every Nix block of docs/arguments.md is built and run; where a block of text follows, that is what it prints.

use crate::{nix, runtime};

const PAGE: &str = include_str!("../../docs/arguments.md");

#[test]
fn the_examples_of_the_reference_do_what_they_say() {
    let mut examples = 0;
    let mut rest = PAGE;
    while let Some((_, from_block)) = rest.split_once("\n```nix\n") {
        let (expression, after) = from_block.split_once("\n```\n").unwrap();
        let bundle = nix::build(&format!("({expression})"));
        if let Some(output) = after.trim_start().strip_prefix("```text\n") {
            let (expected, _) = output.split_once("```\n").unwrap();
            for runtime in runtime::ALL {
                assert_eq!(runtime.prints(&bundle), expected, "{runtime:?}: {expression}");
            }
        }
        examples += 1;
        rest = after;
    }
    assert!(examples >= 6, "found {examples} examples only");
}
