package dev.holdfast.platform.health;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;

/**
 * Started: the schema is there, and what was left over from before has been swept up. Live: this process, never the
 * database. Ready: the database answers and keeps its word; features add what they need.
 */
@ApplicationScoped
public class Health {
    private static final String PROMISES =
            "select current_setting('synchronous_commit') <> 'off' and current_setting('fsync') = 'on'"
                    + " and not pg_is_in_recovery()";

    @Inject
    Progress progress;

    @Inject
    Database database;

    @Inject
    Node node;

    @Produces
    @Startup
    HealthCheck started() {
        return () -> HealthCheckResponse.named("started")
                .status(progress.isStarted())
                .build();
    }

    @Produces
    @Liveness
    HealthCheck live() {
        return () -> HealthCheckResponse.up("live");
    }

    @Produces
    @Readiness
    HealthCheck taking() {
        return () -> node.isDraining()
                ? HealthCheckResponse.named("node")
                        .down()
                        .withData("because", "draining")
                        .build()
                : HealthCheckResponse.up("node");
    }

    @Produces
    @Readiness
    HealthCheck ready() {
        return () -> {
            var reply = HealthCheckResponse.named("database");
            if (!progress.isStarted()) {
                return reply.down().withData("because", "starting").build();
            }
            try {
                var durable = database.everybody()
                        .one(PROMISES, row -> row.getBoolean(1))
                        .orElse(false);
                return durable
                        ? reply.up().build()
                        : reply.down()
                                .withData("because", "it is a standby, or synchronous_commit or fsync is off")
                                .build();
            } catch (RuntimeException e) {
                return reply.down().withData("because", "it does not answer").build();
            }
        };
    }
}
