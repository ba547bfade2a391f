package dev.holdfast.key;

import dev.holdfast.platform.problem.Problem;

/**
 * No caller can be made of what was sent: 401, saying what is wrong with the key and, if it is dead, why. Of a person's login
 * or token it says no more than that it is not good.
 */
final class Rejected extends Problem {
    private static final long serialVersionUID = 1;

    private static final String BASIC = "Basic realm=\"holdfast\", charset=\"UTF-8\"";

    private Rejected(String code, String detail) {
        super(401, code, detail);
        var bearer = code.equals("key_missing") || code.equals("login_failed") ? "" : ", error=\"invalid_token\"";
        header("WWW-Authenticate", "Bearer realm=\"holdfast\"%s, %s".formatted(bearer, BASIC));
    }

    static Problem missing() {
        return new Rejected("key_missing", "This call needs a key, Authorization: Bearer <key>, or a person's login.");
    }

    static Problem login() {
        return new Rejected("login_failed", "Nobody of this name and password can log in.");
    }

    static Problem token() {
        return new Rejected(
                "token_refused", "This token is not good here: its signature, issuer, audience or time is wrong.");
    }

    static Problem malformed() {
        return new Rejected(
                "key_malformed", "What was sent is no key: its form or checksum is wrong. Was it cut short?");
    }

    static Problem unknown() {
        return new Rejected("key_unknown", "No such key is known.");
    }

    static Problem expired() {
        return new Rejected("key_expired", "This key has expired.");
    }

    static Problem revoked(String because) {
        return new Rejected("key_revoked", "This key has been revoked: " + because.replace('_', ' ') + ".")
                .with("because", because);
    }
}
