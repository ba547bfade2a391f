package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Belongings;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation of the document with every kind of credential: those that do not open it leave each row of the tenant
 * as it was, and those that do are let in.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationIT {
    private static final Logger LOG = Logger.getLogger(AuthorizationIT.class.getName());

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Api nobody = node.administrator().withoutKey();
    private final Tenant tenant = node.newTenant();
    private final Matrix matrix = new Matrix(rows, tenant);
    private final Belongings belongings = matrix.belongings();

    /** What nobody is let in with, whatever is asked. @param header of the request; null for none */
    record Credential(String what, String header, int status, String code) {
        static Credential key(String what, String key, int status, String code) {
            return new Credential(what, "Bearer " + key, status, code);
        }

        @Override
        public String toString() {
            return what;
        }
    }

    Stream<Credential> thatOpenNothing() {
        var issued = KeyFormat.issue(KeyFormat.TENANT);
        var run = UUID.fromString(belongings.claim().runId());
        var password = "Basic YWRtaW5pc3RyYXRvcjp3cm9uZw==";
        return Stream.of(
                new Credential("no key", null, 401, "key_missing"),
                new Credential("no key after the scheme", "Bearer ", 401, "key_missing"),
                new Credential("a wrong password", password, 401, "login_failed"),
                Credential.key("garbage", "hft_~~~~", 401, "key_malformed"),
                Credential.key("a bad checksum", mistyped(issued), 401, "key_malformed"),
                Credential.key(
                        "a bad checksum of a run key",
                        mistyped(belongings.claim().runKey()),
                        401,
                        "key_malformed"),
                Credential.key("an unknown key", issued, 401, "key_unknown"),
                Credential.key(
                        "a made-up key of the run", KeyFormat.runKey(run, KeyFormat.secret()), 401, "key_unknown"),
                Credential.key("an expired key", expired(), 401, "key_expired"),
                Credential.key("a revoked key", revoked(), 401, "key_revoked"),
                Credential.key("an expired run key", expiredRunKey(), 401, "key_expired"),
                Credential.key("the run key of a finished run", finished(), 401, "key_revoked"),
                Credential.key("a disabled tenant's key", disabled(false), 403, "tenant_disabled"),
                Credential.key("a disabled tenant's run key", disabled(true), 403, "tenant_disabled"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("thatOpenNothing")
    void H_I8_whatIsNoCallersOpensNoOperation(Credential credential) {
        var api = nobody.with("Authorization", credential.header());
        matrix.changingNothing(softly -> {
            // All at once: who comes with a wrong password is kept waiting.
            var replies = Api.inParallel(Matrix.OPERATIONS.size(), i -> matrix.replies(api, Matrix.OPERATIONS.get(i)));
            replies.stream().flatMap(List::stream).forEach(reply -> {
                matrix.count(reply.reply());
                softly.assertThat(reply.reply().status() + " " + reply.reply().code())
                        .as(reply.call().toString())
                        .isEqualTo(credential.status() + " " + credential.code());
            });
        });
    }

    @Test
    void H_aKeyWithEveryScopeButThoseOfTheOperationIsForbidden() {
        var others = new TreeMap<String, String>();
        Matrix.OPERATIONS.stream()
                .filter(operation -> !operation.scopes().containsAll(Scope.all())) // a key has some scope
                .forEach(operation -> others.put(operation.id(), keyOfAllBut(operation.scopes())));
        matrix.changingNothing(softly -> matrix.each(
                operation -> others.containsKey(operation.id()),
                (operation, call) ->
                        matrix.isForbidden(softly, call, call.by(nobody.withKey(others.get(operation.id()))))));
    }

    @Test
    void H8_aRunsOwnKeyOpensNothingThatIsNotOfARun() {
        var api = nobody.withKey(belongings.claim().runKey());
        matrix.changingNothing(softly -> matrix.each(
                operation -> !isOfRuns(operation),
                (operation, call) -> matrix.isForbidden(softly, call, call.by(api))));
    }

    @Test
    void H8_anotherRunsKeyFindsNothing() {
        var other = tenant.claimed("another-run");
        matrix.findsNothing(nobody.withKey(other.runKey()), Set.of(Scope.OWN_RUN));
        tenant.api().complete(other).expect(200);
    }

    @Test
    void I8_anotherTenantsKeyFindsNothing() {
        matrix.findsNothing(node.newTenant().api(), Scope.OF_TENANT);
    }

    @Test
    void I8_anotherTenantsRunKeyFindsNothing() {
        matrix.findsNothing(nobody.withKey(node.newTenant().claimed("elsewhere").runKey()), Set.of(Scope.OWN_RUN));
    }

    /** So that the refusals above are not those of calls that nobody could make. */
    @Test
    void H_anyOneOfTheScopesIsLetIn() {
        var softly = new SoftAssertions();
        for (var operation : Matrix.OPERATIONS) {
            for (var scope : operation.scopes()) {
                var reads = operation.method().equals("GET");
                var owner = reads ? tenant : node.newTenant();
                var own = reads ? belongings : Belongings.of(owner);
                var key = scope.equals(Scope.OWN_RUN) ? own.claim().runKey() : owner.newKey(List.of(scope));
                var replies = own.calls(operation).stream()
                        .map(call -> matrix.counted(call.by(nobody.withKey(key))))
                        .toList();
                softly.assertThat(replies)
                        .as(operation + " with " + scope)
                        .anySatisfy(reply ->
                                assertThat(reply.status()).isLessThan(500).isNotIn(400, 401, 403, 404));
            }
        }
        softly.assertAll();
    }

    @AfterAll
    void tell() {
        LOG.info("Authorization matrix: " + matrix);
    }

    private static boolean isOfRuns(Operation operation) {
        return operation.scopes().contains(Scope.OWN_RUN);
    }

    private String keyOfAllBut(List<String> scopes) {
        Set<String> others = new HashSet<>(Scope.all());
        scopes.forEach(others::remove);
        return tenant.newKey(others);
    }

    private String expired() {
        var key = tenant.newKey(Scope.all());
        change("update api_keys set expires_at = now() where hash = ?", KeyFormat.hash(key));
        return key;
    }

    private String revoked() {
        var key = tenant.newKey(Scope.all());
        change("update api_keys set revoked_at = now() where hash = ?", KeyFormat.hash(key));
        return key;
    }

    private String expiredRunKey() {
        var idle = tenant.claimed("idle");
        change("update leases set key_expires_at = now() where run_id = ?", UUID.fromString(idle.runId()));
        return idle.runKey();
    }

    private String finished() {
        Claimed finished = tenant.claimed("finished");
        tenant.api().complete(finished).expect(200);
        return finished.runKey();
    }

    private String disabled(boolean ofRun) {
        var other = node.newTenant();
        var key = ofRun ? other.claimed("disabled").runKey() : other.newKey(Scope.all());
        change("update tenants set disabled_at = now() where id = ?", other.id());
        return key;
    }

    private void change(String sql, Object argument) {
        assertThat(rows.change(sql, argument)).isEqualTo(1);
    }

    private static String mistyped(String key) {
        int place = key.length() - 20;
        return key.substring(0, place) + (key.charAt(place) == 'a' ? 'b' : 'a') + key.substring(place + 1);
    }
}
