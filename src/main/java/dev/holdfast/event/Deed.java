package dev.holdfast.event;

import dev.holdfast.platform.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;

/** What becomes an event of a tenant if the statement that does it does it: see {@link TenantTimeline#tell}. */
public record Deed(String type, Actor actor, Map<String, ?> data, String correlationId) {
    /** The arguments of a statement that ends with telling of this. */
    public Object[] after(Object... arguments) {
        var all = new ArrayList<Object>(Arrays.asList(arguments));
        all.add(Json.write(data));
        all.add(type);
        all.add(actor.kind().id());
        all.add(actor.id());
        all.add(correlationId);
        return all.toArray();
    }
}
