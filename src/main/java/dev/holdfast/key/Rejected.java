package dev.holdfast.key;

import dev.holdfast.platform.problem.Problem;

/** No caller can be made of what was sent: 401, saying what is wrong with the key and, if it is dead, why. */
final class Rejected extends Problem {
    private static final long serialVersionUID = 1;

    private Rejected(String code, String detail) {
        super(401, code, detail);
        header(
                "WWW-Authenticate",
                "Bearer realm=\"holdfast\"" + (code.equals("key_missing") ? "" : ", error=\"invalid_token\""));
    }

    static Problem missing() {
        return new Rejected("key_missing", "This call needs a key: Authorization: Bearer <key>.");
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
