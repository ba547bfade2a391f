package dev.holdfast.client.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.client.Approval;
import dev.holdfast.client.Claim;
import dev.holdfast.client.Event;
import dev.holdfast.client.Problem;
import dev.holdfast.client.Question;
import dev.holdfast.client.Run;
import dev.holdfast.client.Submission;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.InsideLiberty;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.rest.client.inject.RestClient;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The MicroProfile Rest Client where it is used: injected, in an application inside of Liberty, against a node. */
@ExtendWith({InsideLiberty.class, ArquillianExtension.class})
class HoldfastApiIT {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private final String lane = "rest-" + UUID.randomUUID();

    @Inject
    @RestClient
    HoldfastApi holdfast;

    @Deployment
    static Archive<?> application() {
        return InsideLiberty.userOf(Cluster.node(1).uri(), Cluster.BOOTSTRAP_KEY, HoldfastApiIT.class);
    }

    @Test
    void aRunLivesItsWholeLife() {
        Submission submission = Submission.to(lane).input(Map.of("n", 1.5)).delay(Duration.ZERO);
        Run run = holdfast.submit("once-" + lane, submission);
        assertThat(holdfast.submit("once-" + lane, submission).id()).isEqualTo(run.id());

        Claim claim = holdfast.claim(new HoldfastApi.Asking("rest", List.of(lane), 1, Duration.ofSeconds(2)))
                .claims()
                .get(0);
        assertThat(claim.run().input().path("n").decimalValue()).isEqualByComparingTo("1.5");
        assertThat(holdfast.heartbeat(run.id(), new HoldfastApi.Beating(claim.fence(), NODES.textNode("half"), null))
                        .goOn())
                .isTrue();
        var end = new HoldfastApi.Completing(claim.fence(), NODES.numberNode(7), null);
        assertThat(holdfast.complete(run.id(), end))
                .returns("completed", Run::state)
                .returns(false, Run::replayed);
        assertThat(holdfast.complete(run.id(), end).replayed()).isTrue();

        assertThat(holdfast.get(run.id()).result().asInt()).isEqualTo(7);
        assertThat(holdfast.list(lane, null, 10, null).items())
                .extracting(Run::id)
                .containsExactly(run.id());
        assertThat(holdfast.events(run.id(), null).items())
                .extracting(Event::type)
                .containsExactly("submitted", "claimed", "started", "completed");
    }

    @Test
    void aQuestionIsAskedAndDecided() {
        Run run = holdfast.submit(null, Submission.to(lane));
        Claim claim = holdfast.claim(new HoldfastApi.Asking("rest", List.of(lane), null, null))
                .claims()
                .get(0);

        Approval asked =
                holdfast.ask(run.id(), new HoldfastApi.Asked(claim.fence(), Question.of("s", "pay", "Pay Ada?")));

        assertThat(holdfast.approvals("pending", run.id(), null).items())
                .extracting(Approval::id)
                .containsExactly(asked.id());
        assertThatThrownBy(() -> holdfast.decide(asked.id(), new HoldfastApi.Deciding(true, null, "0".repeat(64))))
                .isInstanceOf(Problem.class);
        assertThat(holdfast.cancel(run.id(), new HoldfastApi.Because("no")).cancelled())
                .isTrue();
    }

    @Test
    void aRefusalIsAProblem() {
        String unknown = UUID.randomUUID().toString();

        assertThatThrownBy(() -> holdfast.get(unknown)).isInstanceOfSatisfying(Problem.class, problem -> {
            assertThat(problem.status()).isEqualTo(404);
            assertThat(problem.code()).isEqualTo("not_found");
            assertThat(problem.detail()).isNotBlank();
        });
        assertThatThrownBy(() -> holdfast.release(unknown, new HoldfastApi.Releasing(1)))
                .isInstanceOf(Problem.class);
    }
}
