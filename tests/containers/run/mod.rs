//! `oci-bundle run`, as root and as an ordinary user.

mod above;
mod command_line;
mod delegation;
mod examples;
mod health;
mod inherited;
mod init;
mod kept_ids;
mod life;
mod lifecycle;
mod machines;
mod many;
mod network;
mod network_faults;
mod network_isolation;
mod options;
mod poisoned_state;
mod sources;
mod subordinate;
mod systemd;
mod terminals;
mod unchanged;
mod untouched;
mod volumes;
mod working_directory;
mod writable;
