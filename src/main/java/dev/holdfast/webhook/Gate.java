package dev.holdfast.webhook;

import dev.holdfast.platform.Network;
import dev.holdfast.platform.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where webhooks may go. A name is resolved here, once for each attempt, and what it resolves to is checked: the connection
 * is made to that address, and nobody asks again. One bad address among several is enough to be turned away.
 */
@ApplicationScoped
class Gate {
    private static final int LONGEST = 2_000;
    private static final int FIRST_UNPRIVILEGED = 1024;

    /** What resolvers of old take for an address too: 127.1, 0x7f000001, 017700000001. */
    private static final Pattern LOOKS_LIKE_AN_ADDRESS = Pattern.compile("(?:.*\\.)?(?:0[xX][0-9a-fA-F]*|[0-9]+)");

    private static final Pattern NAME =
            Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*");

    private final List<Network> allowed;
    private final Resolver resolver;

    protected Gate() { // for the proxy
        this(List.of(), null);
    }

    @Inject
    Gate(Settings settings) {
        this(settings.webhookNetworks(), InetAddress::getAllByName);
    }

    Gate(List<Network> allowed, Resolver resolver) {
        this.allowed = allowed;
        this.resolver = resolver;
    }

    /** Finds the addresses of a name. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /** It may not go there. The message is for who made the webhook, and holds no address that a name resolved to. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** What can be said without asking for an address. */
    URI checked(String url) throws Refused {
        var uri = parsed(url);
        var host = host(uri);
        boolean plain = uri.getScheme().equals("http");
        if (Network.isLiteral(host)) {
            checkAddress(literal(host), plain, uri.getPort());
        } else if (plain && allowed.isEmpty()) {
            throw new Refused("must begin with https://");
        } else if (!NAME.matcher(host).matches()
                || LOOKS_LIKE_AN_ADDRESS.matcher(host).matches()) {
            throw new Refused("must name a host, or have an address in the usual form");
        }
        return uri;
    }

    /** The address to connect to, and no other. */
    InetAddress open(URI checked) throws Refused {
        try {
            var addresses = resolver.resolve(host(checked));
            for (var address : addresses) {
                checkAddress(address, checked.getScheme().equals("http"), checked.getPort());
            }
            return addresses[0];
        } catch (UnknownHostException e) {
            throw new Refused("its host has no address");
        }
    }

    private void checkAddress(InetAddress address, boolean plain, int port) throws Refused {
        if (allowed.stream().anyMatch(network -> network.contains(address))) {
            return;
        }
        if (!Addresses.arePublic(address)) {
            throw new Refused("must not lead to an address that is private or reserved");
        }
        if (plain) {
            throw new Refused("must begin with https://");
        }
        if (port != -1 && port != 443 && port < FIRST_UNPRIVILEGED) {
            throw new Refused("must have the port 443, or one of 1024 and more");
        }
    }

    private static URI parsed(String url) throws Refused {
        if (url.length() > LONGEST) {
            throw new Refused("must have at most " + LONGEST + " characters");
        }
        var uri = uri(url);
        if (!("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
            throw new Refused("must begin with https://");
        }
        if (uri.getHost() == null || !url.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new Refused("must be an absolute URL with a host, in ASCII");
        }
        if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw new Refused("must have neither a user nor a fragment");
        }
        if (uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw new Refused("must have a port from 1 to 65535");
        }
        return uri;
    }

    private static URI uri(String url) throws Refused {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw new Refused("must be an absolute URL");
        }
    }

    private static InetAddress literal(String host) throws Refused {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new Refused("must name a host, or have an address in the usual form");
        }
    }

    /** Without the brackets of IPv6. */
    static String host(URI uri) {
        var host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }
}
