package dev.holdfast.testkit;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.rest.HoldfastApi;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The server that Arquillian starts: the packaged one's configuration and libraries, on a database of its own. To be named
 * before {@code ArquillianExtension}, which starts it; inside of the server it does nothing.
 */
public final class InsideLiberty implements BeforeAllCallback {
    private static final String SERVER = "inside-liberty";

    private static boolean prepared;

    /** The packaged WAR, whole, with a test in it. */
    public static WebArchive holdfastWith(Class<?> test) {
        var packaged = new File(System.getProperty("holdfast.server"), "apps/holdfast.war");
        return ShrinkWrap.createFromZipFile(WebArchive.class, packaged)
                .addClasses(test, InsideLiberty.class)
                .addAsLibrary(jarOf(Assertions.class));
    }

    /** A WAR that uses the client, as one of its users', and knows a Holdfast and its key. */
    public static WebArchive userOf(URI holdfast, String key, Class<?> test) {
        return ShrinkWrap.create(WebArchive.class, "user.war")
                .addPackages(false, HoldfastClient.class.getPackage(), HoldfastApi.class.getPackage())
                .addClass(test)
                .addClass(InsideLiberty.class)
                .addAsLibraries(
                        jarOf(Assertions.class),
                        jarOf(ObjectMapper.class),
                        jarOf(JsonFactory.class),
                        jarOf(JsonProperty.class),
                        jarOf(JavaTimeModule.class))
                .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml")
                .addAsResource(
                        new StringAsset("holdfast/mp-rest/url=" + holdfast + "\nholdfast.key=" + key + "\n"),
                        "META-INF/microprofile-config.properties");
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        synchronized (InsideLiberty.class) {
            if (System.getProperty("holdfast.server") != null && !prepared) {
                prepare(TestRun.directory().resolve(SERVER).resolve("servers").resolve(SERVER));
                prepared = true;
            }
        }
    }

    private static void prepare(Path server) {
        var packaged = Path.of(System.getProperty("holdfast.server"));
        var database = TestPostgres.shared().newDatabase();
        try {
            WorkArea.prepare(server);
            Files.createDirectories(server.resolve("dropins"));
            Files.createDirectories(server.resolve("configDropins/overrides"));
            for (var file : List.of("server.xml", "database.xml")) {
                Files.writeString(server.resolve(file), openToArquillian(Files.readString(packaged.resolve(file))));
            }
            Files.deleteIfExists(server.resolve("lib"));
            Files.createSymbolicLink(server.resolve("lib"), packaged.resolve("lib"));
            Files.writeString(server.resolve("configDropins/overrides/database.xml"), """
                    <server>
                        <featureManager><feature>mpRestClient-4.0</feature></featureManager>
                        <variable name="HOLDFAST_HTTP_PORT" value="%d"/>
                        <variable name="HOLDFAST_NODE_NAME" value="inside-liberty"/>
                        <variable name="HOLDFAST_BOOTSTRAP_KEY" value="%s"/>
                        <variable name="HOLDFAST_DB_URL" value="%s"/>
                        <variable name="HOLDFAST_DB_USER" value="%s"/>
                        <variable name="HOLDFAST_DB_PASSWORD" value="%s"/>
                    </server>
                    """.formatted(
                    TestRun.freePort(), Cluster.BOOTSTRAP_KEY, database.url(), database.user(), database.password()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Arquillian deploys while the server runs, and the WAR comes with a test in it. */
    private static String openToArquillian(String configuration) {
        return configuration
                .replaceAll("(?s)<webApplication.*</webApplication>", "")
                // By this name the driver's library is the one that is seen by what is dropped in.
                .replace("\"postgresql\"", "\"global\"")
                .replaceAll(
                        "<applicationMonitor[^>]*>",
                        "<applicationMonitor updateTrigger='mbean' dropinsEnabled='true'/>");
    }

    private static File jarOf(Class<?> type) {
        try {
            return new File(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
