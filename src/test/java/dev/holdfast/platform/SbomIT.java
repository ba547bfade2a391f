package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

class SbomIT {
    @Test
    void theBillOfMaterialsNamesTheJarsOfTheWarAndNoOthers() throws IOException {
        var bill = JsonMapper.builder()
                .build()
                .readTree(Path.of("target", "holdfast-sbom.json").toFile());

        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bill.at("/metadata/component/name").asText()).isEqualTo("holdfast");
        assertThat(bill.path("components").valueStream().map(SbomIT::jar))
                .containsExactlyInAnyOrderElementsOf(shipped());
        assertThat(bill.path("components")).allSatisfy(component -> {
            assertThat(component.path("purl").asText()).startsWith("pkg:maven/");
            assertThat(component.path("hashes")).isNotEmpty();
        });
    }

    private static String jar(JsonNode component) {
        return component.path("name").asText() + "-" + component.path("version").asText() + ".jar";
    }

    private static List<String> shipped() throws IOException {
        try (var war = new ZipFile(Path.of(System.getProperty("holdfast.server"), "apps", "holdfast.war")
                .toFile())) {
            return war.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.startsWith("WEB-INF/lib/") && name.endsWith(".jar"))
                    .map(name -> name.substring("WEB-INF/lib/".length()))
                    .toList();
        }
    }
}
