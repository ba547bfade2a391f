package dev.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.platform.json.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplatesTest {
    private static final Map<String, Object> FRAME = Map.of(
            "static",
            "/console/static/0",
            "person",
            "<ada>",
            "token",
            "t",
            "origin",
            "http://here",
            "may",
            Map.of("operate", true));

    private final Templates templates = new Templates();

    @Test
    void whatIsShownIsEscaped() {
        var run = Json.stored("""
                {"id": "01a22344-0529-73cc-9b1f-c798a4c571f3", "lane": "<script>alert(1)</script>", "state": "running",
                 "subject": "a & b", "attempt": 2, "submittedAt": "2026-11-28T17:46:00Z"}""");
        var html = templates.render(
                "runs",
                Map.of(
                        "page",
                        FRAME,
                        "runs",
                        Map.of("items", List.of(run)),
                        "tabs",
                        List.of(),
                        "chips",
                        List.of(),
                        "filters",
                        Map.of("lane", "\"><b>"),
                        "isFirst",
                        true));

        assertThat(html)
                .contains("&lt;script&gt;alert(1)", "a &amp; b", "&lt;ada&gt;", "value=\"&quot;&gt;&lt;b&gt;\"")
                .contains("<use href=\"#s-running\"/>", ">28 Nov 17:46</time>")
                .doesNotContain("NOT_FOUND", "null", "<script>alert", "{");
    }
}
