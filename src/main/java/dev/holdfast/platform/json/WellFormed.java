package dev.holdfast.platform.json;

import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import java.util.regex.Pattern;

/** Refuses an address or a header that JAX-RS would stumble over later, with a 500 of its own. */
@Provider
@PreMatching
public class WellFormed implements ContainerRequestFilter {
    private static final Pattern NO_QUALITY =
            Pattern.compile(";\\s*[qQ]\\s*=(?!\\s*(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)\\s*([,;]|$))");

    @Override
    public void filter(ContainerRequestContext request) {
        try {
            request.getUriInfo().getQueryParameters();
        } catch (IllegalArgumentException e) {
            throw new Problem(400, "bad_request", "The address is no valid URI: a character in it must be %-encoded.");
        }
        var accept = request.getHeaderString(HttpHeaders.ACCEPT);
        if (accept != null && NO_QUALITY.matcher(accept).find()) {
            throw new InvalidRequest(HttpHeaders.ACCEPT, "must give qualities from 0 to 1");
        }
    }
}
