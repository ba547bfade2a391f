package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What server.xml must not lose, though nothing else would fail for it. */
class ServerConfigurationTest {
    private static final Path CONFIGURATION = Path.of("server-config");

    /**
     * With its cache of callers Liberty makes and signs a single sign-on token for each call that a key opens: an RSA
     * signature, which was seven tenths of what a call cost.
     */
    @Test
    void noCacheOfCallersSignsATokenForEachCall() throws IOException {
        assertThat(serverXml()).contains("<authentication cacheEnabled=\"false\"/>");
    }

    /** Else whoever sends {@code $WSSC: https} came by HTTPS, and {@code $WSRA} says from where. */
    @Test
    void nobodyIsBelievedWhatOnlyAPlugInMaySay() throws IOException {
        assertThat(serverXml()).contains("trustedHeaderOrigin=\"none\"");
    }

    @Test
    void whoIsLetInAndWhoWaitsLeavesADozenThreadsToWhatIsVital() throws IOException {
        assertThat(serverXml()).contains("coreThreads=\"${HOLDFAST_DB_POOL_SIZE+" + (Crowd.MANY + 12) + "}\"");
    }

    @Test
    void serverXmlCanBeReadInOneSitting() throws IOException {
        assertThat(serverXml().lines()).hasSizeLessThanOrEqualTo(100);
    }

    @Test
    void eachPartOfTheConfigurationIsCarriedWhereverTheServerGoes() throws IOException {
        try (var files = Files.list(CONFIGURATION)) {
            var parts = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".xml"))
                    .toList();

            assertThat(parts).contains("server.xml", "database.xml");
            for (var carrier : List.of(
                    "Dockerfile",
                    "src/site/markdown/operate.md",
                    "src/test/java/dev/holdfast/testkit/ServerDirectory.java")) {
                assertThat(Files.readString(Path.of(carrier))).contains(parts);
            }
        }
    }

    private static String serverXml() throws IOException {
        return Files.readString(CONFIGURATION.resolve("server.xml"));
    }
}
