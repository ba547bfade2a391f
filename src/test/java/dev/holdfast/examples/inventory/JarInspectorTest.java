package dev.holdfast.examples.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.client.PermanentFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarInspectorTest {
    private static final String JAR = "org/acme/thing/1.2/thing-1.2.jar";

    @TempDir
    private Path repository;

    @Test
    void readsAJarFromEndToEnd() throws Exception {
        aJar(Map.of(
                "META-INF/MANIFEST.MF",
                text("Manifest-Version: 1.0\nMulti-Release: true\nImplementation-Title: Thing\nBuilt-By: me\n"
                        + "Automatic-Module-Name: org.acme.thing\n\n"),
                "org/acme/A.class",
                classFile(52),
                "org/acme/deep/B.class",
                classFile(55),
                "META-INF/versions/21/org/acme/A.class",
                classFile(65),
                "module-info.class",
                classFile(66),
                "org/acme/liar.class",
                text("no class")));

        JarFacts facts = inspected();

        assertThat(facts.entries()).isEqualTo(6);
        assertThat(facts.size()).isEqualTo(Files.size(repository.resolve(JAR)));
        assertThat(facts.sha256()).matches("[0-9a-f]{64}");
        assertThat(facts.manifest()).containsOnlyKeys("Multi-Release", "Implementation-Title", "Automatic-Module-Name");
        assertThat(facts.multiRelease()).isTrue();
        assertThat(facts.packages()).containsExactly("org.acme", "org.acme.deep");
        assertThat(facts.classes()).isEqualTo(5);
        assertThat(facts.classFileVersion()).isEqualTo(55);
        assertThat(facts.licence()).isNull();
    }

    @Test
    void readsAJarWithNothingInIt() throws Exception {
        aJar(Map.of("a.txt", text("")));

        assertThat(inspected().manifest()).isEmpty();
        assertThat(inspected().classFileVersion()).isNull();
        assertThat(inspected().multiRelease()).isFalse();
    }

    @Test
    void trustsTheLicenceInTheJarFirst() throws Exception {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("META-INF/MANIFEST.MF", text("Manifest-Version: 1.0\nBundle-License: MIT\n\n"));
        entries.put("META-INF/LICENSE.txt", text("   Apache License\n    Version 2.0, January 2004"));
        aJar(entries);

        assertThat(inspected().licence()).isEqualTo("Apache-2.0");
        assertThat(inspected().licenceSource()).isEqualTo("META-INF/LICENSE.txt");
    }

    @Test
    void asksTheManifestAndThenThePom() throws Exception {
        aJar(Map.of("META-INF/MANIFEST.MF", text("Manifest-Version: 1.0\nBundle-License: of our own\n\n")));
        assertThat(inspected().licence()).isEqualTo("of our own");

        aPom(JAR.replace(".jar", ".pom"), "<licenses><license><name>The MIT License</name></license></licenses>");
        assertThat(inspected().licence()).isEqualTo("MIT");
        assertThat(inspected().licenceSource()).isEqualTo("pom");
    }

    @Test
    void followsThePomToItsParent() throws Exception {
        aJar(Map.of("a.txt", text("")));
        aPom(
                JAR.replace(".jar", ".pom"),
                "<parent><groupId>org.acme</groupId><artifactId>all</artifactId><version>3</version></parent>");
        aPom(
                "org/acme/all/3/all-3.pom",
                "<licenses><license><url>https://www.eclipse.org/legal/epl-2.0/</url></license></licenses>");

        assertThat(inspected().licence()).isEqualTo("EPL-2.0");
    }

    @Test
    void readsNoOtherFileBecauseAPomSaysSo() throws Exception {
        aJar(Map.of("a.txt", text("")));
        Path secret = Files.writeString(repository.resolve("secret"), "MIT");
        Files.writeString(
                repository.resolve(JAR.replace(".jar", ".pom")),
                "<!DOCTYPE p [<!ENTITY e SYSTEM '" + secret.toUri() + "'>]>"
                        + "<project><licenses><license><name>&e;</name></license></licenses></project>");

        assertThat(inspected().licence()).isNull();
    }

    @Test
    void refusesForGoodWhatIsNoJar() throws Exception {
        Files.createDirectories(repository.resolve(JAR).getParent());
        Files.writeString(repository.resolve(JAR), "a poem");

        assertThat(refusal(JAR)).isEqualTo("not_a_jar");
    }

    @Test
    void refusesForGoodAJarThatBreaksOff() throws Exception {
        aJar(Map.of("org/acme/A.class", classFile(52)));
        byte[] whole = Files.readAllBytes(repository.resolve(JAR));
        Files.write(repository.resolve(JAR), Arrays.copyOf(whole, whole.length - 30));

        assertThat(refusal(JAR)).isEqualTo("not_a_jar");
    }

    @Test
    void refusesForGoodWhatIsNotThereOrNotItsBusiness() throws Exception {
        Files.writeString(repository.resolve("outside"), "");

        assertThat(refusal("org/acme/none.jar")).isEqualTo("jar_missing");
        assertThat(refusal("../" + repository.getFileName() + "x/../../etc/passwd"))
                .isEqualTo("not_in_repository");
    }

    private JarFacts inspected() throws Exception {
        return new JarInspector(repository).inspect(JAR);
    }

    private String refusal(String path) {
        return catchThrowableOfType(PermanentFailure.class, () -> new JarInspector(repository).inspect(path))
                .code();
    }

    private void aJar(Map<String, byte[]> entries) throws IOException {
        Path file = repository.resolve(JAR);
        Files.createDirectories(file.getParent());
        try (ZipOutputStream jar = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                jar.putNextEntry(new ZipEntry(entry.getKey()));
                jar.write(entry.getValue());
            }
        }
    }

    private void aPom(String path, String inside) throws IOException {
        Files.createDirectories(repository.resolve(path).getParent());
        Files.writeString(repository.resolve(path), "<project>" + inside + "</project>");
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] classFile(int version) {
        return new byte[] {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, (byte) version, 9, 9};
    }
}
