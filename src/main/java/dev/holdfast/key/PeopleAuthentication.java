package dev.holdfast.key;

import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.authentication.mechanism.http.HttpAuthenticationMechanism;
import jakarta.security.enterprise.authentication.mechanism.http.HttpMessageContext;
import jakarta.security.enterprise.credential.Credential;
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Set;

/**
 * People, when {@link PeopleLogin} asks: by Liberty's user registry, what they have written into a form or sent as
 * {@code Basic}; by its JWT consumer, their tokens. The container itself protects no address.
 */
@ApplicationScoped
public class PeopleAuthentication implements HttpAuthenticationMechanism {
    /** Under which a request carries why whoever sent it is not let in. */
    static final String REFUSED = PeopleAuthentication.class.getName() + ".refused";

    private final Logins logins;
    private final Tokens tokens;

    protected PeopleAuthentication() { // for the proxy
        this(null, null);
    }

    @Inject
    PeopleAuthentication(Logins logins, Tokens tokens) {
        this.logins = logins;
        this.tokens = tokens;
    }

    @Override
    public AuthenticationStatus validateRequest(
            HttpServletRequest request, HttpServletResponse response, HttpMessageContext context) {
        // What Liberty believes to be its own BASIC it takes apart once more, and falls over a header that is
        // malformed.
        context.getMessageInfo().getMap().put("jakarta.servlet.http.authType", "HOLDFAST");
        if (!context.isAuthenticationRequest()) {
            return context.doNothing();
        }
        var credential = context.getAuthParameters().getCredential();
        try {
            return admit(credential, request, context);
        } catch (Problem problem) {
            request.setAttribute(REFUSED, problem);
            // Of a Basic header that is refused here Liberty makes something itself, and falls over a malformed one. So
            // nobody is let in, to be refused by PeopleLogin.
            return credential instanceof Presented.Basic
                    ? context.notifyContainerAboutLogin("nobody", Set.of())
                    : AuthenticationStatus.SEND_FAILURE;
        }
    }

    private AuthenticationStatus admit(Credential credential, HttpServletRequest request, HttpMessageContext context) {
        if (credential instanceof UsernamePasswordCredential form) {
            return logins.admit(form, request, context);
        }
        if (credential instanceof Presented.Basic basic) {
            return logins.admit(basic.login(), request, context);
        }
        if (credential instanceof Presented.Token token) {
            return tokens.admit(token.jwt(), request, context);
        }
        throw Rejected.missing();
    }
}
