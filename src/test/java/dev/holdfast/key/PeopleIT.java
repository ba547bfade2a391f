package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Problems;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Wire;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** People of the user registry, as the packaged sample has them, and whatever else is sent in their place. */
class PeopleIT {
    private static final String RUNS = "/api/v1/runs";
    private static final String TENANT = "people " + UUID.randomUUID();
    private static final String ADMIN_PASSWORD = "the-administrator's-pässword:with-a-colon";

    /** The encoding hash of "a-password-that-nobody-can-read-here". */
    private static final String HASHED =
            "{hash}ARAAAAAUUEJLREYyV2l0aEhtYWNTSEE1MTIwAAAAIOedu43oaHLNqaluE42mHQa40ZZSJw8c3WC3fGsJDOHcQAAAACD81DfkXPR6nlOpuR1uB0DWJEfewANztbWZ1RIAIidvNw==";

    /** The encoding hash of the viewer's password. */
    private static final String HASH_OF_VIEWERS =
            "{hash}ARAAAAAUUEJLREYyV2l0aEhtYWNTSEE1MTIwAAAAIGbLMi8zb1PmV1ERrybMaKJyyo1cdh10KMl4k0Z3UP/ZQAAAACBZm/0VFgfC4jiOGp13jLv6v4/3ZL6n0+pc4FXJmvPYLQ==";

    /** The encoding aes of "approver-password-in-aes", by the key that the server is told below. */
    private static final String ENCRYPTED =
            "{aes}ARBJaphYXwGRqxtoYNvEeqXJFTtOKSVFk5ToRl4vnTBFpkq1cKoVuCiMPW+ftJ56bBWIGHW2RlGrg58EWfo/wCq5itgXMidKFvHN9HCIqsD7RmjtiVj+ZDp35zwPMo5b+GH8Z48izaOLqypKeg05i2vzhinFFbMy0ypa";

    private static HoldfastServer node;

