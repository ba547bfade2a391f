package dev.holdfast.key;

import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Replies;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.security.enterprise.AuthenticationException;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.authentication.mechanism.http.HttpAuthenticationMechanism;
import jakarta.security.enterprise.authentication.mechanism.http.HttpMessageContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** {@code Authorization: Bearer <key>} on the API. If the database cannot say whose a key is, nobody gets in. */
@ApplicationScoped
public class KeyAuthentication implements HttpAuthenticationMechanism {
    private static final String SCHEME = "Bearer ";
    private static final int LONGEST = 512;

    private final ApiKeys keys;
    private final Metrics metrics;

    protected KeyAuthentication() { // for the proxy
        this(null, null);
    }

    @Inject
    KeyAuthentication(ApiKeys keys, Metrics metrics) {
        this.keys = keys;
        this.metrics = metrics;
    }

    @Override
    public AuthenticationStatus validateRequest(
            HttpServletRequest request, HttpServletResponse response, HttpMessageContext context)
            throws AuthenticationException {
        // Not by the address as it was written: what the container protects has forms such as //api/v1 too.
        if (!context.isProtected()) {
            return context.doNothing();
        }
        try {
            var caller = caller(request);
            request.setAttribute(Caller.ATTRIBUTE, caller);
            // Not by its name: Liberty turns some away, with a page of its own.
            return context.notifyContainerAboutLogin(caller.identity().toString(), caller.scopes());
        } catch (Problem problem) {
            return refuse(problem, request, response);
        } catch (RuntimeException e) {
            return refuse(ExpectedErrors.problem(e).orElseThrow(() -> e), request, response);
        }
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

    private AuthenticationStatus refuse(Problem problem, HttpServletRequest request, HttpServletResponse response)
            throws AuthenticationException {
        metrics.count(Metric.AUTH_FAILURES, 1, problem.code());
        try {
            Replies.write(problem, request, response);
            return AuthenticationStatus.SEND_FAILURE;
        } catch (IOException e) {
            throw new AuthenticationException(e);
        }
    }
}
