package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.platform.Network;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where webhooks may go. The tricks are those of the page that tells people of them. */
class GateTest {
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([^`]+)` \\|([^|]*)\\|([^|]*)\\|$");
    private static final String PUBLIC = "93.184.216.34";

    /** @param resolved what a name leads to; empty if it is an address, or none */
    record Trick(String url, List<String> resolved, String what) {
        @Override
        public String toString() {
            return what + ": " + url;
        }
    }

    static Stream<Trick> tricks() throws IOException {
        var page = Files.readString(Path.of("src/site/markdown/webhooks.md"));
        var table = page.substring(page.indexOf("<!-- tricks -->"), page.indexOf("<!-- /tricks -->"));
        return ROW.matcher(table)
                .results()
                .map(row -> new Trick(
                        row.group(1), addresses(row.group(2)), row.group(3).strip()));
    }

    @Test
    void theTableHasFortyTricksAndMore() throws IOException {
        assertThat(tricks()).hasSizeGreaterThanOrEqualTo(40);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tricks")
    void noTrickLeadsAnywhere(Trick trick) {
        var gate = gate(List.of(), trick.resolved());
        assertThatThrownBy(() -> gate.open(gate.checked(trick.url()))).isInstanceOf(Gate.Refused.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.test/",
                "https://hooks.test:8443/a?b=c",
                "https://93.184.216.34/",
                "https://[2606:2800:220:1:248:1893:25c8:1946]/",
                "https://a-1.b.example"
            })
    void thePublicIsReachedAtTheAddressThatWasChecked(String url) throws Exception {
        var gate = gate(List.of(), url.contains("[") ? List.of("2606:2800:220:1:248:1893:25c8:1946") : List.of(PUBLIC));
        assertThat(Addresses.arePublic(gate.open(gate.checked(url)))).isTrue();
    }

    @Test
    void whatIsAllowedIsReachedByPlainHttpToo() throws Exception {
        var gate = gate(Network.all("10.1.0.0/16, ::1"), List.of("10.1.2.3"));
        assertThat(gate.open(gate.checked("http://hooks.test:81/")).getHostAddress())
                .isEqualTo("10.1.2.3");
        var other = gate(Network.all("10.1.0.0/16"), List.of("10.2.2.3"));
        assertThatThrownBy(() -> other.open(other.checked("https://hooks.test/")))
                .isInstanceOf(Gate.Refused.class);
        var outside = gate(Network.all("10.1.0.0/16"), List.of(PUBLIC));
        assertThatThrownBy(() -> outside.open(outside.checked("http://hooks.test/")))
                .hasMessage("must begin with https://");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "10.0.0/8", "localhost", "::/129", "10.0.0.0/-1", "10.0.0.0/x", ","})
    void aNetworkThatIsNoneIsRefused(String text) {
        assertThatThrownBy(() -> Network.all(text)).isInstanceOf(IllegalArgumentException.class);
    }

    /** The edges of what is set aside, one address within and one beside. */
    @Test
    void theEdgesAreWhereTheyAre() throws UnknownHostException {
        var within = List.of(
                "172.16.0.0",
                "172.31.255.255",
                "100.127.255.255",
                "198.19.255.255",
                "239.255.255.255",
                "2001:1ff::",
                "3fff:fff::");
        var beside = List.of(
                "172.15.255.255",
                "172.32.0.0",
                "100.128.0.0",
                "198.20.0.0",
                "223.255.255.255",
                "2001:200::",
                "2003::",
                "9.255.255.255",
                "11.0.0.0");
        for (var address : within) {
            assertThat(Addresses.arePublic(InetAddress.getByName(address)))
                    .as(address)
                    .isFalse();
        }
        for (var address : beside) {
            assertThat(Addresses.arePublic(InetAddress.getByName(address)))
                    .as(address)
                    .isTrue();
        }
    }

    private static Gate gate(List<Network> allowed, List<String> resolved) {
        return new Gate(allowed, host -> {
            if (resolved.isEmpty()) {
                return InetAddress.getAllByName(Network.isLiteral(host) ? host : "127.0.0.1");
            }
            return resolved.stream().map(GateTest::address).toArray(InetAddress[]::new);
        });
    }

    private static List<String> addresses(String cell) {
        return Arrays.stream(cell.split(","))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .toList();
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
