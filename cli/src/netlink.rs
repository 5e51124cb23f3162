//! Changes to devices, addresses, routes and neighbours, as rtnetlink(7) takes them.

use std::io::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::RawFd;

use anyhow::{Context, Result, bail};
use netlink_packet_core::{
    Emitable, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressHeader, AddressMessage};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkHeader,
    LinkInfo, LinkMessage,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourHeader, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;

/// The loopback device, which is the first of every network namespace.
pub const LOOPBACK: u32 = 1;

/// Kinds of messages (rtnetlink(7)).
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_SETLINK: u16 = 19;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;

/// The routes to this host itself (`RT_TABLE_LOCAL`).
const LOCAL_TABLE: u8 = 255;

/// What leads to a loopback, in both versions of IP, and how long its prefix is. Of version 6, it is all that is reserved around it
/// (RFC 4291, sections 2.5.2 to 2.5.5): the unspecified address leads to `::1`, and one of version 4 that is mapped, such as
/// `::ffff:127.0.0.1`, to that one.
const LOOPBACK_ADDRESSES: [(RouteAddress, u8); 3] = [
    (RouteAddress::Inet(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (RouteAddress::Inet6(Ipv6Addr::LOCALHOST), 128),
    (RouteAddress::Inet6(Ipv6Addr::UNSPECIFIED), 16),
];

/// What is there must not be.
const NEW: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// A device.
#[derive(Clone, Copy, Debug)]
pub struct Device<'d> {
    /// Its name.
    pub name: &'d str,
    /// Its number in its network namespace.
    pub index: u32,
    /// Its hardware address.
    pub mac: [u8; 6],
}

impl Device<'_> {
    fn message(&self) -> LinkMessage {
        let mut message = link(self.index);
        message.attributes =
            vec![LinkAttribute::IfName(self.name.to_owned()), LinkAttribute::Address(self.mac.to_vec())];
        message
    }
}

