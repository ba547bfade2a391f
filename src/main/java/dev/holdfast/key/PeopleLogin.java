package dev.holdfast.key;

import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.SecurityContext;
import jakarta.security.enterprise.authentication.mechanism.http.AuthenticationParameters;
import jakarta.security.enterprise.credential.Credential;
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Locale;
import java.util.logging.Logger;

/** Logs a person in, by a form or by what a request presents: the same registry, the same roles, the same tenant. */
@ApplicationScoped
public class PeopleLogin {
    private static final Logger LOG = Logger.getLogger(PeopleLogin.class.getName());

    /** Guesses of one name from one address: so many at once, then one a second. */
    private static final int GUESSES = 10;

    private static final int LONGEST_LOGGED = 100;

    private final Buckets guesses = new Buckets(1, GUESSES, System.nanoTime());
    private final SecurityContext security;
    private final People people;
    private final Metrics metrics;

    protected PeopleLogin() { // for the proxy
        this(null, null, null);
    }

    @Inject
    PeopleLogin(SecurityContext security, People people, Metrics metrics) {
        this.security = security;
        this.people = people;
        this.metrics = metrics;
    }

    /**
     * The person of this name and password.
     *
     * @throws Problem 401 if there is none, 403 if they may do nothing here, 429 after many guesses
     */
    public Caller admit(String name, String password, HttpServletRequest request, HttpServletResponse response) {
        var guesser = name.toLowerCase(Locale.ROOT) + " from " + request.getRemoteAddr();
        var wait = guesses.take(guesser, System.nanoTime());
        if (!wait.isZero()) {
            throw new Problem(
                    429, "rate_limited", "Too many attempts with this name. Wait some seconds, then try again.");
        }
        try {
            var caller = admitted(name, password, request, response);
            guesses.giveBack(guesser); // it was none
            return caller;
        } catch (Problem refused) {
            metrics.count(Metric.AUTH_FAILURES, 1, refused.code());
            LOG.warning(() -> "HLDF0120W: Login refused, " + refused.code() + ": " + loggable(guesser));
            throw refused;
        }
    }

    private Caller admitted(String name, String password, HttpServletRequest request, HttpServletResponse response) {
        var form = new UsernamePasswordCredential(name, password);
        try {
            return admit(form, request, response);
        } finally {
            form.getPassword().clear();
        }
    }

    /**
     * The person who presents this. Guesses are not counted here: each rests before it is refused.
     *
     * @throws Problem 401 if there is none, 403 if they may do nothing here or a page of another site asks
     */
    Caller admit(Credential credential, HttpServletRequest request, HttpServletResponse response) {
        var parameters = AuthenticationParameters.withParams().credential(credential);
        var status = security.authenticate(request, response, parameters);
        if (request.getAttribute(PeopleAuthentication.REFUSED) instanceof Problem refused) {
            throw refused;
        }
        if (status != AuthenticationStatus.SUCCESS) {
            throw Rejected.login();
        }
        return people.of(request);
    }

    private static String loggable(String text) {
        var line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() > LONGEST_LOGGED ? line.substring(0, LONGEST_LOGGED) + "…" : line;
    }
}
