package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;
import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds out how a run stands towards a fence that owns nothing, after a write with it changed nothing. */
@ApplicationScoped
class Standings {
    // A claim is what leads to claimed: a worker's, or a resume that claims in the same call.
    private static final String STANDING = """
            select s.run_id, s.fence as yours, r.fence, r.state, r.result, lost.type as lost_because, lost.at as lost_at,
                   exists (select from events n
                           where n.tenant_id = r.tenant_id and n.run_id = r.id and n.to_state = 'claimed' and n.fence > s.fence)
                       as succeeded
            from unnest(?, ?) as s (run_id, fence)
            join runs r on r.id = s.run_id and r.tenant_id = ?
            left join lateral (
                select e.type, e.at
                from events c
                join events e on e.tenant_id = c.tenant_id and e.run_id = c.run_id and e.seq > c.seq and e.type in (%s)
                where c.tenant_id = r.tenant_id and c.run_id = r.id and c.to_state = 'claimed' and c.fence = s.fence
                order by e.seq limit 1) lost on true""".formatted(Move.leaseClosingTypes());

    private final Database database;

    protected Standings() { // for the proxy
        this(null);
    }

    @Inject
    Standings(Database database) {
        this.database = database;
    }

    /**
     * @param succeeded whether another claim came after
     * @param lostBecause the event that ended the claim; null if the fence never was an owner's
     */
    record Standing(
            UUID runId,
            long yours,
            long current,
            RunState state,
            String result,
            boolean succeeded,
            String lostBecause,
            Instant lostAt) {
        /** Whether the fence is the present owner's after all. */
        boolean isOwner() {
            return RunState.IN_FLIGHT.contains(state) && current == yours;
        }

        /** Why the last owner should stop though it did nothing wrong: cancelled or paused; null otherwise. */
        String reasonToStop() {
            var byPerson = Move.CANCELLED.eventType().equals(lostBecause)
                    || Move.PAUSED.eventType().equals(lostBecause);
            return byPerson && !succeeded ? lostBecause : null;
        }
    }

    /** @param fences of runs, by run @return by run; an unknown run is not among them */
    public Map<UUID, Standing> of(UUID tenant, Map<UUID, Long> fences) {
        if (fences.isEmpty()) {
            return Map.of();
        }
        var entries = List.copyOf(fences.entrySet());
        return database
                .vitally(tenant)
                .query(
                        STANDING,
                        row -> new Standing(
                                row.getObject("run_id", UUID.class),
                                row.getLong("yours"),
                                row.getLong("fence"),
                                RunState.of(row.getString("state")),
                                row.getString("result"),
                                row.getBoolean("succeeded"),
                                row.getString("lost_because"),
                                instant(row, "lost_at")),
                        Array.ids(column(entries, Map.Entry::getKey)),
                        Array.numbers(column(entries, Map.Entry::getValue)),
                        tenant)
                .stream()
                .collect(Collectors.toMap(Standing::runId, Function.identity()));
    }
}
