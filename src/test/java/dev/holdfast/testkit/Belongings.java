package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.testkit.Operation.Fenced;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One of each thing that a tenant can have, all marked by a text that is nobody else's, and the calls that are about
 * them: of every operation of the document, with its bodies. A new kind of thing has to be added here; until then the
 * operations on it have no calls, and the tests that ask for them fail.
 */
public final class Belongings {
    private static final Pattern VARIABLE = Pattern.compile("/([a-z-]+)/\\{[^}]+}");
    private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final String LANE = "belongings";
    private static final String CONVERSATION = "conversation-of-belongings";

    private final String mark = "mark-" + UUID.randomUUID();
    private final Api api;
    private final Claimed claim;
    private final Map<String, String> ids;

    /** A request about these things. @param body null if the operation takes none */
    public record Call(Operation operation, String path, JsonNode body) {
        public Reply by(Api api) {
            return api.send(operation.method(), path, body);
        }

        /** Whether its address has an id, which is one tenant's, rather than a name, which others may use as well. */
        public boolean namesAnId() {
            return ID.matcher(path).find();
        }
    }

    private Belongings(Tenant tenant) {
        api = tenant.api();
        tenant.lane(LANE, Map.of());
        var sweep = aSweepThatReaped(tenant);
        ask(aMarkedClaim());
        var approval = ask(aMarkedClaim());
        api.post("/api/v1/approvals/" + approval + "/decision", Map.of("approved", true))
                .expect(200);
        claim = beating(api.claimOne(mark, LANE));
        ids = Map.of(
                "runs",
                claim.runId(),
                "lanes",
                LANE,
                "sweeps",
                sweep,
                "keys",
                aKey(),
                "approvals",
                approval,
                "conversations",
                CONVERSATION,
                "schedules",
                aSchedule(),
                "webhooks",
                aWebhook(),
                "tenants",
                tenant.id().toString());
    }

    public static Belongings of(Tenant tenant) {
        return new Belongings(tenant);
    }

    /** Is in every text of these things that somebody can choose. */
    public String mark() {
        return mark;
    }

    /** Of the run, whose approval was given; its owner has sent a heartbeat. */
    public Claimed claim() {
        return claim;
    }

    /** Those of the things that others have not. */
    public Stream<String> ids() {
        return ids.values().stream().filter(id -> ID.matcher(id).matches());
    }

    /** With each body that the document shows; one without, if the operation takes none. */
    public List<Call> calls(Operation operation) {
        var path = VARIABLE.matcher(operation.path())
                .replaceAll(variable -> "/" + variable.group(1) + "/" + id(variable.group(1)));
        if (!Bodies.isTaken(operation)) {
            return List.of(new Call(operation, path, null));
        }
        return bodies(operation).stream()
                .map(body -> new Call(operation, path, about(collection(path), body)))
                .toList();
    }

    private List<ObjectNode> bodies(Operation operation) {
        return operation.fenced() == Fenced.NO ? Bodies.of(operation) : Bodies.of(operation, claim);
    }

    /** Whatever thing the body names is now one of these. Nobody waits for a claim. */
    private JsonNode about(String collection, JsonNode body) {
        if (body instanceof ObjectNode object) {
            object.remove("wait");
            object.properties()
                    .forEach(member -> member.setValue(
                            about(member.getKey().endsWith("unId") ? "runs" : collection, member.getValue())));
        } else if (body instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, about(collection, array.get(i)));
            }
        } else if (ID.matcher(body.asText()).matches()) {
            return TextNode.valueOf(id(collection));
        }
        return body;
    }

    private String id(String collection) {
        if (!ids.containsKey(collection)) {
            throw new AssertionError("no test has a thing of /" + collection + ": add one to Belongings");
        }
        return ids.get(collection);
    }

    private static String collection(String path) {
        return path.split("/")[3];
    }

    private String aSweepThatReaped(Tenant tenant) {
        tenant.claimedAgo(tenant.claimed(LANE), Duration.ofHours(3));
        var sweep = tenant.sweepLeases();
        api.post("/api/v1/runs/" + sweep.at("/verdicts/0/runId").asText() + "/cancel", Map.of("reason", mark))
                .expect(200);
        return sweep.path("sweepId").asText();
    }

    private Claimed aMarkedClaim() {
        api.submit(
                LANE,
                Map.of(
                        "input", marked(),
                        "metadata", marked(),
                        "labels", marked(),
                        "type", mark,
                        "conversationId", CONVERSATION,
                        "endUser", mark,
                        "concurrencyKey", mark));
        return beating(api.claimOne(mark, LANE));
    }

    private Claimed beating(Claimed owner) {
        api.asOwner(owner, "heartbeat", Map.of("progress", marked(), "checkpoint", marked()))
                .expect(200);
        api.asOwner(owner, "events", Map.of("events", List.of(Map.of("type", "worker.step", "data", marked()))))
                .expect(201);
        return owner;
    }

    private String ask(Claimed owner) {
        var question = Map.of("slot", mark, "action", "pay", "title", mark, "description", mark, "args", marked());
        return api.asOwner(owner, "approvals", question)
                .expect(201)
                .json()
                .path("id")
                .asText();
    }

    private Map<String, String> marked() {
        return Map.of("text", mark);
    }

    private String aSchedule() {
        var schedule = Map.of("lane", LANE, "cron", "0 0 1 1 *", "type", mark, "input", marked());
        api.put("/api/v1/schedules/" + LANE, schedule).expect(201);
        return LANE;
    }

    /** Disabled: nothing moves it on while others are watched. */
    private String aWebhook() {
        var webhook = Map.of("url", "https://example.com/" + mark, "events", List.of("*"), "description", mark);
        var id = api.post("/api/v1/webhooks", webhook)
                .expect(201)
                .json()
                .path("id")
                .asText();
        api.post("/api/v1/webhooks/" + id + "/disable", null).expect(200);
        return id;
    }

    private String aKey() {
        return api.post("/api/v1/keys", Map.of("name", mark, "scopes", List.of("runs:read")))
                .expect(201)
                .json()
                .path("id")
                .asText();
    }
}
