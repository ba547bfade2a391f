package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Migrations add, so that the nodes of the release before go on with the new schema; and what was applied stays as it was. */
class MigrationsTest {
    private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
    private static final Path CHECKSUMS = Path.of("src/test/resources/db/migrations.sha256");

    /** What looks as if it took something away, and why it does not, to nodes of the release before. */
    private static final Map<String, List<String>> ALLOWED = Map.of(
            "V008__streams.sql",
            List.of(
                    // they set a column that those nodes do not name
                    "create trigger events_in_order before update of event_count on runs",
                    "create trigger events_in_order before update of event_count on tenants"),
            "V017__of_what_kind.sql",
            List.of(
                    // they see to a table that those nodes do not name
                    "create trigger labels_kept after insert on runs",
                    "create trigger labels_removed after delete on runs"));

    @Test
    void whatWasAppliedIsNeverEdited() throws Exception {
        var recorded = new TreeMap<String, String>();
        for (var line : Files.readAllLines(CHECKSUMS)) {
            var parts = line.split(" +");
            recorded.put(parts[1], parts[0]);
        }

        assertThat(checksums())
                .as(
                        "A new migration gets its line in %s, from sha256sum; one that is there is never changed",
                        CHECKSUMS)
                .isEqualTo(recorded);
    }

    @Test
    void migrationsTakeNothingAway() throws IOException {
        for (var file : files()) {
            var name = file.getFileName().toString();
            var allowed = ALLOWED.getOrDefault(name, List.of());
            assertThat(Contraction.in(Files.readString(file)))
                    .as(
                            "what %s takes away from nodes of the release before: first stop using it, drop it a release later",
                            name)
                    .allMatch(statement -> allowed.stream().anyMatch(statement::startsWith));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "drop table runs",
                "DROP FUNCTION this_transaction()",
                "alter table runs drop column lane",
                "alter table runs\n  add column a int, drop constraint runs_pk",
                "alter table runs rename column lane to queue",
                "alter table runs rename to jobs",
                "alter table runs alter column fence type integer",
                "alter table runs alter column fence set data type integer",
                "alter table runs alter column worker_id set not null",
                "alter table runs alter column attempt drop default",
                "alter table runs add column a text not null",
                "alter table runs add column a text not null, add column b text default 'b'",
                "alter table runs add constraint a check (attempt < 9)",
                "alter table runs add a int check (a > 0), add foreign key (a) references lanes (id)",
                "create unique index a on runs (lane)",
                "create table b (a int); create unique index a on runs (lane)",
                "create trigger a before insert on runs for each row execute function f()",
                "do $$ begin alter table runs drop column lane; end $$",
                "truncate runs",
                "revoke update on runs from holdfast_app"
            })
    void whatTakesAwayIsFound(String sql) {
        assertThat(Contraction.in(sql)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-- drop table runs\nselect 1",
                "alter table runs add column a text",
                "alter table runs add column a text not null default 'drop table', add column b int check (b > 0)",
                "alter table runs add column a text not null default 'a'",
                "alter table runs alter column a drop not null, alter column b set default 1",
                "create table b (a text not null, constraint a unique (a)); create unique index c on b (a);"
                        + " create trigger d before insert on b for each row execute function f()",
                "drop index a; create index a on runs (lane) where lane is not null",
                "alter table runs set (fillfactor = 60)",
                "create or replace function f() returns int language sql return 1"
            })
    void whatAddsIsNot(String sql) {
        assertThat(Contraction.in(sql)).isEmpty();
    }

    private static Map<String, String> checksums() throws IOException, NoSuchAlgorithmException {
        var checksums = new TreeMap<String, String>();
        for (var file : files()) {
            var text = Files.readString(file).replace("\r\n", "\n").getBytes(StandardCharsets.UTF_8);
            checksums.put(
                    file.getFileName().toString(),
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(text)));
        }
        return checksums;
    }

    private static List<Path> files() throws IOException {
        try (var files = Files.list(MIGRATIONS)) {
            return files.filter(file -> file.toString().endsWith(".sql"))
                    .sorted()
                    .toList();
        }
    }
}
