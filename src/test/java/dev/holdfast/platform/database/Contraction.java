package dev.holdfast.platform.database;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Statements of a migration that a node of the release before may stumble over: it reads and writes as it always did. */
final class Contraction {
    private static final Pattern IGNORED = Pattern.compile("(?s)--[^\n]*|/\\*.*?\\*/|'(?:[^']|'')*'");

    private static final Pattern TAKES_AWAY = Pattern.compile("^(?:drop (?!index)|truncate|revoke)");

    /** Of one clause of an {@code alter table}. */
    private static final Pattern CLAUSE_TAKES_AWAY = Pattern.compile("\\brename\\b|\\bdrop (?!not null|identity)"
            + "|\\balter (?:column )?\\S+ (?:set data )?type\\b|\\bset not null\\b"
            + "|\\badd (?:constraint|check|unique|primary key|foreign key|exclude)\\b"
            + "|\\badd (?!.*\\bdefault\\b).*not null");

    private static final Pattern TABLE = Pattern.compile("^create table (?:if not exists )?(\\w+)");
    private static final Pattern ABOUT = Pattern.compile(
            "^create (?:unique index|(?:or replace )?(?:constraint )?trigger)\\b.*? on (\\w+)|^alter table (?:only )?(?:if exists )?(\\w+)");
    private static final Pattern BINDS = Pattern.compile("^create (unique index|(or replace )?(constraint )?trigger)");

    private Contraction() {}

    /** In lower case, without comments and literals, blanks made one; bodies of functions and blocks are searched as well. */
    static List<String> in(String sql) {
        var found = new ArrayList<String>();
        var own = new HashSet<String>();
        var plain = IGNORED.matcher(sql).replaceAll(" '' ").toLowerCase(Locale.ROOT);
        for (var part : plain.split(";|\\$\\w*\\$|\\bbegin\\b|\\bthen\\b|\\bloop\\b")) {
            var statement = part.replaceAll("\\s+", " ").replace("''", "").strip();
            var table = TABLE.matcher(statement);
            if (table.find()) {
                own.add(table.group(1));
                continue;
            }
            var about = ABOUT.matcher(statement);
            var ofOwn = about.find() && own.contains(about.group(1) == null ? about.group(2) : about.group(1));
            if (TAKES_AWAY.matcher(statement).find()
                    || !ofOwn && (BINDS.matcher(statement).find() || contracts(statement))) {
                found.add(statement);
            }
        }
        return found;
    }

    private static boolean contracts(String statement) {
        return statement.startsWith("alter ")
                && Arrays.stream(statement.split(",(?![^(]*\\))"))
                        .anyMatch(clause -> CLAUSE_TAKES_AWAY.matcher(clause).find());
    }
}
