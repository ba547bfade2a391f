package dev.holdfast.key;

import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.security.auth.message.callback.PasswordValidationCallback;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.authentication.mechanism.http.HttpMessageContext;
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;

/** People's names and passwords, as the user registry of Liberty knows them. */
@ApplicationScoped
class Logins {
    private static final int LONGEST = 1024;

    /** Of a known name the registry may have to work out a hash. Its absence must not tell that a name is unknown. */
    private static final Duration REFUSED_AFTER = Duration.ofMillis(300);

    /** Refusals that may hold a thread at once: who floods us with guesses shall not stop the workers. */
    private static final int REFUSED_AT_ONCE = 64;

    private static final Set<String> OWN_PAGES = Set.of("same-origin", "none");

    private final Semaphore places = new Semaphore(REFUSED_AT_ONCE);

    private record Login(String name, String password) {}

    /**
     * Lets a person in.
     *
     * @param credentials as {@code Basic} has them
     * @throws Problem 401 if there is no such name and password, 403 if a page of another site sends them
     */
    AuthenticationStatus admit(String credentials, HttpServletRequest request, HttpMessageContext context) {
        return admit(login(credentials), request, context);
    }

    /** Lets a person in by what they have written into a form. @throws Problem as above */
    AuthenticationStatus admit(
            UsernamePasswordCredential form, HttpServletRequest request, HttpMessageContext context) {
        var login = new Login(form.getCaller(), form.getPasswordAsString());
        boolean tooLong = login.name().length() + login.password().length() > LONGEST;
        return admit(tooLong ? Optional.empty() : Optional.of(login), request, context);
    }

    private AuthenticationStatus admit(Optional<Login> login, HttpServletRequest request, HttpMessageContext context) {
        // A browser that has been asked for a password once sends it along with whatever any page makes it send.
        var site = request.getHeader("Sec-Fetch-Site");
        if (site != null && !OWN_PAGES.contains(site)) {
            throw new Problem(403, "forbidden", "A page of another site cannot use a person's login.");
        }
        long begun = System.nanoTime();
        if (!login.filter(said -> isKnown(said, context)).isPresent()) {
            rest(REFUSED_AFTER.toNanos() - (System.nanoTime() - begun));
            throw Rejected.login();
        }
        People.groups(request, groups(context.getClientSubject()));
        return AuthenticationStatus.SUCCESS;
    }

    private static Optional<Login> login(String credentials) {
        if (credentials.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            var text = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            return colon < 0
                    ? Optional.empty()
                    : Optional.of(new Login(text.substring(0, colon), text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** An IdentityStoreHandler asks the application's own stores only, of which there are none; this asks the registry. */
    private static boolean isKnown(Login login, HttpMessageContext context) {
        // So begins what a configuration has for a password that names a variable which nobody has set.
        if (login.password().startsWith("${")) {
            return false;
        }
        var question = new PasswordValidationCallback(
                context.getClientSubject(), login.name(), login.password().toCharArray());
        try {
            context.getHandler().handle(new Callback[] {question});
            return question.getResult();
        } catch (IOException | UnsupportedCallbackException e) {
            throw new IllegalStateException("the user registry cannot be asked", e);
        } finally {
            question.clearPassword();
        }
    }

    // What the registry said stands where Liberty makes the container's subject of it.
    @SuppressWarnings("unchecked")
    private static List<String> groups(Subject subject) {
        return subject.getPrivateCredentials(Hashtable.class).stream()
                .map(said -> said.get("com.ibm.wsspi.security.cred.groups"))
                .filter(List.class::isInstance)
                .findFirst()
                .map(groups -> List.copyOf((List<String>) groups))
                .orElse(List.of());
    }

    private void rest(long nanos) {
        if (places.tryAcquire()) {
            try {
                TimeUnit.NANOSECONDS.sleep(nanos);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                places.release();
            }
        }
    }
}
