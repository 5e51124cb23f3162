//! The user and group ids that an ordinary user can give to a container: its own, and subordinate ones (subuid(5),
//! subgid(5)).

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Ids that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first of them.
    pub first: u32,
    /// How many there are.
    pub size: u32,
}

/// What `/etc/subuid` and `/etc/subgid` grant a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subordinate {
    /// The users.
    pub uids: Vec<Range>,
    /// The groups.
    pub gids: Vec<Range>,
}

impl Subordinate {
    /// What they grant this user; none if one of them grants nothing.
    pub fn of(uid: u32) -> Option<Self> {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        let passwd = read("/etc/passwd");
        let name = name_of(uid, &passwd);
        let [uids, gids] = ["/etc/subuid", "/etc/subgid"].map(|file| granted(&read(file), uid, name));
        (!uids.is_empty() && !gids.is_empty()).then_some(Self { uids, gids })
    }

    /// The sizes of what follows each other outside, for users and for groups, the user's own id first.
    pub fn extents(&self) -> (Vec<u64>, Vec<u64>) {
        let sizes = |ranges: &[Range]| [1].into_iter().chain(ranges.iter().map(|range| range.size.into())).collect();
        (sizes(&self.uids), sizes(&self.gids))
    }

    /// Starts the process that maps them for this one, once this has a user namespace: newuidmap(1) and newgidmap(1) have
    /// to be called from outside of it.
    ///
    /// # Errors
    /// What could not be started.
    pub fn mapper(&self, uid: u32, gid: u32) -> Result<Mapper> {
        let mut command = Command::new("/proc/self/exe");
        command.args(["map-ids", &std::process::id().to_string(), &map(uid, &self.uids), &map(gid, &self.gids)]);
        Ok(Mapper(command.stdin(Stdio::piped()).spawn().context("starting a process to map ids")?))
    }
}

/// A process that waits to map ids.
pub struct Mapper(Child);

impl Mapper {
    /// Lets it do so, and waits for it.
    ///
    /// # Errors
    /// It failed, and has said why.
    pub fn go(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        let status = self.0.wait().context("waiting for the process that maps ids")?;
        ensure!(status.success(), "mapping the subordinate ids of /etc/subuid and /etc/subgid: {status}");
        Ok(())
    }
}

impl Drop for Mapper {
    /// It maps nothing if it was not told to. That it has ended is all right.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What that process does: waits until nothing more comes from standard input, then maps the ids of process `pid`.
///
/// # Errors
/// newuidmap(1) or newgidmap(1) are not there, or refuse.
pub fn map_of(pid: u32, uids: &str, gids: &str) -> Result<()> {
    std::io::stdin().read_to_end(&mut Vec::new()).context("waiting for the user namespace")?;
    for (program, map) in [("newuidmap", uids), ("newgidmap", gids)] {
        let status = Command::new(program).arg(pid.to_string()).args(map.split(' ')).status();
        let status = status.with_context(|| format!("starting '{program}' (Debian has it in the package uidmap)"))?;
        if !status.success() {
            bail!("{program} for {map}: {status}");
        }
    }
    Ok(())
}

/// The map of a user namespace as newuidmap takes it: 0 is the user's own id, and the others follow.
fn map(own: u32, ranges: &[Range]) -> String {
    let mut map = format!("0 {own} 1");
    let mut next = 1_u64;
    for range in ranges {
        // Writing to a string does not fail.
        let _ = write!(map, " {next} {} {}", range.first, range.size);
        next += u64::from(range.size);
    }
    map
}

fn name_of(uid: u32, passwd: &str) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

fn granted(text: &str, uid: u32, name: Option<&str>) -> Vec<Range> {
    let parse = |line: &str| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        let (first, size) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        (Some(owner) == name || owner.parse() == Ok(uid)).then_some(Range { first, size })
    };
    text.lines().filter_map(parse).filter(|range| range.size > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_found_by_name_and_by_number() {
        let text = "# comment\nann:100000:65536\nbob:200000:10\n7:5000:1\nann:900000:2\nbroken\nann:x:1\nann:1:0\n";
        let range = |first, size| Range { first, size };
        assert_eq!(granted(text, 7, Some("ann")), [range(100_000, 65536), range(5000, 1), range(900_000, 2)]);
        assert_eq!(granted(text, 7, None), [range(5000, 1)]);
        assert_eq!(granted(text, 8, None), []);
        assert_eq!(name_of(7, "root:x:0:0::/:\nann:x:7:8::/:\n"), Some("ann"));
        assert_eq!(name_of(8, "root:x:0:0::/:\nann:x:7:8::/:\n"), None);
    }

    #[test]
    fn the_map_starts_with_the_users_own_id() {
        let ranges = [Range { first: 100_000, size: 65536 }, Range { first: 5000, size: 1 }];
        assert_eq!(map(7, &ranges), "0 7 1 1 100000 65536 65537 5000 1");
        assert_eq!(
            Subordinate { uids: ranges.into(), gids: vec![ranges[1]] }.extents(),
            (vec![1, 65536, 1], vec![1, 1])
        );
    }
}
