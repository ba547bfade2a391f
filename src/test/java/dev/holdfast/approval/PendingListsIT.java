package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What waits for people, as they look for it. */
class PendingListsIT {
    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @Test
    void F2_whereNothingWaitsListsAreEmpty() {
        assertThat(list("")).isEmpty();
        assertPending("nobody-knows-it", "", List.of());
        assertPending("nobody-knows-it", "?endUser=ada", List.of());
        api.submit("calm", Map.of("conversationId", "calm", "endUser", "ada"));
        assertPending("calm", "", List.of());
        assertPending("calm", "?endUser=ada", List.of());
    }

    @Test
    void F2_oneAndSeveralOfSeveralConversationsOldestFirst() {
        var first = gated("one", "c-1", "ada");
        var second = gated("two", "c-1", "grace");
        var third = gated("two", "c-2", "ada");
        var fourth = gated("one", "c-1", "ada");
        var alone = gated("one", null, null);

        assertThat(list("")).containsExactly(first, second, third, fourth, alone);
        assertThat(list("?conversationId=c-1")).containsExactly(first, second, fourth);
        assertThat(list("?endUser=ada")).containsExactly(first, third, fourth);
        assertThat(list("?lane=two")).containsExactly(second, third);
        assertThat(list("?conversationId=c-1&endUser=ada&lane=one")).containsExactly(first, fourth);
        assertThat(list("?runId=" + api.approval(third).path("runId").asText())).containsExactly(third);
        assertThat(list("?runId=" + UUID.randomUUID())).isEmpty();
        assertPending("c-1", "", List.of(first, second, fourth));
        assertPending("c-2", "", List.of(third));
        assertPending("c-1", "?endUser=grace", List.of(second));
        assertPending("c-2", "?endUser=ada", List.of(third));
    }

    @Test
    void F2_anotherUsersConversationIs404() {
        gated("users", "c-1", "ada");
        api.submit("users", Map.of("conversationId", "c-2"));
        api.get(pending("c-1") + "?endUser=grace").expect(404, "not_found");
        api.get(pending("c-2") + "?endUser=grace").expect(404, "not_found");
        var other = node.newTenant();
        assertThat(other.api()
                        .get(pending("c-1") + "?endUser=grace")
                        .expect(200)
                        .json()
                        .path("hasPending")
                        .asBoolean(true))
                .isFalse();
        assertThat(other.api().get(pending("c-1")).expect(200).json().path("approvals"))
                .isEmpty();
    }

    @Test
    void F2_conversationsMayHaveAnyName() {
        var asked = gated("names", "Größe: 50 % & mehr?", "ada@example.org");
        assertPending("Gr%C3%B6%C3%9Fe:%2050%20%25%20&%20mehr%3F", "?endUser=ada@example.org", List.of(asked));
    }

    @Test
    void F2_whatHasEndedIsListedByItsStatusOnly() {
        var approved = gated("status", null, null);
        var denied = gated("status", null, null);
        var pending = gated("status", null, null);
        var withdrawn = gated("status", null, null);
        var expired = gated("status", null, null);
        api.decide(approved, true).expect(200);
        api.decide(denied, false).expect(200);
        api.post("/api/v1/runs/" + api.approval(withdrawn).path("runId").asText() + "/cancel", Map.of())
                .expect(200);
        rows.change("update approvals set deadline = statement_timestamp() where id = cast(? as uuid)", expired);
        tenant.sweep(Map.of("phases", List.of("approvals")));

        assertThat(list("")).containsExactly(pending);
        assertThat(list("?status=pending")).containsExactly(pending);
        assertThat(list("?status=approved")).containsExactly(approved);
        assertThat(list("?status=denied,expired")).containsExactly(denied, expired);
        assertThat(list("?status=withdrawn&status=pending")).containsExactly(pending, withdrawn);
        assertThat(list("?status=pending,approved,denied,expired,withdrawn"))
                .containsExactly(approved, denied, pending, withdrawn, expired);
    }

    @Test
    void F2_pagesAreStableWhileQuestionsComeAndAreAnswered() {
        var all = new ArrayList<>(
                IntStream.range(0, 12).mapToObj(i -> gated("pages", "c", "ada")).toList());
        // Two that were asked in the same instant are told apart all the same.
        rows.change("""
                update approvals a set requested_at = (select min(requested_at) from approvals where tenant_id = a.tenant_id)
                where tenant_id = ? and id in (cast(? as uuid), cast(? as uuid), cast(? as uuid))""", tenant.id(), all.get(1), all.get(2), all.get(3));
        var seen = new ArrayList<String>();
        var next = "";
        for (int page = 0; page < 20; page++) {
            var reply = api.get("/api/v1/approvals?limit=5&conversationId=c" + next)
                    .expect(200)
                    .json();
            seen.addAll(reply.path("items").findValuesAsText("id"));
            if (!reply.has("nextCursor")) {
                break;
            }
            next = "&cursor=" + reply.path("nextCursor").asText();
            api.decide(seen.get(0), true); // one that was shown goes, and a later one comes
            all.add(gated("pages", "c", "ada"));
        }

        assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(new HashSet<>(all));
    }

