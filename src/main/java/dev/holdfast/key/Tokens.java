package dev.holdfast.key;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.security.enterprise.AuthenticationStatus;
import jakarta.security.enterprise.authentication.mechanism.http.HttpMessageContext;
import jakarta.security.enterprise.identitystore.CredentialValidationResult;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Logger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * People's JSON web tokens, judged by the {@code jwtConsumer} of this id in the configuration of Liberty. By name, for its
 * feature is there only where an administrator has put it; without it no token is known.
 */
@ApplicationScoped
class Tokens {
    private static final Logger LOG = Logger.getLogger(Tokens.class.getName());
    private static final Pattern REASON = Pattern.compile("CWWKS\\d{4}E");
    private static final String CONSUMER = "holdfast";
    private static final int LONGEST = 8192;
    private static final Pattern FORM = Pattern.compile("eyJ[\\w-]+\\.[\\w-]+\\.[\\w-]+");
    private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}]{1,200}");

    /** A key is never so long, whatever its form. */
    static boolean isToken(String bearer) {
        return bearer.length() > KeyFormat.LONGEST
                && bearer.length() <= LONGEST
                && FORM.matcher(bearer).matches();
    }

    /**
     * Lets the person in whom the token names.
     *
     * @throws dev.holdfast.platform.problem.Problem 401 if the token is not good
     */
    AuthenticationStatus admit(String token, HttpServletRequest request, HttpMessageContext context) {
        var claims = claims(token);
        var name = name(claims);
        var groups = groups(claims);
        People.groups(request, groups);
        // The realm's name; by it server.xml tells the groups of tokens from those of the registry.
        return context.notifyContainerAboutLogin(
                new CredentialValidationResult("jwt", name, null, name, Set.copyOf(groups)));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> claims(String token) {
        try {
            var api = Class.forName("com.ibm.websphere.security.jwt.JwtConsumer");
            var consumer = api.getMethod("create", String.class).invoke(null, CONSUMER);
            var judged = api.getMethod("createJwt", String.class).invoke(consumer, token);
            var type = Class.forName("com.ibm.websphere.security.jwt.JwtToken");
            return (Map<String, Object>) type.getMethod("getClaims").invoke(judged);
        } catch (ClassNotFoundException e) {
            throw Rejected.malformed();
        } catch (ReflectiveOperationException e) {
            LOG.fine(() -> "a token is refused: " + reasons(e));
            throw Rejected.token();
        }
    }

    // Numbers of messages, since the messages may hold the token.
    private static String reasons(ReflectiveOperationException e) {
        var said = String.valueOf(e.getCause());
        return REASON.matcher(said).results().map(MatchResult::group).distinct().collect(Collectors.joining(", "));
    }

    private static String name(Map<String, Object> claims) {
        return Stream.of("upn", "preferred_username", "sub")
                .map(claims::get)
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .findFirst()
                .filter(name -> NAME.matcher(name).matches())
                .orElseThrow(Rejected::token);
    }

    private static List<String> groups(Map<String, Object> claims) {
        return claims.get("groups") instanceof Collection<?> groups
                ? groups.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList()
                : List.of();
    }
}
