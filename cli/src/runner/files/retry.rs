//! System calls that a race can interrupt.

use rustix::io::Errno;

/// Asks the kernel again where it could not tell (openat2(2), EAGAIN).
///
/// # Errors
/// As the call has them.
pub fn retry_on_race<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    /// More than any race that is no attack takes.
    const TIMES: usize = 1000;
    for _ in 0..TIMES {
        match call() {
            Err(Errno::AGAIN) => {}
            done => return done,
        }
    }
    call()
}
