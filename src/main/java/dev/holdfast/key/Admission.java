package dev.holdfast.key;

import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.ProblemMapper;
import dev.holdfast.platform.problem.Replies;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Lets into the API who has {@code Authorization: Bearer <key>}, and people: {@code Basic} or {@code Bearer <JWT>}. If the
 * database cannot say whose a key is, nobody gets in.
 *
 * <p>Keys are looked at here and not by the container, whose login takes longer than most of what is asked for. Who comes by
 * an address that this filter does not know ({@code web.xml}) is turned away by {@link CallerFilter}.
 */
public class Admission extends HttpFilter {
    private static final long serialVersionUID = 1;

    private static final int LONGEST = 512;

    @Inject
    transient ApiKeys keys;

    @Inject
    transient PeopleLogin people;

    @Inject
    transient Metrics metrics;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Caller caller;
        try {
            caller = caller(request, response);
        } catch (RuntimeException e) {
            Replies.write(problem(e, request), request, response);
            return;
        }
        chain.doFilter(Callers.accompany(request, caller), response);
    }

    private Caller caller(HttpServletRequest request, HttpServletResponse response) {
        var header = request.getHeader("Authorization");
        var login = credentials(header, "Basic ");
        if (login != null) {
            return people.admit(new Presented.Basic(login), request, response);
        }
        var bearer = credentials(header, "Bearer ");
        if (bearer == null || bearer.isEmpty()) {
            throw Rejected.missing();
        }
        if (Tokens.isToken(bearer)) {
            return people.admit(new Presented.Token(bearer), request, response);
        }
        if (bearer.length() > LONGEST) {
            throw Rejected.malformed();
        }
        return keys.authenticate(bearer);
    }

    private Problem problem(RuntimeException e, HttpServletRequest request) {
        var problem = ProblemMapper.problem(e, request);
        metrics.count(Metric.AUTH_FAILURES, 1, problem.code());
        return problem;
    }

    private static String credentials(String header, String scheme) {
        var meant = header != null && header.regionMatches(true, 0, scheme, 0, scheme.length());
        return meant ? header.substring(scheme.length()).trim() : null;
    }
}
