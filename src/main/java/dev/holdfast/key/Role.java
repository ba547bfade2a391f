package dev.holdfast.key;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What people are to Holdfast. Liberty says who has which; each gives scopes as a key would have them. */
enum Role {
    ADMINISTRATOR(Scope.MANAGE_KEYS, Scope.OF_TENANT),
    OPERATOR(Scope.OPERATE, Set.of(Scope.READ, Scope.OPERATE, Scope.SUBMIT)),
    APPROVER(Scope.DECIDE, Set.of(Scope.READ, Scope.DECIDE)),
    VIEWER(Scope.READ, Set.of(Scope.READ));

    /** Found once: there are few sets of scopes, and each request asks. */
    private static final Map<Set<String>, Set<String>> OF_SCOPES = new ConcurrentHashMap<>();

    private final String chief;
    private final Set<String> scopes;

    Role(String chief, Set<String> scopes) {
        this.chief = chief;
        this.scopes = scopes;
    }

    /** As Liberty and the approvers of a question name it. */
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    static List<Role> those(Predicate<String> has) {
        return Arrays.stream(values()).filter(role -> has.test(role.id())).toList();
    }

    static Set<String> scopes(List<Role> roles) {
        return roles.stream().flatMap(role -> role.scopes.stream()).collect(Collectors.toUnmodifiableSet());
    }

    /** The ids of the roles that a key counts as: those whose chief scope it has. */
    static Set<String> ofKey(Set<String> scopes) {
        return OF_SCOPES.computeIfAbsent(scopes, Role::found);
    }

    private static Set<String> found(Set<String> scopes) {
        return Arrays.stream(values())
                .filter(role -> scopes.contains(role.chief))
                .map(Role::id)
                .collect(Collectors.toUnmodifiableSet());
    }
}
