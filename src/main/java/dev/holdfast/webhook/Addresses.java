package dev.holdfast.webhook;

import dev.holdfast.platform.Network;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which addresses the world can reach. Of IPv6 that is the one part that is given out for it, less what is set aside there:
 * so the ways to hide an address of IPv4 in one of IPv6 lead nowhere.
 */
final class Addresses {
    private static final List<Network> NOT_IN_IPV4 = networks(
            "0.0.0.0/8", // this network
            "10.0.0.0/8", // private
            "100.64.0.0/10", // shared, behind a carrier's NAT; also Alibaba's metadata
            "127.0.0.0/8", // loopback
            "168.63.129.16/32", // Azure's own, public as it looks
            "169.254.0.0/16", // link-local; the metadata of most clouds
            "172.16.0.0/12", // private
            "192.0.0.0/24", // protocols; Oracle's metadata
            "192.0.2.0/24", // documentation
            "192.88.99.0/24", // relays of 6to4
            "192.168.0.0/16", // private
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24", // documentation
            "203.0.113.0/24", // documentation
            "224.0.0.0/4", // multicast
            "240.0.0.0/4"); // reserved, and broadcast

    private static final Network GLOBAL_IN_IPV6 = Network.of("2000::/3");

    private static final List<Network> NOT_IN_IPV6 = networks(
            "2001::/23", // protocols: Teredo, ORCHID, benchmarks
            "2001:db8::/32", // documentation
            "2002::/16", // 6to4
            "3fff::/20", // documentation
            "3ffe::/16"); // the test network of old

    private Addresses() {}

    static boolean arePublic(InetAddress address) {
        if (address instanceof Inet4Address) {
            return NOT_IN_IPV4.stream().noneMatch(network -> network.contains(address));
        }
        return GLOBAL_IN_IPV6.contains(address) && NOT_IN_IPV6.stream().noneMatch(network -> network.contains(address));
    }

    private static List<Network> networks(String... texts) {
        return Stream.of(texts).map(Network::of).toList();
    }
}
