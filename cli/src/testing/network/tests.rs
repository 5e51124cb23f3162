//! A real bridge, real cables, and processes at their ends.

mod node;
mod own_namespaces;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::thread;

use rustix::process::Pid;

use self::node::{MOST_FOR_ANSWER, Node, listen, loses, reach};
use self::own_namespaces::in_own_namespaces;
use super::*;

/// Two that are plugged in, and listen.
fn pair() -> (Network, [Node; 2]) {
    let mut network = Network::new().unwrap();
    let nodes = [Node::start(0), Node::start(1)];
    for node in &nodes {
        network.plug(node.number, node.pid()).unwrap();
    }
    (network, nodes)
}

/// Both reach each other.
fn assert_connected([one, other]: &[Node; 2]) {
    one.reach(other.address()).unwrap();
    other.reach(one.address()).unwrap();
    assert!(one.tells(other) && other.tells(one));
}

/// Neither reaches the other, and neither is told so.
fn assert_cut([one, other]: &[Node; 2]) {
    let lost = thread::scope(|scope| {
        let both = [(one, other), (other, one)].map(|(from, to)| {
            scope.spawn(|| {
                let is_told = from.tells(to);
                from.loses(to.address()) && !is_told
            })
        });
        both.map(|lost| lost.join().unwrap())
    });
    assert_eq!(lost, [true; 2], "'node{}' to 'node{}', and back", one.number, other.number);
}

#[test]
fn two_reach_each_other_until_they_are_cut() {
    in_own_namespaces("two_reach_each_other_until_they_are_cut", || {
        let (mut network, nodes) = pair();
        assert_connected(&nodes);
        network.cut_between(0, 1).unwrap();
        assert_cut(&nodes);
        let _script = listen(Network::SCRIPT);
        for node in &nodes {
            reach(node.address()).unwrap();
            node.reach(Network::SCRIPT).unwrap();
        }
        network.heal().unwrap();
        assert_connected(&nodes);
    });
}

#[test]
fn a_third_reaches_two_that_are_cut() {
    in_own_namespaces("a_third_reaches_two_that_are_cut", || {
        let (mut network, nodes) = pair();
        let third = Node::start(2);
        network.plug(2, third.pid()).unwrap();
        network.cut_between(1, 0).unwrap();
        assert_cut(&nodes);
        for node in &nodes {
            third.reach(node.address()).unwrap();
            node.reach(third.address()).unwrap();
        }
    });
}

#[test]
fn a_connection_goes_on_when_the_network_is_healed() {
    in_own_namespaces("a_connection_goes_on_when_the_network_is_healed", || {
        let (mut network, [one, other]) = pair();
        let mut sender = one.reach(other.address()).unwrap();
        let mut receiver = other.accept();
        network.cut_between(0, 1).unwrap();
        sender.write_all(b"x").unwrap();
        let mut found = [0];
        assert_eq!(receiver.read(&mut found).unwrap_err().kind(), ErrorKind::WouldBlock);
        network.heal().unwrap();
        receiver.set_read_timeout(Some(MOST_FOR_ANSWER)).unwrap();
        assert_eq!(receiver.read(&mut found).unwrap(), 1);
    });
}

#[test]
fn one_that_is_cut_off_reaches_nobody() {
    in_own_namespaces("one_that_is_cut_off_reaches_nobody", || {
        let (mut network, nodes) = pair();
        network.cut_off(0).unwrap();
        assert_cut(&nodes);
        assert!(loses(nodes[0].address()));
        let _script = listen(Network::SCRIPT);
        assert!(nodes[0].loses(Network::SCRIPT));
        reach(nodes[1].address()).unwrap();
        network.heal().unwrap();
        assert_connected(&nodes);
        reach(nodes[0].address()).unwrap();
    });
}

#[test]
fn what_is_cut_stays_cut_for_one_that_is_started_again() {
    in_own_namespaces("what_is_cut_stays_cut_for_one_that_is_started_again", || {
        let (mut network, [one, other]) = pair();
        network.cut_between(0, 1).unwrap();
        drop(one);
        let nodes = [Node::start(0), other];
        network.plug(0, nodes[0].pid()).unwrap();
        assert_cut(&nodes);
        reach(nodes[0].address()).unwrap();
        network.heal().unwrap();
        assert_connected(&nodes);
    });
}

#[test]
fn what_is_cut_off_stays_so_when_it_is_started_again() {
    in_own_namespaces("what_is_cut_off_stays_so_when_it_is_started_again", || {
        let (mut network, [one, other]) = pair();
        network.cut_off(0).unwrap();
        drop(one);
        let nodes = [Node::start(0), other];
        network.plug(0, nodes[0].pid()).unwrap();
        assert!(loses(nodes[0].address()));
        network.heal().unwrap();
        assert_connected(&nodes);
    });
}

