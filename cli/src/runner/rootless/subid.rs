//! The user and group ids that an ordinary user can give to a container: its own, and subordinate ones (subuid(5),
//! subgid(5)).

use std::fmt::Write as _;
use std::fs;

use oci_bundle_builder::plan::diagnostics::LAST_ID;
use rustix::thread::CapabilitySet;

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
pub struct SubordinateIds {
    /// The users.
    pub uids: Vec<Range>,
    /// The groups.
    pub gids: Vec<Range>,
}

/// Why there are no ids but the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSubordinateIds {
    /// Nobody has granted any; how to get some.
    NotGranted(String),
    /// Some are granted, and cannot be had.
    Refused(String),
}

impl NoSubordinateIds {
    /// Why, or how to get some.
    pub fn reason(&self) -> &str {
        let (Self::NotGranted(reason) | Self::Refused(reason)) = self;
        reason
    }
}

/// As many ranges are used. A kernel takes a map of a page, and 340 extents (`user_namespaces`(7)).
const MOST_RANGES: usize = 50;

impl SubordinateIds {
    /// What they grant this user.
    ///
    /// # Errors
    /// One of them grants nothing.
    pub fn for_user(uid: u32, gid: u32) -> Result<Self, NoSubordinateIds> {
        let read = |file| fs::read(file).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default();
        let passwd = read("/etc/passwd");
        let name = name_of(uid, &passwd);
        let uids = usable(granted(&read("/etc/subuid"), uid, name), uid);
        let gids = usable(granted(&read("/etc/subgid"), uid, name), gid);
        if uids.is_empty() || gids.is_empty() {
            return Err(NoSubordinateIds::NotGranted(format!(
                "root grants more with 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {}'",
                name.unwrap_or("USER")
            )));
        }
        Ok(Self { uids, gids })
    }

    /// Those of the user namespace in which the caller is root: all that are mapped there, but for the caller's own.
    ///
    /// # Errors
    /// There are none, or the caller may not give them to a namespace below.
    pub fn of_user_namespace() -> Result<Self, NoSubordinateIds> {
        let read = |file| usable(mapped(&fs::read_to_string(file).unwrap_or_default()), 0);
        let (uids, gids) = (read("/proc/self/uid_map"), read("/proc/self/gid_map"));
        let effective = rustix::thread::capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
        if uids.is_empty() || gids.is_empty() || !effective.contains(CapabilitySet::SETUID | CapabilitySet::SETGID) {
            return Err(NoSubordinateIds::NotGranted("this user namespace has no more to give".to_owned()));
        }
        Ok(Self { uids, gids })
    }

    /// The sizes of what follows each other outside, for users and for groups, the user's own id first.
    pub fn extents(&self) -> (Vec<u64>, Vec<u64>) {
        let sizes = |ranges: &[Range]| [1].into_iter().chain(ranges.iter().map(|range| range.size.into())).collect();
        (sizes(&self.uids), sizes(&self.gids))
    }
}

/// The map of a user namespace as newuidmap takes it: 0 is the user's own id, and the others follow.
pub fn id_map(own: u32, ranges: &[Range]) -> String {
    let mut map = format!("0 {own} 1");
    let mut next = 1_u64;
    for range in ranges {
        // Writing to a string does not fail.
        let _ = write!(map, " {next} {} {}", range.first, range.size);
        next += u64::from(range.size);
    }
    map
}

/// The ids of a user namespace, as its map has them (`user_namespaces`(7)).
fn mapped(map: &str) -> Vec<Range> {
    let parse = |line: &str| {
        let mut fields = line.split_whitespace();
        let (first, _, size) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?.parse().ok()?);
        Some(Range { first, size })
    };
    map.lines().filter_map(parse).collect()
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
        let (first, size): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let is_users = Some(owner) == name || owner.parse() == Ok(uid);
        // newuidmap(1) of shadow 4.17 and later refuses one that ends behind the last id, and with it all others.
        let is_valid = u64::from(first) + u64::from(size) <= u64::from(LAST_ID) + 1;
        (is_users && is_valid).then_some(Range { first, size })
    };
    text.lines().filter_map(parse).collect()
}

/// What a kernel takes of them, in this order: ids that there are, each once, and not the user's own.
fn usable(ranges: Vec<Range>, own: u32) -> Vec<Range> {
    let mut usable: Vec<Range> = Vec::new();
    let mut taken = vec![(u64::from(own), u64::from(own) + 1)];
    for range in ranges {
        let (mut first, size) = (u64::from(range.first), u64::from(range.size));
        let end = (first + size).min(u64::from(LAST_ID) + 1);
        taken.sort_unstable();
        let mut gaps = Vec::new();
        for (start, after) in &taken {
            if first < *start && first < end {
                gaps.push((first, end.min(*start)));
            }
            first = first.max(*after);
        }
        gaps.push((first, end));
        for (first, end) in gaps.into_iter().filter(|(first, end)| first < end) {
            if usable.len() == MOST_RANGES {
                return usable;
            }
            let number = |id: u64| u32::try_from(id).unwrap_or(LAST_ID);
            usable.push(Range { first: number(first), size: number(end - first) });
            taken.push((first, end));
        }
    }
    usable
}

#[cfg(test)]
mod tests;
