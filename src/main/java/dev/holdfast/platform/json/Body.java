package dev.holdfast.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.platform.problem.InvalidRequest;

/** A request's body, read within its limit and known to be well-formed; a resource says what it should be. */
public record Body(JsonNode tree) {
    static final Body EMPTY = new Body(null);

    /** @throws InvalidRequest if there is no body, or it does not fit the type */
    public <T> T as(Class<T> type) {
        return Requests.bind(required(), type);
    }

    /** @throws InvalidRequest if there is no body */
    public JsonNode required() {
        if (tree == null) {
            throw new InvalidRequest("", "must be a JSON object");
        }
        return tree;
    }

    /** Like {@link #as}, an absent body being an empty object. */
    public <T> T orEmptyAs(Class<T> type) {
        return Requests.bind(tree == null ? JsonNodeFactory.instance.objectNode() : tree, type);
    }
}
