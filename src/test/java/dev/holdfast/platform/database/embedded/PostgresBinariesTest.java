package dev.holdfast.platform.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PostgresBinariesTest {
    @Test
    void namesTheArchiveOfEachKindOfMachine() {
        Map.of(
                        List.of("Linux", "amd64"), "postgres-linux-x86_64.txz",
                        List.of("Linux", "aarch64"), "postgres-linux-arm_64.txz",
                        List.of("Mac OS X", "aarch64"), "postgres-darwin-arm_64.txz",
                        List.of("Windows 11", "amd64"), "postgres-windows-x86_64.txz")
                .forEach((machine, archive) -> assertThat(
                                PostgresBinaries.archiveFor(machine.get(0), machine.get(1), false))
                        .isEqualTo(archive));
        assertThat(PostgresBinaries.archiveFor("Linux", "amd64", true))
                .isEqualTo("postgres-linux-x86_64-alpine_linux.txz");
    }
}
