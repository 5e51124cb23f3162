//! Rules for the packets that leave a network namespace, as `nf_tables` takes them by netlink(7).
//!
//! A route counts when the kernel looks one up. A program without any capability can have its sockets send by a route that was looked
//! up for another destination: one thread connects a socket of UDP while another one sends with it. A rule sees each packet.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, bail};
use netlink_packet_core::{
    DefaultNla, Emitable, NLA_F_NESTED, NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_NETFILTER;

use crate::netlink::{LOOPBACK, NoAnswer, connect};

/// Where the rules are.
const TABLE: &str = "oci-bundle";
/// The chains in it: what leaves, from which ports, and what does not leave.
const CHAIN: &str = "leaving";
const PORTS: &str = "ports";
const LOCAL: &str = "local";

/// The part of the kernel that has them (`linux/netfilter/nfnetlink.h`).
const NF_TABLES: u16 = 10;
/// Kinds of messages there (`linux/netfilter/nf_tables.h`), and those around many that hold together.
const NEW_TABLE: u16 = NF_TABLES << 8;
const NEW_CHAIN: u16 = NF_TABLES << 8 | 3;
const NEW_RULE: u16 = NF_TABLES << 8 | 6;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;

/// Rules for both versions of IP, and each of them, as a packet has it (`linux/netfilter.h`).
const INET: u8 = 1;
const IPV4: u8 = 2;
const IPV6: u8 = 10;
/// The first and the last place that a packet of a program comes by.
const LOCAL_OUT: u32 = 3;
const POST_ROUTING: u32 = 4;

/// Which bytes of a destination are for a loopback: where they are in a packet, and what they are. Of version 4, 0.0.0.0 is this host
/// (RFC 1122, section 3.2.1.3) as 127.0.0.0/8 is; of version 6, it is all that is reserved around `::1`.
const LOOPBACKS: [(u8, u32, &[u8]); 3] = [(IPV4, 16, &[127]), (IPV4, 16, &[0]), (IPV6, 24, &[0, 0])];

/// How many commands are sent at once: the kernel takes 200 KiB, and a command is below one.
const MOST_AT_ONCE: usize = 100;

/// Where a rule keeps what it looks at, and how it compares that.
const REGISTER: u32 = 1;
const IS: u32 = 0;
const IS_NOT: u32 = 1;
/// Headers in a packet.
const NETWORK_HEADER: u32 = 1;
const TRANSPORT_HEADER: u32 = 2;
/// What becomes of a packet.
const DROP: u32 = 0;
/// The ports that the kernel chooses itself (`ip(7)`, `ip_local_port_range`), and how it does (`linux/netfilter/nf_nat.h`).
pub const CHOSEN_BY_KERNEL: RangeInclusive<u16> = 32_768..=60_999;
const BETWEEN_AT_RANDOM: u32 = 2 | 4;
/// The protocol (`netinet/in.h`).
const UDP: u8 = 17;

/// Has nothing leave the network namespace that this thread is in for a loopback, and no UDP from a port that its program has chosen: pasta
/// takes the same port of the host. From these ports, no UDP goes to the namespace's own loopback.
///
/// # Errors
/// What the kernel does not allow, or does not have.
pub fn set_rules(off_loopback: &[u16]) -> Result<()> {
    let keeping = "keeping the host's loopback from the container takes nf_tables in the kernel; as root: 'modprobe nf_tables', or \
                   use --network private";
    connect(NETLINK_NETFILTER).map_err(Into::into).and_then(|socket| ask(&socket, off_loopback)).context(keeping)
}

/// Sends all of it, which holds together, and waits until the kernel has done it.
fn ask(socket: &Socket, off_loopback: &[u16]) -> Result<()> {
    let dropped = LOOPBACKS.map(|loopback| rule(CHAIN, &[to(IS_NOT, loopback), verdict(DROP)]));
    let silent = off_loopback
        .iter()
        .flat_map(|port| LOOPBACKS.map(|loopback| rule(CHAIN, &[to(IS, loopback), from(*port), verdict(DROP)])));
    let rules = dropped.into_iter().chain(silent).chain([rule(PORTS, &[masquerade()]), rule(LOCAL, &[untracked()])]);
    let commands: Vec<_> = [
        (NEW_TABLE, text(1, TABLE)),
        (NEW_CHAIN, chain(CHAIN, "filter", (POST_ROUTING, 0))),
        (NEW_CHAIN, chain(PORTS, "nat", (POST_ROUTING, 100))),
        (NEW_CHAIN, chain(LOCAL, "filter", (LOCAL_OUT, -300))),
    ]
    .into_iter()
    .chain(rules.map(|rule| (NEW_RULE, rule)))
    .collect();
    commands.chunks(MOST_AT_ONCE).try_for_each(|part| send(socket, part))
}

/// Sends commands that hold together, and waits until the kernel has done them.
fn send(socket: &Socket, commands: &[(u16, Vec<u8>)]) -> Result<()> {
    let mut batch = message(BATCH_BEGIN, 0, &[]);
    for (index, (kind, attributes)) in commands.iter().enumerate() {
        // The kernel tells of each that fails, and of the last one if none does. There is little place for what it tells.
        let ack = if index + 1 == commands.len() { NLM_F_ACK } else { 0 };
        batch.extend(message(*kind, ack | NLM_F_CREATE, attributes));
    }
    batch.extend(message(BATCH_END, 0, &[]));
    socket.send(&batch, 0).context("sending messages of nf_tables")?;
    let (answer, _) = socket.recv_from_full().context("receiving a message of nf_tables")?;
    match NetlinkMessage::<NoAnswer>::deserialize(&answer).context("reading a message of nf_tables")?.payload {
        NetlinkPayload::Error(error) => match error.code {
            None => Ok(()),
            Some(code) => Err(std::io::Error::from_raw_os_error(code.get().saturating_neg()).into()),
        },
        _ => bail!("an unexpected message of nf_tables"),
    }
}

/// A chain of what leaves.
fn chain(name: &str, kind: &str, (place, priority): (u32, i32)) -> Vec<u8> {
    let hook = nested(4, &[number(1, place), attribute(2, &priority.to_be_bytes())]);
    [text(1, TABLE), text(3, name), hook, text(7, kind)].concat()
}

fn rule(chain: &str, expressions: &[Vec<u8>]) -> Vec<u8> {
    [text(1, TABLE), text(2, chain), nested(4, expressions)].concat()
}

fn verdict(code: u32) -> Vec<u8> {
    expression("immediate", &[number(1, 0), nested(2, &[nested(2, &[number(1, code)])])])
}

/// Forgets what goes to the loopback device: what leaves could be taken for a part of that, which has kept its port.
fn untracked() -> Vec<u8> {
    [meta(5), compare(IS, &LOOPBACK.to_ne_bytes()), nested(1, &[text(1, "notrack")])].concat()
}

/// Has UDP leave from a port that nobody has chosen.
fn masquerade() -> Vec<u8> {
    let load = |register, port: u16| {
        expression("immediate", &[number(1, register), nested(2, &[attribute(1, &port.to_be_bytes())])])
    };
    let (first, last) = (REGISTER, REGISTER + 1);
    [
        udp(),
        meta(5),
        compare(IS_NOT, &LOOPBACK.to_ne_bytes()),
        load(first, *CHOSEN_BY_KERNEL.start()),
        load(last, *CHOSEN_BY_KERNEL.end()),
        expression("masq", &[number(1, BETWEEN_AT_RANDOM), number(2, first), number(3, last)]),
    ]
    .concat()
}

/// What is for this loopback, and goes to the loopback device, or does not.
fn to(device: u32, (version, offset, bytes): (u8, u32, &[u8])) -> Vec<u8> {
    let destination = [payload(NETWORK_HEADER, offset, bytes.len()), compare(IS, bytes)].concat();
    let [version_of_ip, of_device] = [meta(15), meta(5)];
    [version_of_ip, compare(IS, &[version]), of_device, compare(device, &LOOPBACK.to_ne_bytes()), destination].concat()
}

/// What comes from this port of UDP.
fn from(port: u16) -> Vec<u8> {
    [udp(), payload(TRANSPORT_HEADER, 0, 2), compare(IS, &port.to_be_bytes())].concat()
}

fn udp() -> Vec<u8> {
    [meta(16), compare(IS, &[UDP])].concat()
}

/// Looks at what is known of a packet.
fn meta(key: u32) -> Vec<u8> {
    expression("meta", &[number(1, REGISTER), number(2, key)])
}

/// Looks at bytes of a header.
fn payload(header: u32, offset: u32, length: usize) -> Vec<u8> {
    let length = u32::try_from(length).unwrap_or_default();
    expression("payload", &[number(1, REGISTER), number(2, header), number(3, offset), number(4, length)])
}

/// Compares what was looked at.
fn compare(operation: u32, value: &[u8]) -> Vec<u8> {
    expression("cmp", &[number(1, REGISTER), number(2, operation), nested(3, &[attribute(1, value)])])
}

fn expression(name: &str, data: &[Vec<u8>]) -> Vec<u8> {
    nested(1, &[text(1, name), nested(2, data)])
}

fn message(kind: u16, flags: u16, attributes: &[u8]) -> Vec<u8> {
    let is_batch = kind < NEW_TABLE;
    // The family, a version, and of a batch whose it is.
    let [high, low] = if is_batch { NF_TABLES } else { 0 }.to_be_bytes();
    let general = [if is_batch { 0 } else { INET }, 0, high, low];
    let mut header = NetlinkHeader::default();
    header.message_type = kind;
    header.flags = NLM_F_REQUEST | flags;
    let before = header.buffer_len();
    let length = before + general.len() + attributes.len();
    header.length = u32::try_from(length).unwrap_or_default();
    let mut bytes = vec![0; before];
    header.emit(&mut bytes);
    bytes.extend(general);
    bytes.extend(attributes);
    bytes
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let attribute = DefaultNla::new(kind, value.to_vec());
    let mut bytes = vec![0; attribute.buffer_len()];
    attribute.emit(&mut bytes);
    bytes
}

fn nested(kind: u16, parts: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NLA_F_NESTED, &parts.concat())
}

fn text(kind: u16, text: &str) -> Vec<u8> {
    attribute(kind, format!("{text}\0").as_bytes())
}

fn number(kind: u16, number: u32) -> Vec<u8> {
    attribute(kind, &number.to_be_bytes())
}
