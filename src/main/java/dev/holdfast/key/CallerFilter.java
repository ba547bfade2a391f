package dev.holdfast.key;

import dev.holdfast.platform.problem.Problem;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.ext.Provider;
import java.security.Principal;

/** Tells JAX-RS who is asking before it looks at what, so that the roles which resources allow are the caller's scopes. */
@Provider
@PreMatching
@Priority(Priorities.AUTHENTICATION)
@ApplicationScoped
public class CallerFilter implements ContainerRequestFilter {
    /** Under which a request carries why whoever sent it is not let in. */
    static final String REFUSED = CallerFilter.class.getName() + ".refused";

    @Inject
    HttpServletRequest http;

    @Inject
    People people;

    private record Standing(Caller caller, SecurityContext container) implements SecurityContext {
        @Override
        public Principal getUserPrincipal() {
            return caller;
        }

        @Override
        public boolean isUserInRole(String role) {
            return caller.may(role);
        }

        @Override
        public boolean isSecure() {
            return container.isSecure();
        }

        @Override
        public String getAuthenticationScheme() {
            return container.getAuthenticationScheme();
        }
    }

    @Override
    public void filter(ContainerRequestContext request) {
        if (http.getAttribute(REFUSED) instanceof Problem refused) {
            throw refused;
        }
        if (http.getAttribute(Caller.ATTRIBUTE) == null) {
            http.setAttribute(Caller.ATTRIBUTE, people.of(http));
        }
        var caller = (Caller) http.getAttribute(Caller.ATTRIBUTE);
        request.setSecurityContext(new Standing(caller, request.getSecurityContext()));
    }
}
