package dev.holdfast.key;

import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Replies;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;

/**
 * {@code Authorization: Bearer <key>} on the API. If the database cannot say whose a key is, nobody gets in.
 *
 * <p>A filter and no {@code HttpAuthenticationMechanism}: for each call of such a one Liberty runs a JAAS login and signs a
 * token with RSA, which was a third of a node's work. Roles are asked of the request, so {@code @RolesAllowed} sees no
 * difference; and what a resource does without a {@link Caller} fails, should a call ever get past this filter.
 */
@WebFilter(urlPatterns = "/api/*", asyncSupported = true)
public class KeyAuthentication extends HttpFilter {
    private static final long serialVersionUID = 1;
    private static final String SCHEME = "Bearer ";
    private static final int LONGEST = 512;

    @Inject
    private transient ApiKeys keys;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Caller caller;
        try {
            caller = caller(request);
        } catch (Problem problem) {
            Replies.write(problem, request, response);
            return;
        } catch (RuntimeException e) {
            Replies.write(ExpectedErrors.problem(e).orElseThrow(() -> e), request, response);
            return;
        }
        request.setAttribute(Caller.ATTRIBUTE, caller);
        chain.doFilter(new Authenticated(request, caller), response);
    }

    private Caller caller(HttpServletRequest request) {
        var header = request.getHeader("Authorization");
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw Rejected.missing();
        }
        var key = header.substring(SCHEME.length()).trim();
        if (key.isEmpty()) {
            throw Rejected.missing();
        }
        if (key.length() > LONGEST) {
            throw Rejected.malformed();
        }
        return keys.authenticate(key);
    }

    private static final class Authenticated extends HttpServletRequestWrapper {
        private final Caller caller;

        Authenticated(HttpServletRequest request, Caller caller) {
            super(request);
            this.caller = caller;
        }

        @Override
        public Principal getUserPrincipal() {
            return caller;
        }

        @Override
        public String getRemoteUser() {
            return caller.name();
        }

        @Override
        public String getAuthType() {
            return "Bearer";
        }

        @Override
        public boolean isUserInRole(String scope) {
            return caller.may(scope);
        }
    }
}
