package dev.holdfast.key;

import jakarta.security.enterprise.credential.Credential;

/** What a person's request says in its {@code Authorization}, without the scheme. */
sealed interface Presented extends Credential {
    record Basic(String login) implements Presented {
        @Override
        public String toString() {
            return "Basic";
        }
    }

    record Token(String jwt) implements Presented {
        @Override
        public String toString() {
            return "Token";
        }
    }
}
