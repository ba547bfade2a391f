package dev.holdfast.approval;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.json.Json;
import dev.holdfast.run.OpenQuestions;
import dev.holdfast.run.Questions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** Reads the approvals' table. What writes it together with a run is {@link Questions} and its neighbours. */
@ApplicationScoped
public class Approvals implements OpenQuestions {
    private static final String SELECT = "select " + ApprovalRow.COLUMNS + " from approvals a where a.tenant_id = ?";

    private static final String BY_ID = SELECT + " and a.id = ?";

    private static final String BY_IDS = SELECT + " and a.id = any (?)";

    // What the owner asks is answered already, or it asks again because it did not hear that it was heard.
    private static final String ASKED_BEFORE = "select " + ApprovalRow.COLUMNS + """

            from approvals a join runs r on r.id = a.run_id and r.tenant_id = a.tenant_id
            where a.tenant_id = ? and a.run_id = ? and r.fence = ? and r.fence > 0 and a.slot = ? and a.args_digest = ?
              and (r.state in ('claimed', 'running') and %s or r.waiting_for = 'approval' and a.status = 'pending')
            order by a.requested_at desc limit 1""".formatted(Questions.WENT_ON);

    private static final String WITHDRAW =
            Questions.WITHDRAW + " where a.tenant_id = ? and a.run_id = ? and a.status = 'pending' returning a.id";

    private static final String IS_ANOTHERS = """
            select exists (select from runs where tenant_id = ? and conversation_id = ?)
               and not exists (select from runs where tenant_id = ? and conversation_id = ? and end_user = ?)""";

    private final Database database;

    protected Approvals() { // for the proxy
        this(null);
    }

    @Inject
    Approvals(Database database) {
        this.database = database;
    }

    Optional<ApprovalRow> find(UUID tenant, UUID id) {
        return database.of(tenant).one(BY_ID, ApprovalRow::of, tenant, id);
    }

    /** The tenant's approvals that the filter lets through, in its order. */
    List<ApprovalRow> list(UUID tenant, ApprovalFilter filter, int limit) {
        var arguments = new ArrayList<Object>();
        arguments.add(tenant);
        arguments.addAll(filter.arguments());
        arguments.add(limit);
        return database.of(tenant)
                .query(
                        SELECT + filter.conditions() + " order by "
                                + filter.order().columns() + " limit ?",
                        ApprovalRow::of,
                        arguments.toArray());
    }

    /** The same question of the same run, if asking it with this fence has that for an answer. */
    Optional<ApprovalRow> askedBefore(UUID tenant, UUID run, long fence, String slot, byte[] digest) {
        return database.of(tenant).one(ASKED_BEFORE, ApprovalRow::of, tenant, run, fence, slot, digest);
    }

    /** Whether the conversation has runs, and none of this user. */
    boolean isAnothers(UUID tenant, String conversation, String endUser) {
        return database.of(tenant)
                .one(IS_ANOTHERS, row -> row.getBoolean(1), tenant, conversation, tenant, conversation, endUser)
                .orElseThrow();
    }

    @Override
    public void withdraw(UUID tenant, UUID run) {
        database.of(tenant).one(WITHDRAW, row -> true, tenant, run);
    }

    @Override
    public Map<UUID, String> answers(UUID tenant, Collection<UUID> approvals) {
        return database.of(tenant).query(BY_IDS, ApprovalRow::of, tenant, Array.ids(List.copyOf(approvals))).stream()
                .collect(Collectors.toMap(ApprovalRow::id, Json::write));
    }
}