    private final Rows rows = Rows.ofCluster();
    private final Api api = Api.at(node.uri());
    private final String lane = "people-" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        node = Cluster.newNode("people")
                .withSample("people.xml")
                .withConfiguration("more-people.xml", """
                        <basicRegistry id="people">
                            <user name="nobody" password="nobody's-password"/>
                            <user name="hashed" password="%s"/>
                            <user name="encrypted" password="%s"/>
                            <user name="literal" password="${NOBODY_HAS_SET_THIS}"/>
                            <user name="auditor" password="auditor's-password"/>
                            <user name="member" password="member's-password"/>
                            <group name="board"><member name="member"/></group>
                            <group name="desk"><member name="hashed"/><member name="encrypted"/></group>
                            <group name="strangers"><member name="nobody"/></group>
                        </basicRegistry>
                        <webApplication id="holdfast">
                            <application-bnd id="roles">
                                <security-role id="operator" name="operator"><group name="desk"/></security-role>
                                <security-role id="approver" name="approver"><group name="board"/></security-role>
                                <security-role id="viewer" name="viewer"><user name="auditor"/></security-role>
                            </application-bnd>
                        </webApplication>
                        <variable name="wlp.password.encryption.key" value="the-key-of-a-test"/>""".formatted(HASHED, ENCRYPTED))
                .with("HOLDFAST_PEOPLE_TENANT", TENANT)
                .with("HOLDFAST_ADMIN_PASSWORD", ADMIN_PASSWORD);
        Stream.of(Role.values())
                .filter(role -> role != Role.ADMINISTRATOR)
                .forEach(role -> node.with("HOLDFAST_" + role.name() + "_PASSWORD", password(role)));
        node.with("HOLDFAST_VIEWER_PASSWORD", HASH_OF_VIEWERS).start();
    }

    @AfterAll
    static void stop() {
        node.stop();
    }

    @BeforeEach
    void makeTenant() {
        rows.change("insert into tenants (id, name) values (?, ?) on conflict do nothing", UUID.randomUUID(), TENANT);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void aRoleOpensTheOperationsOfItsScopesAndNoOther(Role role) {
        var scopes = Role.scopes(List.of(role));
        for (var operation : Contract.published().operations()) {
            var may =
                    operation.scopes().isEmpty() || operation.scopes().stream().anyMatch(scopes::contains);
            var reply = ask(as(role), operation);
            if (may && !operation.id().equals("claimRuns")) {
                assertThat(reply.status())
                        .as("%s by %s: %s", operation, role, reply)
                        .isNotIn(401, 403);
            } else {
                assertThat(reply.expect(403, "forbidden"))
                        .as("%s by %s", operation, role)
                        .isNotNull();
            }
        }
    }

    @Test
    void selfTellsWhoAPersonIs() {
        var self = as(Role.VIEWER).get("/api/v1/keys/self").expect(200).json();
        assertThat(self.path("name").asText()).isEqualTo("viewer");
        assertThat(self.path("scopes")).hasToString("[\"runs:read\"]");
        assertThat(self.has("id") || self.has("runId") || self.has("expiresAt")).isFalse();
    }

    @Test
    void aPersonClaimsNothing() {
        as(Role.ADMINISTRATOR).submit(lane);
        as(Role.ADMINISTRATOR).claim("worker", lane, 1).expect(403, "forbidden");
    }

    @Test
    void anAdministratorCanHandAFailedRunToAWorker() {
        var run = as(Role.ADMINISTRATOR).submit(lane).path("id").asText();
        as(Role.OPERATOR).post(RUNS + "/" + run + "/pause", Map.of()).expect(200);
        var resume = Map.of("claim", Map.of("workerId", "w"));
        as(Role.OPERATOR).post(RUNS + "/" + run + "/resume", resume).expect(403, "forbidden");
        var claim = as(Role.ADMINISTRATOR).post(RUNS + "/" + run + "/resume", resume);
        api.withKey(claim.expect(200).json().path("runKey").asText())
                .post(
                        RUNS + "/" + run + "/complete",
                        Map.of("fence", claim.json().path("fence")))
                .expect(200);
    }

    @Test
    void aQuestionToAGroupIsForItsPeople() {
        var question = Map.of("slot", "s", "action", "a", "title", "t", "approvers", Map.of("roles", List.of("board")));
        var run = as(Role.OPERATOR)
                .submit(lane, Map.of("approval", question))
                .path("id")
                .asText();
        var asked = "/api/v1/approvals/"
                + as(Role.APPROVER)
                        .get("/api/v1/approvals?runId=" + run)
                        .json()
                        .path("items")
                        .path(0)
                        .path("id")
                        .asText();
        var approved = Map.of("approved", true);
        as(Role.APPROVER).post(asked + "/decision", approved).expect(403, "not_an_approver");
        as(Role.OPERATOR).post(asked + "/decision", approved).expect(403, "forbidden");
        var decided = api.withLogin("member", "member's-password").post(asked + "/decision", approved);
        assertThat(decided.expect(200)
                        .json()
                        .path("decisions")
                        .path(0)
                        .path("approver")
                        .asText())
                .isEqualTo("member");
        assertThat(as(Role.VIEWER).get(RUNS + "/" + run + "/events").text())
                .contains("{\"kind\":\"approver\",\"id\":\"member\"}");
    }

    @Test
    void whatAPersonDoesIsInTheTimelineUnderTheirName() {
        var run = as(Role.OPERATOR).submit(lane).path("id").asText();
        as(Role.OPERATOR).post(RUNS + "/" + run + "/cancel", Map.of()).expect(200);

        var events = as(Role.VIEWER)
                .get(RUNS + "/" + run + "/events")
                .expect(200)
                .json()
                .path("items");
        assertThat(events.findValues("actor"))
                .extracting(JsonNode::toString)
                .containsExactly(
                        "{\"kind\":\"producer\",\"id\":\"operator\"}", "{\"kind\":\"operator\",\"id\":\"operator\"}");
    }

    @Test
    void peopleAreInTheirTenantAndInNoOther() {
        var theirs = as(Role.OPERATOR).submit(lane).path("id").asText();
        var key = api.withKey(Cluster.BOOTSTRAP_KEY);
        key.get(RUNS + "/" + theirs).expect(404, "not_found");
        as(Role.ADMINISTRATOR)
                .get(RUNS + "/" + key.submit(lane).path("id").asText())
                .expect(404, "not_found");
        assertThat(rows.one(
                        "select t.name from runs r join tenants t on t.id = r.tenant_id where r.id = cast(? as uuid)",
                        theirs))
                .containsEntry("name", TENANT);
    }

    @Test
    void H13_ofADisabledTenantNobodyMayDoAnything() {
        var key = as(Role.ADMINISTRATOR)
                .post("/api/v1/keys", Map.of("name", "k", "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        rows.change("update tenants set disabled_at = now() where name = ?", TENANT);
        try {
            as(Role.ADMINISTRATOR).get(RUNS).expect(403, "tenant_disabled");
            api.withKey(key.path("key").asText()).get(RUNS).expect(403, "tenant_disabled");
        } finally {
            rows.change("update tenants set disabled_at = null where name = ?", TENANT);
        }
        as(Role.ADMINISTRATOR).get(RUNS).expect(200);
    }

    @Test
    void aTenantThatIsNotThereLetsNobodyIn() {
        rows.change("update tenants set name = name || ' away' where name = ?", TENANT);
        try {
            as(Role.ADMINISTRATOR).get(RUNS).expect(403, "forbidden");
        } finally {
            rows.change("update tenants set name = ? where name = ?", TENANT, TENANT + " away");
        }
    }

    @Test
    void rolesAndPasswordsComeFromTheConfigurationAsLibertyReadsIt() {
        var hashed = api.withLogin("hashed", "a-password-that-nobody-can-read-here");
        hashed.submit(lane);
        api.withLogin("encrypted", "approver-password-in-aes").submit(lane);
        api.withLogin("encrypted", ENCRYPTED).get(RUNS).expect(401, "login_failed");
        api.withLogin("viewer", HASH_OF_VIEWERS).get(RUNS).expect(401, "login_failed");
        api.withLogin("auditor", "auditor's-password").get(RUNS).expect(200);
        api.withLogin("auditor", "auditor's-password")
                .post(RUNS, Map.of("lane", lane))
                .expect(403, "forbidden");
        api.withLogin("nobody", "nobody's-password").get(RUNS).expect(403, "forbidden");
    }

    @Test
    void aWrongPasswordAndAnUnknownNameAreToldAlikeAndTakeAsLong() {
        var refusals = Stream.of("operator", "hashed", "nobody-of-this-name", "administrator\u0000", "*", "")
                .map(name -> {
                    long begun = System.nanoTime();
                    var reply = api.withLogin(name, "wrong").get(RUNS).expect(401, "login_failed");
                    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(300));
                    return reply;
                })
                .toList();

        assertThat(refusals.get(0).header("WWW-Authenticate"))
                .isEqualTo("Bearer realm=\"holdfast\", Basic realm=\"holdfast\", charset=\"UTF-8\"");
        assertThat(refusals).allSatisfy(reply -> {
            assertThat(reply.json().path("detail"))
                    .isEqualTo(refusals.get(0).json().path("detail"));
            assertThat(reply.headers().map().keySet())
                    .isEqualTo(refusals.get(0).headers().map().keySet());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "administrator", "${HOLDFAST_ADMIN_PASSWORD}", "null"})
    void untilAPasswordIsSetNobodyCanLogIn(String guess) {
        Api.at(Cluster.node(1).uri())
                .withLogin("administrator", guess)
                .get(RUNS)
                .expect(401, "login_failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"${NOBODY_HAS_SET_THIS}", ""})
    void aVariableThatNobodyHasSetIsNoPassword(String guess) {
        api.withLogin("literal", guess).get(RUNS).expect(401, "login_failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"basic", "BASIC", "bAsIc"})
    void theSchemeIsWrittenAnyhow(String scheme) {
        var login = Api.basic("viewer:" + password(Role.VIEWER)).replaceFirst("Basic", scheme);
        api.with("Authorization", login).get(RUNS).expect(200);
    }

    @Test
    void H12_whatIsNoLoginIsRefused() {
        var faults = node.faultRecords();
        for (var header : List.of(
                "Basic ",
                "Basic !",
                "Basic Og==",
                "Basic bm8tY29sb24=",
                "Basic  YTpi",
                "Basic YTpiYg",
                "Basic " + "Q".repeat(10_000))) {
            var asked = Wire.request("GET", RUNS).header("Authorization", header);
            Problems.assertProblem(Wire.exchange(node.uri(), asked), 401, "login_failed");
        }
        api.withLogin("viewer", "x".repeat(10_000)).get(RUNS).expect(401, "login_failed");
        assertThat(node.faultRecords()).isEqualTo(faults);

        var elsewhere = Wire.request("GET", "/nowhere").header("Authorization", "Basic !");
        Problems.assertProblem(Wire.exchange(node.uri(), elsewhere), 404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site"})
    void aPageOfAnotherSiteCannotUseALogin(String site) {
        var elsewhere = as(Role.OPERATOR).with("Sec-Fetch-Site", site);
        elsewhere.post(RUNS, Map.of("lane", lane)).expect(403, "forbidden");
        elsewhere.with("Authorization", "Basic !").get(RUNS).expect(403, "forbidden");
        as(Role.OPERATOR).with("Sec-Fetch-Site", "same-origin").submit(lane);
    }

    @Test
    void noCookieIsGivenAndNoneLetsAnybodyIn() {
        assertThat(as(Role.VIEWER).get(RUNS).expect(200).headers().allValues("Set-Cookie"))
                .isEmpty();
        api.with("Cookie", "LtpaToken2=x").get(RUNS).expect(401, "key_missing");
    }

    @Test
    void aKeyNamedLikeAPersonHasItsOwnScopes() {
        var named = newKey("administrator", "runs:read");
        var twin = newKey("administrator", "runs:submit");
        as(Role.ADMINISTRATOR).get(RUNS).expect(200); // whom Liberty may remember by name
        for (int round = 0; round < 2; round++) {
            twin.submit(lane);
            named.get(RUNS).expect(200);
            named.post(RUNS, Map.of("lane", lane)).expect(403, "forbidden");
            twin.get("/api/v1/keys").expect(403, "forbidden");
        }
    }

    private Api newKey(String name, String scope) {
        var key = as(Role.ADMINISTRATOR).post("/api/v1/keys", Map.of("name", name, "scopes", List.of(scope)));
        return api.withKey(key.expect(201).json().path("key").asText());
    }

    private static Reply ask(Api by, Operation operation) {
        var body = Bodies.isTaken(operation) ? Bodies.of(operation).get(0) : null;
        return by.send(operation.method(), operation.pathOf(UUID.randomUUID().toString()), body);
    }

    private Api as(Role role) {
        return api.withLogin(role.id(), password(role));
    }

    private static String password(Role role) {
        return role == Role.ADMINISTRATOR ? ADMIN_PASSWORD : "the-password-of-" + role.id();
    }
}
