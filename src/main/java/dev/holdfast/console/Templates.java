package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.json.Json;
import io.quarkus.qute.Engine;
import io.quarkus.qute.Expression;
import io.quarkus.qute.RawString;
import io.quarkus.qute.ResultMapper;
import io.quarkus.qute.TemplateLocator;
import io.quarkus.qute.TemplateNode.Origin;
import io.quarkus.qute.UserTagSectionHelper;
import io.quarkus.qute.Variant;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * The pages' templates. To them everything is JSON, what the API answered and the console's own records alike: a member that
 * is not there is nothing, and prints nothing. Whatever they print is escaped.
 */
@ApplicationScoped
class Templates {
    private static final String[] TAGS = {
        "state", "time", "run", "json", "token", "icon", "more", "problem", "empty", "field", "mark"
    };

    private static final String[] PAGES = {
        "layout",
        "login",
        "kept",
        "knock",
        "trouble",
        "overview",
        "runs",
        "run",
        "confirm",
        "sweeps",
        "sweep",
        "keys",
        "revoke",
        "approvals",
        "approval",
        "decisions",
        "lanes",
        "lane",
        "lane-form",
        "workers",
        "schedules",
        "schedule",
        "schedule-form",
        "webhooks",
        "webhook",
        "webhook-form",
        "webhook-secret"
    };

    private final Engine engine;

    Templates() {
        var builder = Engine.builder()
                .addDefaults()
                .addValueResolver(new Members())
                .addValueResolver(new Words())
                .addResultMapper(new Escaped())
                .strictRendering(false)
                .removeStandaloneLines(true)
                .addLocator(Templates::locate);
        for (var tag : TAGS) {
            builder.addSectionHelper(new UserTagSectionHelper.Factory(tag, "tags/" + tag));
        }
        engine = builder.build();
        for (var page : PAGES) {
            if (engine.getTemplate(page) == null) {
                throw new IllegalStateException("the console lacks its page " + page);
            }
        }
    }

    String render(String page, Map<String, ?> data) {
        var template = engine.getTemplate(page).instance();
        data.forEach((name, value) ->
                template.data(name, Members.plain(value instanceof JsonNode node ? node : Json.tree(value))));
        return template.render();
    }

    private static Optional<TemplateLocator.TemplateLocation> locate(String id) {
        var text = new String(Assets.read("pages/" + id + ".html"), StandardCharsets.UTF_8).strip();
        return Optional.of(new TemplateLocator.TemplateLocation() {
            @Override
            public Reader read() {
                return new StringReader(text);
            }

            @Override
            public Optional<Variant> getVariant() {
                return Optional.of(Variant.forContentType("text/html"));
            }
        });
    }

    private static final class Escaped implements ResultMapper {
        @Override
        public boolean appliesTo(Origin origin, Object result) {
            return !(result instanceof RawString);
        }

        @Override
        public String map(Object result, Expression expression) {
            return escaped(Words.text(result));
        }
    }

    static String escaped(String text) {
        var safe = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.append(c);
            }
        }
        return safe.toString();
    }
}
