//! Pipes that hold more than Linux gives them.

use std::os::fd::AsFd;

/// What anybody may have (pipe(7), `/proc/sys/fs/pipe-max-size`).
const SIZE: usize = 1 << 20;

/// Makes a pipe larger, so that its two ends wait less for each other. Anything else, and a pipe that cannot be, stays as it is.
pub fn enlarged<F: AsFd>(pipe: F) -> F {
    let _ = rustix::pipe::fcntl_setpipe_size(&pipe, SIZE);
    pipe
}
