//! What proves a container where it is built, and what makes that fail.

mod script;
mod trial;
