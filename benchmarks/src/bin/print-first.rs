//! `print-first …` prints a line, whatever it is told: in the place of a runtime, it shows what a start takes without one.

fn main() {
    println!("first");
}
