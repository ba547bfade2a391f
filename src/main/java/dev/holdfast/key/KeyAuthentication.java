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
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;

/**
 * {@code Authorization: Bearer <key>} on the API, and people: {@code Basic} by Liberty's user registry, {@code Bearer <JWT>}
 * by its JWT consumer. If the database cannot say whose a key is, nobody gets in.
 */
@ApplicationScoped
public class KeyAuthentication implements HttpAuthenticationMechanism {
    private static final int LONGEST = 512;

    /** To the container all keys are one: it maps names to registries and keeps what it learns of each. */
    private static final String ANY_KEY = "key";

    private static final String NOBODY = "nobody";

    private final ApiKeys keys;
    private final Logins logins;
    private final Tokens tokens;
    private final Metrics metrics;

    protected KeyAuthentication() { // for the proxy
        this(null, null, null, null);
    }

    @Inject
    KeyAuthentication(ApiKeys keys, Logins logins, Tokens tokens, Metrics metrics) {
        this.keys = keys;
        this.logins = logins;
        this.tokens = tokens;
        this.metrics = metrics;
    }

    @Override
    public AuthenticationStatus validateRequest(
            HttpServletRequest request, HttpServletResponse response, HttpMessageContext context)
            throws AuthenticationException {
        // What Liberty believes to be its own BASIC it takes apart once more, and falls over a header that is
        // malformed.
        context.getMessageInfo().getMap().put("jakarta.servlet.http.authType", "HOLDFAST");
        if (context.isAuthenticationRequest()
                && context.getAuthParameters().getCredential() instanceof UsernamePasswordCredential form) {
            return admit(form, request, context);
        }
        // Not by the address as it was written: what the container protects has forms such as //api/v1 too.
        if (!context.isProtected()) {
            return context.doNothing();
        }
        try {
            return admit(request, context);
        } catch (Problem problem) {
            return refuse(problem, request, response);
        } catch (RuntimeException e) {
            return refuse(ExpectedErrors.problem(e).orElseThrow(() -> e), request, response);
        }
    }

    private AuthenticationStatus admit(HttpServletRequest request, HttpMessageContext context) {
        var header = request.getHeader("Authorization");
        var login = credentials(header, "Basic ");
        if (login != null) {
            return admit(login, request, context);
        }
        var bearer = credentials(header, "Bearer ");
        if (bearer == null || bearer.isEmpty()) {
            throw Rejected.missing();
        }
        if (Tokens.isToken(bearer)) {
            return tokens.admit(bearer, request, context);
        }
        if (bearer.length() > LONGEST) {
            throw Rejected.malformed();
        }
        request.setAttribute(Caller.ATTRIBUTE, keys.authenticate(bearer));
        return context.notifyContainerAboutLogin(ANY_KEY, Set.of());
    }

    // Of a Basic header that is refused here Liberty makes something itself, and falls over a malformed one. So nobody
    // is let
    // in, to be refused by CallerFilter.
    private AuthenticationStatus admit(String login, HttpServletRequest request, HttpMessageContext context) {
        try {
            return logins.admit(login, request, context);
        } catch (Problem problem) {
            metrics.count(Metric.AUTH_FAILURES, 1, problem.code());
            request.setAttribute(CallerFilter.REFUSED, problem);
            return context.notifyContainerAboutLogin(NOBODY, Set.of());
        }
    }

    private AuthenticationStatus admit(
            UsernamePasswordCredential form, HttpServletRequest request, HttpMessageContext context) {
        try {
            return logins.admit(form, request, context);
        } catch (Problem problem) {
            metrics.count(Metric.AUTH_FAILURES, 1, problem.code());
            request.setAttribute(CallerFilter.REFUSED, problem);
            return AuthenticationStatus.SEND_FAILURE;
        }
    }

    private static String credentials(String header, String scheme) {
        var meant = header != null && header.regionMatches(true, 0, scheme, 0, scheme.length());
        return meant ? header.substring(scheme.length()).trim() : null;
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
