package dev.holdfast;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.holdfast.platform.database.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The few rules that keep it findable where something is decided. A new feature takes its place in {@link #RANKS}. */
class ArchitectureTest {
    private static final String ROOT = "dev.holdfast";

    /** A feature depends on features of its own rank or below. */
    private static final Map<String, Integer> RANKS = Map.ofEntries(
            Map.entry("platform", 1),
            Map.entry("event", 2),
            Map.entry("key", 2),
            Map.entry("lane", 2),
            Map.entry("stream", 3),
            Map.entry("run", 3),
            Map.entry("tenant", 3),
            Map.entry("approval", 4),
            Map.entry("audit", 4),
            Map.entry("schedule", 4),
            Map.entry("webhook", 4),
            Map.entry("reaper", 4),
            Map.entry("console", 5));

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void featuresDependOnOneAnotherWithoutCycles() {
        check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
    }

    @Test
    void everyFeatureHasItsRank() {
        var features = new TreeSet<String>();
        MAIN.forEach(type -> {
            if (!type.getPackageName().equals(ROOT)) {
                features.add(feature(type));
            }
        });
        features.removeAll(Set.of("client", "launcher")); // each a jar of its own
        assertThat(RANKS.keySet()).containsAll(features);
        assertThat(features).contains("platform", "event", "key", "lane", "run");
    }

    @Test
    void featuresDependDownwardsOnly() {
        RANKS.forEach((feature, rank) -> check(noClasses()
                .that()
                .resideInAPackage(ROOT + "." + feature + "..")
                .should()
                .dependOnClassesThat(ranked("above " + feature, other -> other > rank))
                .allowEmptyShould(true)));
    }

    @Test
    void theClientStandsAlone() {
        var client = ROOT + ".client..";
        check(noClasses()
                .that()
                .resideInAPackage(client)
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAPackage(client)))));
        check(noClasses()
                .that()
                .resideOutsideOfPackage(client)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(client));
    }

    /** Time is a parameter, and it comes from the database. The client's own waits are on its own machine. */
    @Test
    void noRuleAsksThisMachineForTheTime() {
        check(noClasses()
                .that(not(resideInAnyPackage(ROOT + ".client..")))
                .should()
                .callCodeUnitWhere(
                        DescribedPredicate.describe("the machine's clock is read", ArchitectureTest::readsClock)));
    }

    /** Whoever sees the rows of all tenants stands here: who is asking, the tenants, the start, and the sweeps. */
    @Test
    void nobodyElseSeesTheRowsOfAllTenants() {
        var sighted = Set.of(
                "stream.Feed",
                "key.Credentials",
                "key.ApiKeys",
                "key.FirstKey",
                "key.LastUses",
                "key.People",
                "tenant.Tenants",
                "approval.ApprovalMetrics",
                "console.Sessions",
                "audit.Seals",
                "lane.LaneCensus",
                "lane.Pollers",
                "platform.database.Signals",
                "platform.health.Health",
                "reaper.Sweeps",
                "run.Losses",
                "run.Prospects",
                "run.Retention",
                "run.Runs",
                "run.Warrant",
                "schedule.Schedules",
                "webhook.Deliveries",
                "webhook.Queues",
                "webhook.WebhookMetrics");
        check(noClasses()
                .that(DescribedPredicate.describe(
                        "are not listed",
                        (JavaClass type) -> !sighted.contains(type.getName().substring(ROOT.length() + 1))))
                .should()
                .callMethod(Database.class, "everybody"));
    }

    /** Else the time that a refusal takes would tell how much of a guess was right. */
    @Test
    void H14_hashesAreComparedInConstantTimeAlone() throws IOException {
        check(noClasses()
                .that()
                .resideInAPackage(ROOT + ".key..")
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "bytes are compared until they differ",
                        call -> call.getTargetOwner().isEquivalentTo(Arrays.class)
                                && Set.of("equals", "compare", "mismatch")
                                        .contains(call.getTarget().getName()))));
        var inSql = new ArrayList<String>();
        for (var source : sources()) {
            COMPARES_HASH.matcher(Files.readString(source)).results().forEach(found -> inSql.add(found.group()));
        }
        assertThat(inSql)
                .as("looked up by the hash of what was sent")
                .containsExactly("k.hash = any (array(select unnest(?");
    }

    @Test
    void noResourceHoldsAnEntityManager() {
        check(noClasses()
                .that()
                .haveSimpleNameEndingWith("Resource")
                .or()
                .areAnnotatedWith("jakarta.ws.rs.Path")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jakarta.persistence.."));
    }

    private static final Pattern COMPARES_HASH =
            Pattern.compile("[\\w.]*hash\\s*(=|<>|in|is not distinct from)\\s*[\\w\\s(]*\\?");

    private static final Pattern WRITES_RUNS = Pattern.compile(
            "\\b(?:(?:update|insert\\s+into|delete\\s+from|merge\\s+into|truncate)\\s+(?:only\\s+)?(?:runs?|leases)\\b)"
                    + "[^;\"]*",
            Pattern.CASE_INSENSITIVE);

    /** Of the run's row the timeline owns the counter of its lines, and no more. */
    private static final String COUNTER_OF_TIMELINE =
            "update runs set event_count = event_count + 1 where tenant_id = ? and id = ?";

    @Test
    void nobodyButRunWritesARunOrItsLease() throws IOException {
        var within = new ArrayList<String>();
        var elsewhere = new ArrayList<String>();
        for (var source : sources()) {
            var matcher = WRITES_RUNS.matcher(Files.readString(source));
            while (matcher.find()) {
                (source.startsWith(sourcesOf("run")) ? within : elsewhere)
                        .add(source.getFileName() + ": " + matcher.group().replaceAll("\\s+", " "));
            }
        }

        assertThat(within).as("what the pattern is known to find").hasSizeGreaterThan(8);
        assertThat(elsewhere)
                .filteredOn(write -> !write.startsWith("Timeline.java: " + COUNTER_OF_TIMELINE))
                .isEmpty();
    }

    private static List<Path> sources() throws IOException {
        try (var files = Files.walk(sourcesOf(""))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private static Path sourcesOf(String feature) {
        return Path.of("src/main/java/dev/holdfast", feature);
    }

    private static boolean readsClock(JavaCall<?> call) {
        var owner = call.getTargetOwner().getFullName();
        var method = call.getTarget().getName();
        return owner.startsWith("java.time.") && (method.equals("now") || owner.equals("java.time.Clock"))
                || owner.equals("java.lang.System") && method.equals("currentTimeMillis")
                || owner.equals("java.util.Date")
                || owner.equals("java.util.Calendar");
    }

    private static DescribedPredicate<JavaClass> ranked(String what, java.util.function.IntPredicate rank) {
        return DescribedPredicate.describe(
                what,
                type -> type.getPackageName().startsWith(ROOT + ".")
                        && rank.test(RANKS.getOrDefault(feature(type), 9)));
    }

    private static String feature(JavaClass type) {
        return type.getPackageName().substring(ROOT.length() + 1).split("\\.")[0];
    }

    private static void check(ArchRule rule) {
        rule.check(MAIN);
    }
}
