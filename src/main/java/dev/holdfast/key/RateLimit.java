package dev.holdfast.key;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.Vital;
import dev.holdfast.platform.problem.Problem;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.ext.Provider;

/** Holds a caller to so many requests a second on this node, if that is set; {@link Vital} ones are not counted. */
@Provider
@Priority(Priorities.AUTHENTICATION + 1)
@ApplicationScoped
public class RateLimit implements ContainerRequestFilter {
    @Context
    ResourceInfo resource;

    private int rate;
    private Buckets buckets;

    @Inject
    void use(Settings settings) {
        rate = settings.rateLimit();
        buckets = rate == 0 ? null : new Buckets(rate, settings.rateBurst(), System.nanoTime());
    }

    @Override
    public void filter(ContainerRequestContext request) {
        if (buckets == null || resource.getResourceMethod().isAnnotationPresent(Vital.class)) {
            return;
        }
        var caller = (Caller) request.getSecurityContext().getUserPrincipal();
        var wait = buckets.take(caller.identity(), System.nanoTime());
        if (!wait.isZero()) {
            throw new Problem(
                            429,
                            "rate_limited",
                            "More than %d requests a second. Wait a little; heartbeats and the ends of claims do not count."
                                    .formatted(rate))
                    .header("Retry-After", Long.toString(wait.plusMillis(999).toSeconds()));
        }
    }
}
