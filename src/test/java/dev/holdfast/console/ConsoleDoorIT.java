package dev.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Desk;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who comes in, and what a page of somebody else cannot do with who is in: said without a browser's good manners. */
@Tag("console")
class ConsoleDoorIT {
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private static final Pattern TOKEN = Pattern.compile("name=\"token\" value=\"([0-9a-f]{64})\"");

    private static Tenant tenant;

    private final Rows rows = Rows.ofCluster();

    @BeforeAll
    static void begin() {
        tenant = Desk.tenant();
    }

    @Test
    void theCookieIsForTheConsoleAloneAndItsSecretIsNotStored() {
        var reply = logIn("operator", Desk.password("operator"), Map.of());
        assertThat(reply.statusCode()).isEqualTo(303);
        assertThat(reply.headers().firstValue("Location")).hasValue("/console/");
        assertThat(reply.headers().allValues("Set-Cookie"))
                .singleElement()
                .asString()
                .contains("Path=/console", "HttpOnly", "SameSite=Strict")
                .doesNotContain("Secure", "Max-Age");
        var cookie = cookie(reply);
        var secret = cookie.substring(cookie.indexOf('.') + 1);
        assertThat(rows.everythingOf(tenant.id()).toString())
                .contains("console_sessions")
                .doesNotContain(secret);
        assertThat(get("/runs", cookie).statusCode()).isEqualTo(200);

        Api.at(Desk.node().uri()).with("Cookie", cookie).get("/api/v1/runs").expect(401, "key_missing");

        var overTls = logIn("operator", Desk.password("operator"), Map.of("X-Forwarded-Proto", "https"));
        assertThat(overTls.headers().firstValue("Set-Cookie").orElseThrow()).contains("Secure");
    }