/// A connection to the kernel, for the network namespace in which it was opened.
#[derive(Debug)]
pub struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    /// Opens it.
    ///
    /// # Errors
    /// What the kernel does not allow.
    pub fn open() -> Result<Self> {
        Ok(Self { socket: connect(NETLINK_ROUTE).context("opening a socket of rtnetlink(7)")?, sequence: 0 })
    }

    /// Makes a bridge.
    pub fn add_bridge(&mut self, bridge: &Device<'_>) -> Result<()> {
        let mut message = bridge.message();
        message.attributes.push(LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge)]));
        let adding = "making a bridge (has this kernel the module 'bridge'?)";
        self.ask(RTM_NEWLINK, &message, NEW).context(adding)
    }

    /// Makes a pair of devices: one on a bridge, one in another network namespace.
    pub fn add_pair(&mut self, port: &Device<'_>, bridge: u32, other: (&Device<'_>, RawFd)) -> Result<()> {
        let mut message = port.message();
        let mut peer = other.0.message();
        peer.attributes.push(LinkAttribute::NetNsFd(other.1));
        message.attributes.push(LinkAttribute::Controller(bridge));
        message.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        let adding = "making a pair of devices (has this kernel the module 'veth'?)";
        self.ask(RTM_NEWLINK, &message, NEW).context(adding)
    }

    /// Removes a device.
    pub fn remove(&mut self, index: u32) -> Result<()> {
        self.ask(RTM_DELLINK, &link(index), 0).context("removing a device")
    }

    /// Sets a device up.
    pub fn set_up(&mut self, index: u32) -> Result<()> {
        self.set_flags(index, LinkFlags::Up).context("setting a device up")
    }

    /// Sets a device down.
    pub fn set_down(&mut self, index: u32) -> Result<()> {
        self.set_flags(index, LinkFlags::empty()).context("setting a device down")
    }

    fn set_flags(&mut self, index: u32, flags: LinkFlags) -> Result<()> {
        let mut message = link(index);
        message.header.flags = flags;
        message.header.change_mask = LinkFlags::Up;
        self.ask(RTM_SETLINK, &message, 0)
    }

    /// Gives a device an address.
    pub fn add_address(&mut self, index: u32, address: Ipv4Addr, prefix_length: u8) -> Result<()> {
        let mut message = AddressMessage::default();
        message.header =
            AddressHeader { family: AddressFamily::Inet, prefix_len: prefix_length, index, ..AddressHeader::default() };
        let address = IpAddr::V4(address);
        message.attributes = vec![AddressAttribute::Local(address), AddressAttribute::Address(address)];
        self.ask(RTM_NEWADDR, &message, NEW).context("adding an address")
    }

    /// Keeps what is sent to the loopback in this network namespace, also by who asks for this device, or says the destination in a
    /// routing header: no program needs a capability for that (socket(7), `SO_BINDTODEVICE`; ip(7), `IP_PKTINFO`; ipv6(7),
    /// `IPV6_RTHDR`), and the kernel would then take the route of all that is elsewhere.
    pub fn keep_loopback_from(&mut self, index: u32) -> Result<()> {
        for (destination, prefix_length) in LOOPBACK_ADDRESSES {
            let is_v6 = matches!(destination, RouteAddress::Inet6(_));
            let mut message = RouteMessage::default();
            message.header = RouteHeader {
                address_family: if is_v6 { AddressFamily::Inet6 } else { AddressFamily::Inet },
                destination_prefix_length: prefix_length,
                table: LOCAL_TABLE,
                protocol: RouteProtocol::Static,
                scope: RouteScope::Host,
                kind: RouteType::Local,
                ..RouteHeader::default()
            };
            // With a priority, it is another route than the one of the loopback device.
            message.attributes =
                vec![RouteAttribute::Destination(destination), RouteAttribute::Oif(index), RouteAttribute::Priority(1)];
            let added = self.ask(RTM_NEWROUTE, &message, NLM_F_CREATE);
            // A kernel, or a device, may have no IPv6 at all, and sends nothing there then.
            let lacks = [Errno::AFNOSUPPORT, Errno::OPNOTSUPP, Errno::ACCESS];
            let added =
                if is_v6 { lacks.into_iter().fold(added, |added, reason| unless(reason, added)) } else { added };
            added.context("adding a route to the loopback")?;
        }
        Ok(())
    }

    /// Keeps a device from giving itself an address of IPv6.
    pub fn keep_from_ipv6(&mut self, index: u32) -> Result<()> {
        let mut message = link(index);
        let none = AfSpecInet6::AddrGenMode(In6AddrGenMode::None);
        message.attributes = vec![LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![none])])];
        // A kernel may have no IPv6 at all.
        unless(Errno::AFNOSUPPORT, self.ask(RTM_SETLINK, &message, 0)).context("keeping a device from IPv6")
    }

    /// Says which hardware address a neighbour has, for ever.
    pub fn set_neighbour(&mut self, index: u32, address: Ipv4Addr, mac: [u8; 6]) -> Result<()> {
        let mut message = neighbour(index, address);
        message.header.state = NeighbourState::Permanent;
        message.attributes.push(NeighbourAttribute::LinkLayerAddress(mac.to_vec()));
        let setting = "setting the address of a neighbour";
        self.ask(RTM_NEWNEIGH, &message, NLM_F_CREATE | NLM_F_REPLACE).context(setting)
    }

    /// Forgets what was said of a neighbour.
    pub fn forget_neighbour(&mut self, index: u32, address: Ipv4Addr) -> Result<()> {
        let message = neighbour(index, address);
        // A container may have done so itself, as its network namespace is its own.
        unless(Errno::NOENT, self.ask(RTM_DELNEIGH, &message, 0)).context("forgetting a neighbour")
    }

    /// Sends a message, and waits until the kernel has done what it says.
    fn ask(&mut self, kind: u16, message: &dyn Emitable, flags: u16) -> Result<()> {
        self.sequence += 1;
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_ACK | flags;
        header.sequence_number = self.sequence;
        header.message_type = kind;
        let before = header.buffer_len();
        header.length = u32::try_from(before + message.buffer_len()).context("a message is too long")?;
        let mut bytes = vec![0; before + message.buffer_len()];
        header.emit(&mut bytes);
        message.emit(&mut bytes[before..]);
        self.socket.send(&bytes, 0).context("sending a message of rtnetlink(7)")?;
        let (answer, _) = self.socket.recv_from_full().context("receiving a message of rtnetlink(7)")?;
        match NetlinkMessage::<NoAnswer>::deserialize(&answer).context("reading a message of rtnetlink(7)")? {
            NetlinkMessage { header, payload: NetlinkPayload::Error(error), .. }
                if header.sequence_number == self.sequence =>
            {
                match error.code {
                    None => Ok(()),
                    Some(code) => Err(Error::from_raw_os_error(code.get().saturating_neg()).into()),
                }
            }
            NetlinkMessage { header, .. } => bail!("an unexpected message {} of rtnetlink(7)", header.message_type),
        }
    }
}

/// A connection to a part of the kernel (netlink(7)).
///
/// # Errors
/// What the kernel does not allow.
pub fn connect(protocol: isize) -> std::io::Result<Socket> {
    let mut socket = Socket::new(protocol)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

/// What an answer says besides how it went, which is nothing here. So the code that reads all there could be is left out.
#[derive(Debug)]
pub struct NoAnswer;

impl NetlinkDeserializable for NoAnswer {
    type Error = std::convert::Infallible;

    fn deserialize(_: &NetlinkHeader, _: &[u8]) -> Result<Self, Self::Error> {
        Ok(Self)
    }
}

/// What the kernel refuses for this reason is as it should be.
fn unless(reason: Errno, done: Result<()>) -> Result<()> {
    match done {
        Err(error) if error.downcast_ref().and_then(Error::raw_os_error) == Some(reason.raw_os_error()) => Ok(()),
        done => done,
    }
}

fn link(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header = LinkHeader { index, ..LinkHeader::default() };
    message
}

fn neighbour(index: u32, address: Ipv4Addr) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header = NeighbourHeader { family: AddressFamily::Inet, ifindex: index, ..NeighbourHeader::default() };
    message.attributes = vec![NeighbourAttribute::Destination(NeighbourAddress::Inet(address))];
    message
}
