package dev.holdfast.reaper;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.health.Progress;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready means too that the dead are looked for: some node's sweep has succeeded lately, or an operator wants none. */
@ApplicationScoped
public class ReaperHealth {
    private static final int INTERVALS = 4;

    @Inject
    Sweeps sweeps;

    @Inject
    Settings settings;

    @Inject
    Progress progress;

    @Produces
    @Readiness
    HealthCheck sweeping() {
        return () -> {
            var reply = HealthCheckResponse.named("reaper");
            if (!progress.isStarted()) {
                return reply.down().withData("because", "starting").build();
            }
            try {
                return judged(sweeps.state(), reply).build();
            } catch (RuntimeException e) {
                return reply.down()
                        .withData("because", "the database does not answer")
                        .build();
            }
        };
    }

    private HealthCheckResponseBuilder judged(Sweeps.State state, HealthCheckResponseBuilder reply) {
        if (state.age() != null) {
            reply.withData("ageSeconds", state.age().toSeconds());
        }
        reply.withData("enabled", state.enabled());
        if (!state.enabled()) {
            return reply.up().withData("because", "paused by an operator");
        }
        var limit = settings.sweepInterval().multipliedBy(INTERVALS);
        if (state.age() != null && state.age().compareTo(limit) < 0) {
            return reply.up();
        }
        return reply.down().withData("because", "no sweep has succeeded for " + limit + "; the log says why");
    }
}
