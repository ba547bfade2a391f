package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoleTest {
    @ParameterizedTest
    @CsvSource({
        "ADMINISTRATOR, runs:submit runs:read runs:operate runs:work approvals:decide keys:manage",
        "OPERATOR, runs:read runs:operate runs:submit",
        "APPROVER, runs:read approvals:decide",
        "VIEWER, runs:read"
    })
    void aRoleGivesTheseScopes(Role role, String scopes) {
        assertThat(Role.scopes(List.of(role))).containsExactlyInAnyOrder(scopes.split(" "));
    }

    @Test
    void rolesAddUp() {
        var both = Role.those(Set.of("viewer", "operator", "no role of ours")::contains);
        assertThat(both).containsExactly(Role.OPERATOR, Role.VIEWER);
        assertThat(Role.scopes(both)).containsExactlyInAnyOrder(Scope.READ, Scope.SUBMIT, Scope.OPERATE);
    }

    @Test
    void aKeyCountsAsTheRolesWhoseChiefScopeItHas() {
        assertThat(key(Scope.DECIDE, Scope.READ).roles()).containsExactlyInAnyOrder("approver", "viewer");
        assertThat(key(Scope.MANAGE_KEYS, Scope.OPERATE).roles())
                .containsExactlyInAnyOrder("administrator", "operator");
        assertThat(key(Scope.WORK).roles()).isEmpty();
        assertThat(key(Scope.WORK).isPerson()).isFalse();
    }

    @Test
    void aPersonHasTheRolesThatLibertyGaveAndNoOthers() {
        var person = Caller.person(UUID.randomUUID(), "p", Scope.OF_TENANT, Set.of("administrator", "a group"));
        assertThat(person.roles()).containsExactlyInAnyOrder("administrator", "a group");
        assertThat(person.isPerson()).isTrue();
    }

    private static Caller key(String... scopes) {
        return new Caller(UUID.randomUUID(), UUID.randomUUID(), "k", Set.of(scopes), null, 0);
    }
}
