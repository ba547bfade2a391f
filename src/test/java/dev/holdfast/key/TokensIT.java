package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.TokenIssuer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** People by the tokens of an identity provider, as the packaged sample has it. */
class TokensIT {
    private static final String RUNS = "/api/v1/runs";
    private static final String ISSUER = "https://provider.example";
    private static final TokenIssuer PROVIDER = TokenIssuer.started();

    private static HoldfastServer node;

    private final Api api = Api.at(node.uri());

    @BeforeAll
    static void start() {
        node = Cluster.newNode("tokens")
                .withSample("jwt.xml")
                .with("HOLDFAST_JWT_ISSUER", ISSUER)
                .with("HOLDFAST_JWT_KEYS", PROVIDER.uri().toString())
                .start();
    }

    @AfterAll
    static void stop() {
        node.stop();
    }

    @Test
    void aTokensGroupsGiveItsPersonTheirRoles() {
        var lane = "tokens-" + UUID.randomUUID();
        var run = as("operator").submit(lane).path("id").asText();
        var actor = as("viewer")
                .get(RUNS + "/" + run + "/events")
                .expect(200)
                .json()
                .path("items")
                .path(0)
                .path("actor");
        assertThat(actor).hasToString("{\"kind\":\"producer\",\"id\":\"jo@provider.example\"}");
        as("viewer").post(RUNS, Map.of("lane", lane)).expect(403, "forbidden");
        as("approver").get("/api/v1/keys").expect(403, "forbidden");
        as("administrator").get("/api/v1/keys").expect(200);
        as("everyone").get(RUNS).expect(403, "forbidden");
    }

    @Test
    void aKeyIsAKeyStill() {
        api.withKey(Cluster.BOOTSTRAP_KEY).get(RUNS).expect(200);
        api.withKey("x".repeat(300)).get(RUNS).expect(401, "key_malformed");
        api.withKey(KeyFormat.issue(KeyFormat.TENANT)).get(RUNS).expect(401, "key_unknown");
    }

    @Test
    void aTokenThatIsNotGoodIsRefused() {
        var old = Instant.now().minus(Duration.ofHours(1)).getEpochSecond();
        refused(TokenIssuer.started().token(claims("administrator")));
        refused(TokenIssuer.unsigned(claims("administrator")));
        refused(PROVIDER.token(changed("iss", "https://elsewhere.example")));
        refused(PROVIDER.token(changed("iss", null)));
        refused(PROVIDER.token(changed("aud", "somebody else")));
        refused(PROVIDER.token(changed("aud", null)));
        refused(PROVIDER.token(changed("exp", old)));
        refused(PROVIDER.token(changed("exp", null)));
        refused(PROVIDER.token(changed("upn", "")));
        refused(PROVIDER.token(changed("upn", "line\nbreak")));
        var good = PROVIDER.token(claims("administrator"));
        refused(good.substring(0, good.length() - 10) + "AAAAAAAAAA");
    }

    @Test
    void withoutTheSampleATokenIsNoKey() {
        Api.at(Cluster.node(1).uri())
                .withKey(PROVIDER.token(claims("administrator")))
                .get(RUNS)
                .expect(401, "key_malformed");
    }

    @Test
    void whileTheIssuerIsNotSetNoTokenIsGood() {
        var unset = Cluster.newNode("tokens-unset")
                .withSample("jwt.xml")
                .with("HOLDFAST_JWT_KEYS", PROVIDER.uri().toString())
                .start();
        try (unset) {
            for (var issuer : new String[] {ISSUER, "", null}) {
                Api.at(unset.uri())
                        .withKey(PROVIDER.token(changed("iss", issuer)))
                        .get(RUNS)
                        .expect(401, "token_refused");
            }
        }
    }

    private void refused(String token) {
        var reply = api.withKey(token).get(RUNS).expect(401, "token_refused");
        assertThat(reply.header("WWW-Authenticate")).contains("error=\"invalid_token\"");
    }

    private Api as(String group) {
        return api.withKey(PROVIDER.token(claims(group)));
    }

    private static Map<String, Object> changed(String claim, Object value) {
        var claims = new HashMap<>(claims("administrator"));
        if (value == null) {
            claims.remove(claim);
        } else {
            claims.put(claim, value);
        }
        return claims;
    }

    private static Map<String, Object> claims(String group) {
        return Map.of(
                "iss",
                ISSUER,
                "aud",
                "holdfast",
                "sub",
                "4711",
                "upn",
                "jo@provider.example",
                "groups",
                List.of(group),
                "iat",
                Instant.now().getEpochSecond(),
                "exp",
                Instant.now().plus(Duration.ofMinutes(10)).getEpochSecond());
    }
}
