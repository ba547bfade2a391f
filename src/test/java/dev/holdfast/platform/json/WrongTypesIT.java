package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.WrongRequests;
import dev.holdfast.testkit.WrongRequests.Case;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every member of every request, with every kind of value: what the contract forbids is refused and named. */
class WrongTypesIT {
    private static final WrongRequests REQUESTS = new WrongRequests();

    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    static List<Operation> withBody() {
        return Contract.published().operations().stream()
                .filter(REQUESTS::hasBody)
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("withBody")
    void B6_I10_whatTheContractForbidsIs400NamingTheMember(Operation operation) {
        var softly = new SoftAssertions();
        int forbidden = 0;
        for (var wrong : REQUESTS.of(operation)) {
            // The client itself holds each answer against the contract, which knows no 5xx but ours.
            var reply = api.send(
                    operation.method(), operation.pathOf(UUID.randomUUID().toString()), wrong.body());
            softly.assertThat(reply.status()).as(describe(wrong, reply)).isLessThan(500);
            if (!wrong.valid() && !isNull(wrong)) {
                forbidden++;
                softly.assertThat(refusals(reply).toList())
                        .as(describe(wrong, reply))
                        .anyMatch(field -> related(field, withoutItem(wrong.field())));
            }
        }
        assertThat(forbidden).isGreaterThan(5);
        softly.assertAll();
    }

    private static String describe(Case wrong, Reply reply) {
        return wrong + " of " + shortened(wrong.body().toString()) + " was answered " + reply.status() + " "
                + shortened(reply.text());
    }

    private static String shortened(String text) {
        return text.length() > 300 ? text.substring(0, 300) + "…" : text;
    }

    /** Null counts as absent in what comes in, though nothing that goes out is ever null. */
    private static boolean isNull(Case wrong) {
        var at = wrong.body();
        for (var step : wrong.field().replace("[0]", ".0").split("\\.")) {
            at = at.isArray() ? at.path(Integer.parseInt(step)) : at.path(step);
        }
        return at.isNull();
    }

    /** The fields that were refused, of the whole or of the first item of a batch. */
    private static Stream<String> refusals(Reply reply) {
        JsonNode problem = reply.status() == 400 ? reply.json() : reply.json().at("/items/0/problem");
        return problem.path("status").asInt() == 400
                ? problem.path("violations").findValuesAsText("field").stream()
                : Stream.empty();
    }

    /** An item of a batch is a request of its own: its fields are named from it on. */
    private static String withoutItem(String field) {
        return field.replaceFirst("^(runs|beats|items)(\\[0]\\.?)?", "");
    }

    private static boolean related(String refused, String changed) {
        return refused.startsWith(changed) || changed.startsWith(refused);
    }
}
