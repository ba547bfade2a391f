package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Collections;

/** A value that RFC 8785 can carry has one text, whoever wrote it and in whatever order. */
class CanonicalFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void G3_theCanonicalTextIsOneAndItsOwn(byte[] body) {
        JsonNode tree;
        try {
            tree = Json.parse(body);
        } catch (MalformedJson refused) {
            return;
        }
        var turned = turned(tree);
        assertThat(Json.digest(turned)).isEqualTo(Json.digest(tree));
        if (Canonical.carries(tree)) {
            var canonical = Canonical.utf8(tree);
            assertThat(Canonical.utf8(Json.parse(canonical))).isEqualTo(canonical);
            assertThat(Canonical.utf8(turned)).isEqualTo(canonical);
        }
    }

    /** The same value with the members of each object the other way round. */
    private static JsonNode turned(JsonNode node) {
        if (node.isObject()) {
            var members = new ArrayList<>(node.properties());
            Collections.reverse(members);
            var turned = JsonNodeFactory.instance.objectNode();
            members.forEach(member -> turned.set(member.getKey(), turned(member.getValue())));
            return turned;
        }
        if (node.isArray()) {
            var turned = JsonNodeFactory.instance.arrayNode();
            node.forEach(element -> turned.add(turned(element)));
            return turned;
        }
        return node;
    }
}
