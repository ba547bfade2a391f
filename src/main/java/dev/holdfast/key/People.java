package dev.holdfast.key;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Whoever came in without a key: what Liberty says of them, in the one tenant that people belong to. */
@ApplicationScoped
class People {
    private static final String TENANT = "select id, disabled_at is not null as disabled from tenants where name = ?";

    /** Under which the registry's or the token's groups accompany a request. */
    private static final String GROUPS = People.class.getName() + ".groups";

    private final Database database;
    private final Settings settings;

    protected People() { // for the proxy
        this(null, null);
    }

    @Inject
    People(Database database, Settings settings) {
        this.database = database;
        this.settings = settings;
    }

    static void groups(HttpServletRequest request, List<String> groups) {
        request.setAttribute(GROUPS, groups);
    }

    /**
     * The person who is logged in.
     *
     * @throws Problem 401 if nobody is, 403 if they have no role, or their tenant is disabled or unknown
     */
    @SuppressWarnings("unchecked")
    Caller of(HttpServletRequest request) {
        var groups = (List<String>) request.getAttribute(GROUPS);
        if (groups == null) {
            throw Rejected.login();
        }
        var name = request.getUserPrincipal().getName();
        var roles = Role.those(request::isUserInRole);
        if (roles.isEmpty()) {
            throw new Problem(
                    403, "forbidden", name + " has none of the roles administrator, operator, approver and viewer.");
        }
        return Caller.person(tenant(), name, Role.scopes(roles), named(roles, groups));
    }

    private UUID tenant() {
        var name = settings.peopleTenant();
        return database.everybody()
                .one(
                        TENANT,
                        row -> {
                            ApiKeys.requireEnabled(row);
                            return row.getObject("id", UUID.class);
                        },
                        name)
                .orElseThrow(() -> new Problem(403, "forbidden", "There is no tenant " + name + " of people."));
    }

    private static Set<String> named(List<Role> roles, List<String> groups) {
        var named = new HashSet<>(groups);
        roles.forEach(role -> named.add(role.id()));
        return Set.copyOf(named);
    }
}
