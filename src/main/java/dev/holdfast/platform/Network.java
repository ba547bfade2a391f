package dev.holdfast.platform;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Addresses that begin alike. @param bits in which they do */
public record Network(InetAddress first, int bits) {
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern LITERAL = Pattern.compile(BYTE + "(\\." + BYTE + "){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    /** @param text such as 10.0.0.0/8, fd00::/8 or a single address @throws IllegalArgumentException if it is none */
    public static Network of(String text) {
        var parts = text.strip().split("/", 2);
        if (!isLiteral(parts[0])) {
            throw new IllegalArgumentException(text);
        }
        var first = literal(parts[0]);
        int most = first.getAddress().length * 8;
        int bits = parts.length == 1 ? most : Integer.parseInt(parts[1]);
        if (bits < 0 || bits > most) {
            throw new IllegalArgumentException(text);
        }
        return new Network(first, bits);
    }

    /** @param text parted by commas, blank for none */
    public static List<Network> all(String text) {
        return text.isBlank()
                ? List.of()
                : Arrays.stream(text.split(",", -1)).map(Network::of).toList();
    }

    /** Whether the text is an address, written in the one usual way. */
    public static boolean isLiteral(String text) {
        return LITERAL.matcher(text).matches();
    }

    public boolean contains(InetAddress address) {
        var theirs = address.getAddress();
        var ours = first.getAddress();
        if (theirs.length != ours.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            if (((theirs[bit / 8] ^ ours[bit / 8]) & (0x80 >> bit % 8)) != 0) {
                return false;
            }
        }
        return true;
    }

    private static InetAddress literal(String text) {
        try {
            return InetAddress.getByName(text); // asks nobody: it is no name
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
