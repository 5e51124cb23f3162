//! Rules for the packets that leave a network namespace, as `nf_tables` takes them by netlink(7).
//!
//! A route counts when the kernel looks one up. A program without any capability can have its sockets send by a route that was looked
//! up for another destination: one thread connects a socket of UDP while another one sends with it. A rule sees each packet.

use anyhow::{Context, Result, bail};
use netlink_packet_core::{
    DefaultNla, Emitable, NLA_F_NESTED, NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_sys::protocols::NETLINK_NETFILTER;
use netlink_sys::{Socket, SocketAddr};

use crate::netlink::{LOOPBACK, NoAnswer};

/// Where the rules are.
const TABLE: &str = "oci-bundle";
/// The chain in it.
const CHAIN: &str = "leaving";

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
/// The last place that a packet comes by.
const POST_ROUTING: u32 = 4;

/// Which bytes of a destination are for a loopback: where they are in a packet, and what they are. Of version 4, 0.0.0.0 is this host
/// (RFC 1122, section 3.2.1.3) as 127.0.0.0/8 is; of version 6, it is all that is reserved around `::1`.
const LOOPBACKS: [(u8, u32, &[u8]); 3] = [(IPV4, 16, &[127]), (IPV4, 16, &[0]), (IPV6, 24, &[0, 0])];

/// Has nothing leave the network namespace that this thread is in for a loopback.
///
/// # Errors
/// What the kernel does not allow, or does not have.
pub fn keep_loopback() -> Result<()> {
    let open = || {
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok::<_, std::io::Error>(socket)
    };
    let keeping = "keeping the host's loopback from the container takes nf_tables in the kernel; as root: 'modprobe nf_tables', or \
                   use --network private";
    open().and_then(|socket| ask(&socket).map_err(std::io::Error::other)).context(keeping)
}

/// Sends all of it, which holds together, and waits until the kernel has done it.
fn ask(socket: &Socket) -> Result<()> {
    let commands: Vec<_> = [(NEW_TABLE, text(1, TABLE)), (NEW_CHAIN, chain())]
        .into_iter()
        .chain(LOOPBACKS.into_iter().map(|(version, offset, bytes)| (NEW_RULE, rule(version, offset, bytes))))
        .collect();
    let mut batch = message(BATCH_BEGIN, 0, &[]);
    for (kind, attributes) in &commands {
        batch.extend(message(*kind, NLM_F_ACK | NLM_F_CREATE, attributes));
    }
    batch.extend(message(BATCH_END, 0, &[]));
    socket.send(&batch, 0).context("sending messages of nf_tables")?;
    for _ in &commands {
        let (answer, _) = socket.recv_from_full().context("receiving a message of nf_tables")?;
        match NetlinkMessage::<NoAnswer>::deserialize(&answer).context("reading a message of nf_tables")?.payload {
            NetlinkPayload::Error(error) => match error.code {
                None => {}
                Some(code) => return Err(std::io::Error::from_raw_os_error(code.get().saturating_neg()).into()),
            },
            _ => bail!("an unexpected message of nf_tables"),
        }
    }
    Ok(())
}

/// The chain of what leaves.
fn chain() -> Vec<u8> {
    let hook = nested(4, &[number(1, POST_ROUTING), number(2, 0)]);
    [text(1, TABLE), text(3, CHAIN), hook, text(7, "filter")].concat()
}

/// Drops what has these bytes at a place of its header, and does not go to the loopback device.
fn rule(version: u8, offset: u32, bytes: &[u8]) -> Vec<u8> {
    // The register in which each looks.
    let (register, is, is_not) = (1, 0, 1);
    let meta = |key| expression("meta", &[number(1, register), number(2, key)]);
    let compare = |operation, value: &[u8]| {
        expression("cmp", &[number(1, register), number(2, operation), nested(3, &[attribute(1, value)])])
    };
    let (version_of_ip, device, network_header) = (15, 5, 1);
    let length = u32::try_from(bytes.len()).unwrap_or_default();
    let payload = [number(1, register), number(2, network_header), number(3, offset), number(4, length)];
    let drop = nested(2, &[number(1, 0)]);
    let expressions = [
        meta(version_of_ip),
        compare(is, &[version]),
        meta(device),
        compare(is_not, &LOOPBACK.to_ne_bytes()),
        expression("payload", &payload),
        compare(is, bytes),
        expression("immediate", &[number(1, 0), nested(2, &[drop])]),
    ];
    [text(1, TABLE), text(2, CHAIN), nested(4, &expressions)].concat()
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
