package dev.holdfast.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
    @TempDir
    Path directory;

    @Test
    void dataLieBesideWhereTheServerIsUnpackedUnlessSaidOtherwise() {
        assertThat(prepared(Map.of()))
                .containsEntry(
                        "HOLDFAST_DATA_DIR",
                        directory.resolve(".holdfast/postgresql").toString())
                .doesNotContainKey("HOLDFAST_BOOTSTRAP_KEY_FILE");
        assertThat(prepared(Map.of("HOLDFAST_DATA_DIR", "")))
                .containsEntry(
                        "HOLDFAST_DATA_DIR",
                        directory.resolve(".holdfast/postgresql").toString());
        assertThat(prepared(Map.of("HOLDFAST_DATA_DIR", "data", "HOLDFAST_BOOTSTRAP_KEY_FILE", "/etc/key")))
                .as("what is relative is so to where the user is")
                .containsEntry("HOLDFAST_DATA_DIR", directory.resolve("data").toString())
                .containsEntry("HOLDFAST_BOOTSTRAP_KEY_FILE", "/etc/key");
        assertThat(prepared(Map.of("WLP_USER_DIR", "/other", "HOLDFAST_HTTP_PORT", "9180")))
                .doesNotContainKey("WLP_USER_DIR")
                .containsEntry("HOLDFAST_HTTP_PORT", "9180");
    }

    @Test
    void theServerIsUnpackedOnceAJarAndWhatLiesBesideStays() throws IOException {
        var server = directory.resolve("server");
        var data = Files.writeString(directory.resolve("data"), "data");
        var wlp = jar("one").unpackedIn(server);
        assertThat(wlp.resolve("bin/server")).hasContent("one").isExecutable();
        assertThat(wlp.resolve("usr/servers/holdfast/server.xml")).hasContent("one");
        assertThat(server.resolve("dev")).as("what is not the server's").doesNotExist();

        Files.writeString(wlp.resolve("bin/server"), "changed");
        jarAsItIs().unpackedIn(server);
        assertThat(wlp.resolve("bin/server")).as("not again").hasContent("changed");

        Files.delete(server.resolve("unpacked"));
        jarAsItIs().unpackedIn(server);
        assertThat(wlp.resolve("bin/server")).as("the last time was cut off").hasContent("one");

        Files.writeString(wlp.resolve("of-the-old-one"), "");
        jar("the second").unpackedIn(server);
        assertThat(wlp.resolve("bin/server")).hasContent("the second").isExecutable();
        assertThat(wlp.resolve("of-the-old-one")).doesNotExist();
        assertThat(data).hasContent("data");
    }

    @Test
    void noEntryLeavesTheDirectory() throws IOException {
        try (var jar = new JarOutputStream(Files.newOutputStream(directory.resolve("holdfast.jar")))) {
            jar.putNextEntry(new ZipEntry("wlp/../../outside"));
        }
        jarAsItIs().unpackedIn(directory.resolve("server"));
        assertThat(directory.resolve("outside")).doesNotExist();
    }

    private Map<String, String> prepared(Map<String, String> given) {
        var environment = new HashMap<>(given);
        Launcher.prepare(environment, directory.resolve(".holdfast"));
        assertThat(environment).containsEntry("JAVA_HOME", System.getProperty("java.home"));
        return environment;
    }

    private ServerOfJar jar(String content) throws IOException {
        try (var jar = new JarOutputStream(Files.newOutputStream(directory.resolve("holdfast.jar")))) {
            for (var name :
                    new String[] {"wlp/bin/server", "wlp/usr/servers/holdfast/server.xml", "dev/Launcher.class"}) {
                jar.putNextEntry(new ZipEntry(name));
                jar.write(content.getBytes());
            }
        }
        return jarAsItIs();
    }

    private ServerOfJar jarAsItIs() {
        return new ServerOfJar(directory.resolve("holdfast.jar"));
    }
}
