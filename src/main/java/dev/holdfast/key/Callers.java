package dev.holdfast.key;

import dev.holdfast.event.Actor;
import dev.holdfast.event.Author;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.security.Principal;

/** Hands the authenticated {@link Caller} to resources. */
@RequestScoped
public class Callers {
    private HttpServletRequest request;

    protected Callers() {} // for the proxy

    @Inject
    Callers(HttpServletRequest request) {
        this.request = request;
    }

    /** @throws IllegalStateException outside an authenticated request, which {@link CallerFilter} rules out */
    public Caller present() {
        var caller = (Caller) request.getAttribute(Caller.ATTRIBUTE);
        if (caller == null) {
            throw new IllegalStateException("no caller: nobody was let in");
        }
        return caller;
    }

    /** The request as that of a caller who has been let in: the roles that resources allow are the caller's scopes. */
    public static HttpServletRequest accompany(HttpServletRequest request, Caller caller) {
        request.setAttribute(Caller.ATTRIBUTE, caller);
        return new Accompanied(request, caller);
    }

    private static final class Accompanied extends HttpServletRequestWrapper {
        private final Caller caller;

        Accompanied(HttpServletRequest request, Caller caller) {
            super(request);
            this.caller = caller;
        }

        @Override
        public Principal getUserPrincipal() {
            return caller;
        }

        @Override
        public boolean isUserInRole(String role) {
            return caller.may(role);
        }
    }

    /** The caller as who does something beside runs. */
    public Author author(Actor.Kind kind) {
        var caller = present();
        return new Author(new Actor(kind, caller.name()), caller.credential(), Correlation.id(request));
    }

    /**
     * The caller of what needs a key that can be revoked while it lasts.
     *
     * @throws Problem 403 if it is a person
     */
    public Caller withKey() {
        var caller = present();
        if (caller.isPerson()) {
            throw new Problem(
                    403, "forbidden", "A person cannot claim runs: workers do, with a key of scope runs:work.");
        }
        return caller;
    }
}