    @Test
    void F2_theyComeByDeadlineOrTheNewestFirstIfAskedFor() {
        var all =
                IntStream.range(0, 3).mapToObj(i -> gated("order", "o", "ada")).toList();
        rows.change(
                "update approvals set deadline = deadline - interval 'PT5M' where id = cast(? as uuid)", all.get(1));

        assertThat(inPages("order=deadline")).containsExactly(all.get(1), all.get(0), all.get(2));
        assertThat(inPages("order=newest")).containsExactly(all.get(2), all.get(1), all.get(0));
        assertThat(inPages("order=oldest")).isEqualTo(all);
    }

    /** Of the conversation {@code o}, one by one. */
    private List<String> inPages(String order) {
        var path = "/api/v1/approvals?limit=1&conversationId=o&" + order;
        var seen = new ArrayList<String>();
        for (var next = path; next != null; ) {
            var page = api.get(next).expect(200).json();
            seen.addAll(page.path("items").findValuesAsText("id"));
            next = page.has("nextCursor")
                    ? path + "&cursor=" + page.path("nextCursor").asText()
                    : null;
        }
        return seen;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "status=open",
                "status=",
                "status=PENDING",
                "runId=1",
                "limit=0",
                "limit=501",
                "cursor=x",
                "colour=red",
                "lane=",
                "order=soonest",
                "endUser=a&endUser=b"
            })
    void F2_whatCannotBeAskedIs400(String query) {
        var problem = api.get("/api/v1/approvals?" + query).expect(400, "invalid_request");
        assertThat(problem.json().at("/violations/0/field").asText()).isEqualTo(query.split("=")[0]);
    }

    /** Of what is stored, all that could break is broken: it is shown as far as it goes, never a 500. */
    @Test
    void F2_corruptStoredDataIsNo500() {
        var run = api.submit("corrupt", Map.of("approval", Api.QUESTION, "conversationId", "corrupt"));
        var asked = api.pendingOf(run.path("id").asText()).path("id").asText();
        for (var damage : List.of(
                "args = '{\"a\":1e999,\"a\":\"\\ud800\"}'",
                "args = '\"no object\"'",
                "args = ' null '",
                "roles = '{}', users = '{}'",
                "roles = '{NULL,approver}'",
                "description = ''",
                "asked_with = '{NULL}'",
                "conversation_id = 'corrupt', end_user = ''",
                "required = 2147483647",
                "deadline = '-infinity'")) {
            rows.change("update approvals set " + damage + " where id = cast(? as uuid)", asked);
            for (var path : List.of(
                    "/api/v1/approvals",
                    "/api/v1/approvals/" + asked,
                    "/api/v1/conversations/corrupt/pending-approvals")) {
                assertThat(api.unchecked().get(path).status())
                        .as(damage + " " + path)
                        .isEqualTo(200);
            }
            assertThat(api.unchecked().decide(asked, true).status()).as(damage).isLessThan(500);
            rows.change("delete from decisions where approval_id = cast(? as uuid)", asked);
        }
        rows.change("delete from approvals where id = cast(? as uuid)", asked);
        rows.change(
                "delete from events where run_id = cast(? as uuid)",
                run.path("id").asText());
        rows.change(
                "delete from runs where id = cast(? as uuid)", run.path("id").asText());
    }

    @Test
    void F2_oneIsReadWithItsVersion() {
        var asked = gated("etag", null, null);
        var reply = api.get("/api/v1/approvals/" + asked).expect(200);
        assertThat(reply.header("ETag")).isEqualTo("\"1\"");
        api.with("If-None-Match", "\"1\"").get("/api/v1/approvals/" + asked).expect(304);
        api.decide(asked, true).expect(200);
        assertThat(api.with("If-None-Match", "\"1\"")
                        .get("/api/v1/approvals/" + asked)
                        .expect(200)
                        .header("ETag"))
                .isEqualTo("\"2\"");
        api.get("/api/v1/approvals/" + UUID.randomUUID()).expect(404, "not_found");
    }

    private List<String> list(String query) {
        return api.get("/api/v1/approvals" + query)
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .map(item -> item.path("id").asText())
                .toList();
    }

    private void assertPending(String conversation, String query, List<String> expected) {
        JsonNode reply = api.get(pending(conversation) + query).expect(200).json();
        assertThat(reply.path("hasPending").asBoolean()).isEqualTo(!expected.isEmpty());
        assertThat(reply.path("approvals").valueStream().map(item -> item.path("id")
                        .asText()))
                .containsExactlyElementsOf(expected);
    }

    private static String pending(String conversation) {
        return "/api/v1/conversations/" + conversation + "/pending-approvals";
    }

    /** A question of a run of this conversation and user, either of which may be null. */
    private String gated(String lane, String conversation, String user) {
        var members = new LinkedHashMap<String, Object>(Map.of("approval", Api.QUESTION));
        members.put("conversationId", conversation);
        members.put("endUser", user);
        return api.pendingOf(api.submit(lane, members).path("id").asText())
                .path("id")
                .asText();
    }
}
