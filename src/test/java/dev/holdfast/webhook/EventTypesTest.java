package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventTypesTest {
    @Test
    void theKnownTypesAreThoseOfTheContract() throws IOException {
        var document = new YAMLMapper().readTree(EventTypes.class.getResource("/META-INF/openapi.yaml"));
        var schemas = document.at("/components/schemas");
        var told = new HashSet<String>();
        schemas.at("/EventType/anyOf/0/enum").forEach(type -> told.add(type.asText()));
        schemas.at("/TenantEventType/enum").forEach(type -> told.add(type.asText()));
        assertThat(EventTypes.known()).isEqualTo(told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "completed", "c*", "worker.*", "worker.step", "worker.step.*", "w*", "lane_*"})
    void whatCanHappenMayBeWanted(String pattern) {
        assertThat(EventTypes.isSensible(pattern)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "complete", "Completed", "worker.", "x*", "*.*", "**", "worker.A", "lane_*d", " "})
    void whatNeverHappensIsRefused(String pattern) {
        assertThat(EventTypes.isSensible(pattern)).isFalse();
    }

    @Test
    void aPatternIncludesWhatBeginsLikeIt() {
        var wanted = new EventTypes(List.of("completed", "worker.*"));
        assertThat(wanted.include("completed")).isTrue();
        assertThat(wanted.include("worker.step")).isTrue();
        assertThat(wanted.include("claimed")).isFalse();
        assertThat(new EventTypes(List.of("*")).include("claimed")).isTrue();
    }
}
