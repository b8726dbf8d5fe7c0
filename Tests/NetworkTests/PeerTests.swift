// Addresses, networks and peers against Python's `ipaddress` module, whose answers stand here.

import Network
import TestKit
import Testing

@Suite struct PeerTests {
    @Test(
        "an address is written as RFC 5952 says, and IPv4 within IPv6 is IPv4",
        arguments: [
            ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::FFFF:a01:203", "10.1.2.3"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
            ("255.255.255.255", "255.255.255.255"),
            ("::10.1.2.3", "::10.1.2.3"),
        ])
    func texts(given: String, expected: String) throws {
        #expect(try #require(IPAddress(given)).description == expected)
    }

    @Test(
        "what is not a numeric address is none",
        arguments: ["", "10.1.2", "localhost", "10.1.2.3 ", "1::2::3", "fe80::1%eth0"])
    func notAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("bytes make an address where there are 4 or 16")
    func bytes() {
        #expect(IPAddress(bytes: [192, 0, 2, 1]) == IPAddress("192.0.2.1"))
        #expect(
            IPAddress(bytes: [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [9]) == IPAddress("2001:db8::9"))
        for count in [0, 3, 5, 15, 17] { #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil) }
    }

    @Test(
        "a network contains its first and last address, and neither neighbour",
        arguments: [
            ("10.16.0.0/12", "10.16.0.0", "10.31.255.255", "10.15.255.255", "10.32.0.0"),
            ("192.0.2.64/26", "192.0.2.64", "192.0.2.127", "192.0.2.63", "192.0.2.128"),
            ("172.16.16.0/20", "172.16.16.0", "172.16.31.255", "172.16.15.255", "172.16.32.0"),
            ("198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100.6", "198.51.100.8"),
            (
                "2001:db8:0:8::/61", "2001:db8:0:8::", "2001:db8:0:f:ffff:ffff:ffff:ffff", "2001:db8:0:7::",
                "2001:db8:0:10::"
            ),
            ("2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db8:0:1::"),
            ("2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", "2001:db7::1", "2001:db8::8000:0:0:0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
        ])
    func edges(network: String, first: String, last: String, before: String, after: String) throws {
        let network = try #require(SourceNetwork(network))
        for inside in [first, last] { #expect(network.contains(try #require(IPAddress(inside)))) }
        for outside in [before, after] { #expect(!network.contains(try #require(IPAddress(outside)))) }
    }

    @Test("an IPv6 network contains no IPv4 address, nor the other way round")
    func families() throws {
        #expect(try !#require(SourceNetwork("::/0")).contains(#require(IPAddress("10.0.0.1"))))
        #expect(try !#require(SourceNetwork("0.0.0.0/0")).contains(#require(IPAddress("::1"))))
    }

    @Test("limits count an IPv6 site together, and IPv4 addresses and users each on their own")
    func sources() {
        #expect(("2001:db8::1" as Peer).source == ("2001:db8::ffff:0:0:9" as Peer).source)
        #expect(("2001:db8::1" as Peer).source != ("2001:db8:0:1::1" as Peer).source)
        #expect(("2001:db8::1" as Peer).source.description == "2001:db8::/64")
        #expect(("10.0.0.1" as Peer).source != ("10.0.0.2" as Peer).source)
        #expect(("::ffff:10.0.0.1" as Peer).source == ("10.0.0.1" as Peer).source)
        #expect(("uid:1" as Peer).source != ("uid:2" as Peer).source)
        #expect(("uid:1" as Peer).text == "uid:1")
        #expect(Peer.unknown.text.isEmpty)
    }
}
