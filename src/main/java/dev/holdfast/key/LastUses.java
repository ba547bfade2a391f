package dev.holdfast.key;

import static dev.holdfast.platform.database.Database.column;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Remembers when a tenant's key was last used: at most once a minute a key, off the request's path, a second late. */
@ApplicationScoped
class LastUses {
    private static final Logger LOG = Logger.getLogger(LastUses.class.getName());
    private static final long REST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int MOST_KNOWN = 10_000;

    // Other nodes note the same key: what was noted within the minute is left alone.
    private static final String NOTE = """
            update api_keys k set last_used_at = statement_timestamp()
            from unnest(?, ?) as u (tenant_id, id)
            where k.tenant_id = u.tenant_id and k.id = u.id
              and coalesce(k.last_used_at <= statement_timestamp() - interval 'PT1M', true)
            returning k.id""";

    private final Map<Key, Long> noted = new ConcurrentHashMap<>();
    private final Map<Key, Boolean> pending = new ConcurrentHashMap<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Database database;

    @Resource
    ManagedScheduledExecutorService timer;

    protected LastUses() { // for the proxy
        this(null);
    }

    @Inject
    LastUses(Database database) {
        this.database = database;
    }

    private record Key(UUID tenant, UUID id) {}

    public void used(UUID tenant, UUID id) {
        var key = new Key(tenant, id);
        var last = noted.get(key);
        if (last != null && System.nanoTime() - last < REST_NANOS) {
            return;
        }
        if (noted.size() > MOST_KNOWN) {
            noted.clear();
        }
        noted.put(key, System.nanoTime());
        pending.put(key, true);
        if (scheduled.compareAndSet(false, true)) {
            timer.schedule(this::write, 1, TimeUnit.SECONDS);
        }
    }

    private void write() {
        scheduled.set(false);
        var used = List.copyOf(pending.keySet());
        pending.keySet().removeAll(used);
        try {
            database.everybody()
                    .query(NOTE, row -> true, Array.ids(column(used, Key::tenant)), Array.ids(column(used, Key::id)));
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "uses of keys not noted; the next ones will be", e);
            used.forEach(noted::remove);
        }
    }
}
