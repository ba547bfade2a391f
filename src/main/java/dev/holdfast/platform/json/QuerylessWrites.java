package dev.holdfast.platform.json;

import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.ext.Provider;
import java.util.Set;

/** No write has query parameters; one that is given was meant for something, so it is refused by name. */
@Provider
public class QuerylessWrites implements ContainerRequestFilter {
    private static final Set<String> READS = Set.of("GET", "HEAD", "OPTIONS");

    @Override
    public void filter(ContainerRequestContext request) {
        if (!READS.contains(request.getMethod())) {
            Query.of(request.getUriInfo());
        }
    }
}
