#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oci_bundle_fuzz::runs::plan(bytes));