    @Test
    void anyNodeServesWhoeverIsLoggedInAtOne() {
        var cookie = loggedIn("viewer");
        assertThat(send(Cluster.node(1), "GET", "/runs", cookie, null, Map.of()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void nobodyComesInByAGuess() {
        var cookie = loggedIn("viewer");
        var other = loggedIn("viewer");
        var crossed = cookie.substring(0, cookie.indexOf('.')) + other.substring(other.indexOf('.'));
        for (var guess : new String[] {
            null,
            "",
            "holdfast_console=",
            "holdfast_console=x.y",
            crossed,
            "holdfast_console=" + UUID.randomUUID() + "." + "a".repeat(43)
        }) {
            var reply = get("/runs", guess);
            assertThat(reply.statusCode()).as(guess).isEqualTo(401);
            assertThat(reply.body()).contains("Log in");
            assertThat(get("/live", guess).statusCode()).as(guess).isEqualTo(401);
        }
    }

    @Test
    void loggingOutEndsTheSessionOnEachNode() {
        var cookie = loggedIn("viewer");
        var left = post("/logout", cookie, Map.of("token", token(cookie)), Map.of());
        assertThat(left.statusCode()).isEqualTo(303);
        assertThat(left.headers().firstValue("Set-Cookie").orElseThrow())
                .as("gone by its age, or by a date long past, as the container writes it")
                .containsPattern("^holdfast_console=(\"\")?;.*(Max-Age=0|Expires=[^;]* 19\\d\\d )");
        assertThat(get("/runs", cookie).statusCode()).isEqualTo(401);
    }

    @Test
    void aPageThatRenewsItselfDoesNotKeepASessionAlive() {
        var cookie = loggedIn("viewer");
        var id = UUID.fromString(cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf('.')));
        rows.change("update console_sessions set last_seen_at = last_seen_at - interval 'PT29M' where id = ?", id);
        send(Desk.node(), "GET", "/runs", cookie, null, Map.of("X-Renewal", "1"));
        assertThat(idle(id)).isGreaterThan(1700);
        get("/runs", cookie);
        assertThat(idle(id)).isLessThan(600);
    }

    @Test
    void withoutTheFormsTokenNothingIsDone() {
        var run = tenant.api().submit("door").path("id").asText();
        var cookie = loggedIn("operator");
        var foreign = token(loggedIn("operator"));
        for (var token : new String[] {"", "x", foreign}) {
            assertThat(post("/runs/" + run + "/cancel", cookie, Map.of("token", token), Map.of())
                            .statusCode())
                    .isEqualTo(403);
        }
        assertThat(post("/runs/" + run + "/cancel", cookie, Map.of(), Map.of()).statusCode())
                .isEqualTo(403);
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("queued");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: none",
                "Origin: null",
                "Origin: https://elsewhere.example"
            })
    void aPageOfAnotherSiteDoesNothing(String header) {
        var run = tenant.api().submit("door").path("id").asText();
        var cookie = loggedIn("operator");
        var from = Map.of(header.substring(0, header.indexOf(':')), header.substring(header.indexOf(':') + 2));
        var form = Map.of("token", token(cookie));
        assertThat(post("/runs/" + run + "/cancel", cookie, form, from).statusCode())
                .isEqualTo(403);
        assertThat(logIn("operator", Desk.password("operator"), from).statusCode())
                .isEqualTo(403);
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("queued");

        var own = Map.of(
                "Sec-Fetch-Site", "same-origin", "Origin", Desk.node().uri().toString());
        assertThat(post("/runs/" + run + "/cancel", cookie, form, own).statusCode())
                .isEqualTo(303);
    }

    @Test
    void aViewersFormIsRefusedAsTheApiRefusesIt() {
        var run = tenant.api().submit("door").path("id").asText();
        var cookie = loggedIn("viewer");
        var reply = post("/runs/" + run + "/cancel", cookie, Map.of("token", token(cookie)), Map.of());
        assertThat(reply.statusCode()).isEqualTo(403);
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void aWrongPasswordIsToldThrottledAndLoggedWithoutIt() {
        var name = "nobody-" + UUID.randomUUID();
        var statuses =
                Api.inParallel(40, i -> logIn(name, "s3cret-guess", Map.of()).statusCode());
        assertThat(statuses).containsOnly(401, 429).contains(401, 429);
        assertThat(rows.count("select count(*) from console_sessions where person = ?", name))
                .isZero();
        assertThat(Desk.node().allLogs())
                .contains("Login refused, login_failed: " + name)
                .doesNotContain("s3cret-guess");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//elsewhere.example/",
                "https://elsewhere.example/",
                "/console/../api",
                "/console\\@x",
                "/console/\r\nX: y",
                "/console/logout",
                "javascript:alert(1)"
            })
    void theLoginLeadsToNoOtherSite(String to) {
        var form = Map.of("name", "viewer", "password", Desk.password("viewer"), "to", to);
        var reply = post("/login", null, form, Map.of());
        assertThat(reply.statusCode()).isEqualTo(303);
        assertThat(reply.headers().firstValue("Location").orElseThrow())
                .startsWith("/console/")
                .doesNotContain("..", "logout", "\n");
    }

    @Test
    void eachPageForbidsWhatIsNotItsOwn() {
        var page = get("/runs", loggedIn("viewer"));
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'")
                .doesNotContain("unsafe");
        assertThat(page.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(page.body()).doesNotContain("style=\"", "onclick", "<style");
        var css =
                Pattern.compile("/console(/static/[0-9a-f]{16}/console\\.css)").matcher(page.body());
        assertThat(css.find()).isTrue();
        var styles = get(css.group(1), null);
        assertThat(styles.headers().firstValue("Cache-Control").orElseThrow()).contains("immutable");
        assertThat(get("/static/0000000000000000/console.css", null).statusCode())
                .isNotEqualTo(200);
        assertThat(send(Desk.node(), "PUT", "/runs", null, "", Map.of()).statusCode())
                .isEqualTo(405);
    }

    private long idle(UUID session) {
        return ((Number) rows.one(
                                "select cast(extract(epoch from now() - last_seen_at) as bigint) as s from console_sessions where id = ?",
                                session)
                        .get("s"))
                .longValue();
    }

    private static String loggedIn(String person) {
        return cookie(logIn(person, Desk.password(person), Map.of()));
    }

    private static String token(String cookie) {
        var found = TOKEN.matcher(get("/runs", cookie).body());
        assertThat(found.find()).isTrue();
        return found.group(1);
    }

    private static String cookie(HttpResponse<String> reply) {
        return reply.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    }

    private static HttpResponse<String> logIn(String name, String password, Map<String, String> headers) {
        return post("/login", null, Map.of("name", name, "password", password), headers);
    }

    private static HttpResponse<String> get(String path, String cookie) {
        return send(Desk.node(), "GET", path, cookie, null, Map.of());
    }

    private static HttpResponse<String> post(
            String path, String cookie, Map<String, String> form, Map<String, String> headers) {
        var body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return send(Desk.node(), "POST", path, cookie, body, headers);
    }

    private static HttpResponse<String> send(
            HoldfastServer node, String method, String path, String cookie, String body, Map<String, String> headers) {
        var request = HttpRequest.newBuilder(node.uri("/console" + path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (cookie != null && !cookie.isEmpty()) {
            request.header("Cookie", cookie);
        }
        if (body != null) {
            request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        headers.forEach(request::header);
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
