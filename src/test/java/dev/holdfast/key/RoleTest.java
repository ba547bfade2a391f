package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RoleTest {
    @Test
    void rolesAddUp() {
        var both = Role.those(Set.of("viewer", "operator", "no role of ours")::contains);
        assertThat(both).containsExactly(Role.OPERATOR, Role.VIEWER);
        assertThat(Role.scopes(both)).containsExactlyInAnyOrder(Scope.READ, Scope.SUBMIT, Scope.OPERATE);
        assertThat(Role.scopes(List.of(Role.values()))).isEqualTo(Scope.OF_TENANT);
    }

    @Test
    void noRoleOfATenantIsOfTheSystem() {
        assertThat(Role.scopes(List.of(Role.values()))).doesNotContain(Scope.SYSTEM, Scope.OWN_RUN);
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