#[test]
fn one_that_has_not_been_started_can_be_cut() {
    in_own_namespaces("one_that_has_not_been_started_can_be_cut", || {
        let mut network = Network::new().unwrap();
        network.cut_between(0, 1).unwrap();
        network.cut_off(2).unwrap();
        let nodes = [Node::start(0), Node::start(1)];
        let third = Node::start(2);
        for node in nodes.iter().chain([&third]) {
            network.plug(node.number, node.pid()).unwrap();
        }
        assert_cut(&nodes);
        assert!(loses(third.address()));
        network.heal().unwrap();
        assert_connected(&nodes);
        third.reach(nodes[0].address()).unwrap();
    });
}

#[test]
fn a_new_process_takes_the_place_of_one_that_still_runs() {
    in_own_namespaces("a_new_process_takes_the_place_of_one_that_still_runs", || {
        let (mut network, [old, other]) = pair();
        let new = Node::start(0);
        network.plug(0, new.pid()).unwrap();
        reach(new.address()).unwrap();
        new.accept();
        other.reach(new.address()).unwrap();
        assert_eq!(old.devices(), ["lo"]);
    });
}

#[test]
fn a_cable_that_nobody_has_noted_is_replaced() {
    in_own_namespaces("a_cable_that_nobody_has_noted_is_replaced", || {
        let mut network = Network::new().unwrap();
        let [old, new] = [Node::start(0), Node::start(0)];
        Cable::new(0).lay(&mut network.netlink, &old.namespace()).unwrap();
        network.plug(0, new.pid()).unwrap();
        reach(new.address()).unwrap();
        new.accept();
    });
}

#[test]
fn healing_goes_on_where_a_container_has_changed_its_network() {
    in_own_namespaces("healing_goes_on_where_a_container_has_changed_its_network", || {
        let (mut network, nodes) = pair();
        let third = Node::start(2);
        network.plug(2, third.pid()).unwrap();
        network.cut_between(0, 2).unwrap();
        network.cut_between(0, 1).unwrap();
        network.cut_off(1).unwrap();
        // A container owns its network namespace: it may forget where the other one is.
        third.namespace().enter(|netlink| Cable::new(0).find_from(netlink)).unwrap();
        network.heal().unwrap();
        assert_connected(&nodes);
        third.reach(nodes[0].address()).unwrap();
    });
}

#[test]
fn healing_says_whom_it_does_not_reach_and_heals_the_others() {
    in_own_namespaces("healing_says_whom_it_does_not_reach_and_heals_the_others", || {
        let (mut network, nodes) = pair();
        let third = Node::start(2);
        network.plug(2, third.pid()).unwrap();
        network.cut_off(0).unwrap();
        network.cut_off(2).unwrap();
        network.cut_between(0, 1).unwrap();
        network.cut_between(0, 2).unwrap();
        third.namespace().enter(|netlink| netlink.remove(2)).unwrap();
        let problem = format!("{:#}", network.heal().unwrap_err());
        assert!(problem.starts_with("healing the network of 'node2': "), "{problem}");
        assert_connected(&nodes);
        network.heal().unwrap();
    });
}

/// What is cut would be reached by an address that nobody has given.
#[test]
fn there_is_no_ipv6_but_on_the_loopback() {
    in_own_namespaces("there_is_no_ipv6_but_on_the_loopback", || {
        let (_network, nodes) = pair();
        assert_connected(&nodes);
        for node in &nodes {
            assert!(node.devices_with_ipv6().iter().all(|device| device == "lo"), "{:?}", node.devices_with_ipv6());
        }
    });
}

#[test]
fn any_user_may_listen_on_any_port_and_send_echo_requests() {
    in_own_namespaces("any_user_may_listen_on_any_port_and_send_echo_requests", || {
        let (_network, [node, _]) = pair();
        assert_eq!(node.read("/proc/sys/net/ipv4/ip_unprivileged_port_start"), "0\n");
        // A group that the namespace does not map is none that it may name.
        assert_eq!(node.read("/proc/sys/net/ipv4/ping_group_range"), "0\t0\n");
    });
}

#[test]
fn one_in_the_network_of_the_script_gets_no_cable() {
    in_own_namespaces("one_in_the_network_of_the_script_gets_no_cable", || {
        let mut network = Network::new().unwrap();
        network.plug(0, rustix::process::getpid()).unwrap();
        network.cut_off(0).unwrap();
        network.heal().unwrap();
        assert!(!fs::read_to_string("/proc/self/net/dev").unwrap().contains("node0"));
    });
}

#[test]
fn one_that_has_ended_is_named() {
    in_own_namespaces("one_that_has_ended_is_named", || {
        let mut network = Network::new().unwrap();
        let problem = network.plug(3, Pid::from_raw(i32::MAX).unwrap()).unwrap_err();
        expect_test::expect![[
            "plugging in 'node3': opening '/proc/2147483647/ns/net': No such file or directory (os error 2)"
        ]]
        .assert_eq(&format!("{problem:#}"));
    });
}

#[test]
fn addresses_follow_each_other() {
    assert_eq!(Network::address(0).to_string(), "192.168.83.2");
    assert_eq!(Network::address(199).to_string(), "192.168.83.201");
}
