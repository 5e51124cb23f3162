//! What proves a container where it is built, and what makes that fail.

mod by_hand;
mod daemon;
mod page;
mod script;
mod several_containers;
mod trial;
