package dev.holdfast.client.rest;

import org.eclipse.microprofile.config.ConfigProvider;

/** With which key to come. */
public final class Bearer {
    private Bearer() {}

    /** The header for the key that {@code holdfast.key} holds. */
    public static String ofConfiguration() {
        return "Bearer "
                + ConfigProvider.getConfig()
                        .getValue("holdfast.key", String.class)
                        .strip();
    }
}
