package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Belongings;
import dev.holdfast.testkit.Belongings.Call;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.assertj.core.api.SoftAssertions;

/** Every operation of the document, asked about one tenant's belongings; replies are counted by status. */
final class Matrix {
    static final List<Operation> OPERATIONS = Contract.published().operations();

    private final Rows rows;
    private final Tenant tenant;
    private final Belongings belongings;
    private final Map<Integer, Integer> cells = new TreeMap<>();

    Matrix(Rows rows, Tenant tenant) {
        this.rows = rows;
        this.tenant = tenant;
        belongings = Belongings.of(tenant);
    }

    Belongings belongings() {
        return belongings;
    }

    record Answered(Call call, Reply reply) {}

    List<Answered> replies(Api api, Operation operation) {
        return belongings.calls(operation).stream()
                .map(call -> new Answered(call, call.by(api)))
                .toList();
    }

    void each(Predicate<Operation> which, BiConsumer<Operation, Call> cell) {
        OPERATIONS.stream()
                .filter(which)
                .forEach(operation -> belongings.calls(operation).forEach(call -> cell.accept(operation, call)));
    }

    /** One digest for all calls of one credential. */
    void changingNothing(Consumer<SoftAssertions> calls) {
        var softly = new SoftAssertions();
        var touched = touched(() -> calls.accept(softly));
        softly.assertAll();
        assertThat(touched).isEmpty();
    }

    /** The tenant's rows that are other ones afterwards, as they were and as they are. */
    Set<String> touched(Runnable calls) {
        var before = new HashSet<>(rows.everythingOf(tenant.id()));
        calls.run();
        var touched = new HashSet<>(rows.everythingOf(tenant.id()));
        before.stream().filter(row -> !touched.remove(row)).toList().forEach(touched::add);
        return touched;
    }

    /** Asks for everything, with a key of these scopes from elsewhere. */
    void findsNothing(Api api, Set<String> scopes) {
        changingNothing(softly -> each(operation -> true, (operation, call) -> {
            if (operation.scopes().stream().anyMatch(scopes::contains)) {
                isNothing(softly, call, counted(call.by(api)));
            } else {
                isForbidden(softly, call, call.by(api));
            }
        }));
    }

    /** The replies that tell somebody from elsewhere what belongs to this tenant alone. */
    List<Reply> tellingOfIt(Api api) {
        return OPERATIONS.stream()
                .flatMap(operation -> belongings.calls(operation).stream())
                .map(call -> call.by(api))
                .filter(reply -> reply.text().contains(belongings.mark()))
                .toList();
    }

    /** An id is unknown; a list, or what has come to be in the caller's own tenant, tells nothing of this one. */
    private void isNothing(SoftAssertions softly, Call call, Reply reply) {
        softly.assertThat(reply.text()).as(call.toString()).doesNotContain(belongings.mark());
        softly.assertThat(reply.status()).as(call + ": " + reply.text()).isIn(200, 201, 404, 428);
        if (call.namesAnId()) {
            softly.assertThat(reply.status() + " " + reply.code())
                    .as(call.toString())
                    .isEqualTo("404 not_found");
        }
        var named = call.body() != null
                && belongings.ids().anyMatch(id -> call.body().toString().contains(id));
        if (named && reply.status() == 200) {
            softly.assertThat(reply.json().path("items"))
                    .as(call.toString())
                    .isNotEmpty()
                    .allSatisfy(item ->
                            assertThat(item.at("/problem/code").asText()).isEqualTo("not_found"));
        }
    }

    void isForbidden(SoftAssertions softly, Call call, Reply reply) {
        softly.assertThat(counted(reply).status() + " " + reply.code())
                .as(call.toString())
                .isEqualTo("403 forbidden");
    }

    Reply counted(Reply reply) {
        count(reply);
        return reply;
    }

    void count(Reply reply) {
        cells.merge(reply.status(), 1, Integer::sum);
    }

    /** How many operations and cells, and how they were answered. */
    @Override
    public String toString() {
        return "%d operations, %d cells, by status %s"
                .formatted(
                        OPERATIONS.size(),
                        cells.values().stream().mapToInt(Integer::intValue).sum(),
                        cells);
    }
}
