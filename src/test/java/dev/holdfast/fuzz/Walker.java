package dev.holdfast.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.OpenApi;
import dev.holdfast.testkit.OpenApi.Place;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Operation.Fenced;
import dev.holdfast.testkit.Problems;
import dev.holdfast.testkit.Reply;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One caller who sends one request after the other, learns from each reply, and judges it. */
final class Walker {
    private static final OpenApi API = Contract.published().api();
    private static final List<Operation> OPERATIONS = Contract.published().operations();
    private static final Pattern VARIABLE = Pattern.compile("\\{[^}]+}");
    private static final List<String> STRANGE_IDS =
            List.of("x", "😀", "0", "..x", "a b", "'", "%", "$0", "x".repeat(500));
    private static final int SHOWN = 1_500;

    private static final Map<String, List<String>> STRANGE_HEADERS = Map.of(
            "Accept", List.of("text/html", "application/json;q=x", "*/*;q=0", "json", ",", "application/*"),
            "Content-Type", List.of("text/plain", "application/json;charset=utf-16", "json", "application/xml", "*/*"),
            "Content-Encoding", List.of("identity", "br"),
            "If-Match", List.of("\"1\"", "*", "W/\"1\"", "\"99999999999999999999\"", "1", "\"\"", "\"1\", \"2\""),
            "If-None-Match", List.of("\"1\"", "*", "W/\"2\"", "\"x\", \"3\"", ","),
            "Idempotency-Key", List.of("k", "k".repeat(200), "k".repeat(201), " ", "\u00ff"),
            "X-Correlation-Id", List.of("c", "a b", "c".repeat(129), "<x>"),
            "traceparent", List.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0"));

    static final Map<String, java.util.concurrent.atomic.LongAdder>
            TIMES = new java.util.concurrent.ConcurrentHashMap<>(),
            NUM = new java.util.concurrent.ConcurrentHashMap<>();
    private final Chance chance;
    private final Memory memory;
    private final Inventor inventor;
    private final Spoiler spoiler;
    private final Supplier<Api> newApi;
    private final List<String> otherKeys;
    private final List<String> findings = new ArrayList<>();
    private final Map<Integer, Integer> statuses = new TreeMap<>();
    private Api api;

    /**
     * @param newApi with a key that may do everything in its tenant, until the walk revokes it
     * @param otherKeys that may do less, or nothing
     */
    Walker(long seed, Supplier<Api> newApi, List<String> otherKeys) {
        this.newApi = newApi;
        api = newApi.get();
        this.otherKeys = otherKeys;
        chance = new Chance(seed);
        memory = new Memory(chance);
        inventor = new Inventor(chance, memory);
        spoiler = new Spoiler(chance);
    }

    private record Request(String method, String target, Map<String, String> headers, Object body) {
        @Override
        public String toString() {
            var said = body instanceof byte[] bytes ? new String(bytes, StandardCharsets.ISO_8859_1) : "" + body;
            return method + " " + target + " " + headers + " " + shortened(said);
        }
    }

    Walker walk(int calls) {
        for (int i = 0; i < calls; i++) {
            step(i);
        }
        return this;
    }

    /** What is wrong with replies, each with the request that got it. */
    List<String> findings() {
        return findings;
    }

    Map<Integer, Integer> statuses() {
        return statuses;
    }

    private void step(int number) {
        var operation = chance.of(OPERATIONS);
        var request = request(operation);
        try {
            var reply = send(request);
            statuses.merge(reply.status(), 1, Integer::sum);
            judge(reply);
            if (reply.code().equals("key_revoked") && !request.headers().containsKey("Authorization")) {
                api = newApi.get();
            }
            memory.learn(collection(operation), reply.json());
        } catch (AssertionError | RuntimeException e) {
            findings.add("call %d: %s%n    %s".formatted(number, request, shortened(e.toString())));
        }
    }

    private Reply send(Request request) {
        var sender = api;
        for (var header : request.headers().entrySet()) {
            sender = sender.with(header.getKey(), header.getValue());
        }
        return sender.send(request.method(), request.target(), request.body()); // held against the contract there
    }

    private static void judge(Reply reply) {
        assertThat(reply.status()).as(shortened(reply.text())).isLessThan(500);
        assertThat(reply.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(reply.header("Server")).isNull();
        if (reply.status() >= 400) {
            Problems.assertNoLeak(reply.text());
        }
    }

    private Request request(Operation operation) {
        var collection = collection(operation);
        var claim = operation.fenced() == Fenced.WHOLE ? memory.claim() : Optional.<Claimed>empty();
        var id = claim.map(Claimed::runId).or(() -> memory.idOf(collection));
        var path = path(operation, id.filter(known -> chance.percent(95)));
        var method = chance.percent(1) ? "PATCH" : operation.method();
        var headers = headers(operation, claim.map(Claimed::runKey));
        return new Request(method, path + query(operation), headers, body(operation, claim.orElse(null)));
    }

    private String path(Operation operation, Optional<String> id) {
        var name = operation.path().contains("{name}") ? chance.of(Words.LANES) : null;
        var place = id.filter(known -> !known.isBlank() && known.chars().noneMatch(Character::isISOControl))
                .orElseGet(() -> chance.percent(50) ? chance.id().toString() : chance.of(STRANGE_IDS));
        return VARIABLE.matcher(operation.path()).replaceAll(name == null ? encoded(place) : name);
    }

    private Object body(Operation operation, Claimed claim) {
        if (!Bodies.isTaken(operation) || !Bodies.isRequired(operation) && chance.percent(30)) {
            return null;
        }
        var good = inventor.body(operation, collection(operation), claim);
        var body = chance.percent(60) ? good : spoiler.changed(good);
        return chance.percent(12) ? spoiler.written(body) : body;
    }

    private String query(Operation operation) {
        var query = new ArrayList<String>();
        for (var parameter : parameters(operation, "query")) {
            var name = parameter.node().path("name").asText();
            if (chance.percent(name.equals("limit") ? 80 : 15)) {
                query.add(name + "=" + encoded(said(inventor.parameter(parameter, collection(operation)))));
                if (chance.percent(10)) {
                    query.add(name + "=" + encoded(chance.of(Words.ALL)));
                }
            }
        }
        if (chance.percent(2)) {
            query.add(chance.of(List.of(
                    "x=1", "=", "limit", "limit=", "limit=0", "limit=501", "limit=1.0", "cursor=x", "after=-1")));
        }
        var text = String.join("&", query);
        return text.isEmpty() || text.length() > 4_000 ? "" : "?" + text;
    }

    private Map<String, String> headers(Operation operation, Optional<String> runKey) {
        var headers = new LinkedHashMap<String, String>();
        if (runKey.isPresent() && chance.percent(40)) {
            headers.put("Authorization", "Bearer " + runKey.get());
        } else if (chance.percent(3)) {
            headers.put("Authorization", chance.of(otherKeys));
        }
        parameters(operation, "header").forEach(parameter -> {
            var name = parameter.node().path("name").asText();
            if (chance.percent(20)) {
                memory.valueOf(collection(operation), "version")
                        .filter(version -> name.startsWith("If"))
                        .ifPresent(version -> headers.put(name, '"' + version + '"'));
            }
        });
        if (chance.percent(5)) {
            var name = chance.of(List.copyOf(new TreeMap<>(STRANGE_HEADERS).keySet()));
            headers.put(name, chance.of(STRANGE_HEADERS.get(name)));
        }
        return headers;
    }

    private static List<Place> parameters(Operation operation, String in) {
        return Stream.of(API.step(API.operation(operation), "parameters"))
                .flatMap(place -> API.elements(place).stream())
                .filter(parameter -> parameter.node().path("in").asText().equals(in))
                .toList();
    }

    private static String said(JsonNode value) {
        var texts = new ArrayList<String>();
        value.forEach(element -> texts.add(element.asText()));
        return value.isArray() ? String.join(",", texts) : value.asText();
    }

    private static String collection(Operation operation) {
        return operation.path().split("/")[3];
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "… (" + text.length() + ")";
    }
}
