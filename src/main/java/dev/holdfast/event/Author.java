package dev.holdfast.event;

import dev.holdfast.platform.jmx.Jmx;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who does what is no move of a run, and in which call.
 *
 * @param credential by which the actor is known, whose name others may bear too; null for JMX and for the start
 * @param correlationId null outside of calls
 */
public record Author(Actor actor, String credential, String correlationId) {
    public static final Author JMX = new Author(new Actor(Actor.Kind.OPERATOR, Jmx.ACTOR), null, null);
    public static final Author START = new Author(new Actor(Actor.Kind.SYSTEM, "start"), null, null);

    /** @param data what else there is to tell; no secret, ever; what is null is left out */
    public Deed did(String type, Map<String, ?> data) {
        var told = new LinkedHashMap<String, Object>(data);
        told.put("by", credential);
        return new Deed(type, actor, told, correlationId);
    }
}
