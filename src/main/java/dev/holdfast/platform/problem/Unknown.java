package dev.holdfast.platform.problem;

import java.util.UUID;

/** The id names nothing of the caller's tenant, or nothing at all: 404, the same words for both. */
public final class Unknown extends Problem {
    private static final long serialVersionUID = 1;

    public Unknown(String kind, UUID id) {
        super(404, "not_found", "There is no " + kind + " " + id + ".");
    }
}
