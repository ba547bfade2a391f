package dev.holdfast.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a seal vouches for, and what a check makes of seals and events that were tampered with by somebody who knows how. */
class SealTest {
    private static final UUID TENANT = UUID.fromString("01900000-0000-7000-8000-000000000001");
    private static final UUID RUN = UUID.fromString("01900000-0000-7000-8000-000000000002");
    private static final Instant MINUTE = Instant.parse("2026-01-01T10:00:00Z");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** As other programs reckon it: the examples of Certificate Transparency's own tests, for one leaf, two, and so on. */
    @Test
    void theRootIsThatOfRfc6962() {
        var leaves = List.of(
                "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f");
        var roots = List.of(
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
        for (int count = 1; count <= leaves.size(); count++) {
            var some = leaves.subList(0, count).stream()
                    .map(HexFormat.of()::parseHex)
                    .toList();
            assertThat(HexFormat.of().formatHex(Merkle.root(some)))
                    .as("of %d leaves", count)
                    .isEqualTo(roots.get(count - 1));
        }
    }

    @Test
    void eachMemberOfASealIsInItsHash() {
        var seal = chain().get(1);
        assertThat(seal.isSound()).isTrue();
        assertThat(List.of(
                        with(seal, Map.of("tenantId", new UUID(7, TENANT.getLeastSignificantBits()))),
                        with(seal, Map.of("tenantId", new UUID(TENANT.getMostSignificantBits(), 7))),
                        with(seal, Map.of("number", 3L)),
                        with(seal, Map.of("minute", MINUTE)),
                        with(seal, Map.of("firstTransaction", 12L)),
                        with(seal, Map.of("lastTransaction", 24L)),
                        with(seal, Map.of("count", 3)),
                        with(seal, Map.of("root", "ab".repeat(32))),
                        with(seal, Map.of("previous", "ab".repeat(32))),
                        with(seal, Map.of("hash", "ab".repeat(32))),
                        with(seal, Map.of("leaves", chain().get(0).leaves()))))
                .noneMatch(Seal::isSound);
    }

    @Test
    void theFirstSealFollowsNone() {
        var before = chain().get(2);
        var first = Seal.next(TENANT, with(before, Map.of("number", 0L)), MINUTE, 10, 19, leaves(1, 2));
        assertThat(first.number()).isEqualTo(1);
        assertThat(first.isSound()).isFalse();
    }

    @Test
    void aWholePastHolds() {
        assertThat(check(chain(), events())).isEmpty();
    }

    /** Sound by itself, made with the right code over events that were changed alike. */
    @Test
    void aSealThatWasMadeAnewInTheMidstIsFollowedByNone() {
        var chain = new ArrayList<>(chain());
        var events = events();
        events.get(2).put("reason", "another");
        var leaves = List.of(Leaf.of(TENANT, events.get(2)), Leaf.of(TENANT, events.get(3)));
        chain.set(1, Seal.next(TENANT, chain.get(0), chain.get(1).minute(), 20, 29, leaves));
        assertThat(chain).allMatch(Seal::isSound);
        assertThat(check(chain, events))
                .singleElement()
                .asString()
                .endsWith("seal 3: it does not follow seal 2: one of them was replaced");
    }

    @Test
    void aSealThatWasAlteredVouchesForNothingAndIsWhatIsNamed() {
        var chain = new ArrayList<>(chain());
        chain.set(1, with(chain.get(1), Map.of("leaves", chain.get(0).leaves())));
        assertThat(check(chain, events())).singleElement().asString().endsWith("seal 2: the seal itself was altered");
    }

    @Test
    void aNumberThatIsLeftOutIsNamedThoughTheHashesFollow() {
        var second = chain().get(1);
        var first = with(chain().get(0), Map.of("number", 2L));
        var third = Seal.next(TENANT, first, second.minute(), 20, 29, leaves(2, 4));
        assertThat(third.isSound()).isTrue();
        assertThat(check(List.of(chain().get(0), third), events().subList(0, 4)))
                .first()
                .asString()
                .endsWith("seal 3: the seals before it, from 2 on, are missing");
    }

    @Test
    void aSealFromTheChainsEndThatTakesAnothersPlaceIsNamed() {
        var chain = new ArrayList<>(chain());
        chain.remove(1);
        assertThat(check(chain, events()))
                .first()
                .asString()
                .endsWith("seal 3: the seals before it, from 2 on, are missing");
    }

    @Test
    void eachEventIsLookedAtTheFirstAndTheLastAndThoseOfTheTenant() {
        for (int i = 0; i < events().size(); i++) {
            var event = events().get(i);
            var seal = "seal %d: ".formatted(1 + i / 2);
            var altered = events();
            altered.get(i).put("reason", "another");
            assertThat(check(chain(), altered))
                    .singleElement()
                    .asString()
                    .contains(seal)
                    .endsWith(named(event) + " was altered");
            var without = events();
            without.remove(i);
            assertThat(check(chain(), without))
                    .singleElement()
                    .asString()
                    .contains(seal)
                    .endsWith(named(event) + " is missing");
        }
    }

    @Test
    void anEventOfASealedTimeThatNoSealKnowsWasAddedAndALaterOneWaitsForItsSeal() {
        var events = events();
        events.add(event(RUN, 7, 39));
        assertThat(check(chain(), events))
                .singleElement()
                .asString()
                .contains("seal 3: ")
                .endsWith("0000000007 was added");
        events = events();
        events.add(event(RUN, 7, 40));
        assertThat(check(chain(), events)).isEmpty();
    }

    @Test
    void ofSealsFromTheMidstOnWhatCameBeforeIsNotJudged() {
        assertThat(check(chain().subList(1, 3), events())).isEmpty();
        var added = events();
        added.add(event(RUN, 7, 20));
        assertThat(check(chain().subList(1, 3), added))
                .singleElement()
                .asString()
                .contains("seal 2: ")
                .endsWith("was added");
    }

    /** Whoever takes a run's events away must say so in an event that only the tenant's own timeline holds. */
    @Test
    void onlyTheTenantsNoteOfARemovalExcusesARunsEvents() {
        var without = new ArrayList<>(
                events().stream().filter(event -> !event.has("runId")).toList());
        assertThat(check(chain(), without)).hasSize(5);
        var note = event(TENANT, 8, 40);
        note.put("type", "runs_removed").putObject("data").putArray("runs").add(RUN.toString());
        without.add(note);
        assertThat(check(chain(), without)).isEmpty();
        note.put("type", "key_made");
        assertThat(check(chain(), without)).hasSize(5);
        note.put("type", "runs_removed").put("runId", UUID.randomUUID().toString());
        assertThat(check(chain(), without)).hasSize(5);
    }

    @Test
    void theFirstFaultIsToldFirst() {
        var events = events();
        events.remove(5);
        events.add(event(RUN, 7, 10));
        assertThat(check(chain(), events)).hasSize(2).first().asString().endsWith("0000000007 was added");
    }

    private static List<String> check(List<Seal> seals, List<ObjectNode> events) {
        var check = new Check(seals);
        events.forEach(check::read);
        return check.faults().stream().map(Check.Fault::what).toList();
    }

    /** Three, of two events each. */
    private static List<Seal> chain() {
        var chain = new ArrayList<Seal>();
        for (int i = 0; i < 3; i++) {
            chain.add(Seal.next(
                    TENANT,
                    i == 0 ? null : chain.get(i - 1),
                    MINUTE.plusSeconds(60L * i),
                    10 + 10 * i,
                    19 + 10 * i,
                    leaves(2 * i, 2 * i + 2)));
        }
        return chain;
    }

    private static List<Leaf> leaves(int from, int to) {
        return events().subList(from, to).stream()
                .map(event -> Leaf.of(TENANT, event))
                .toList();
    }

    /** Six: five of a run, the fourth of the tenant itself. */
    private static List<ObjectNode> events() {
        return new ArrayList<>(IntStream.range(0, 6)
                .mapToObj(i -> event(i == 3 ? TENANT : RUN, i + 1, 10 + 5 * i))
                .toList());
    }

    private static ObjectNode event(UUID timeline, int number, long transaction) {
        var event = JSON.createObjectNode()
                .put("id", "%010d".formatted(number))
                .put("type", "worker.said")
                .put("transaction", transaction);
        return timeline.equals(TENANT) ? event : event.put("runId", timeline.toString());
    }

    private static String named(ObjectNode event) {
        return (event.has("runId") ? "run " + RUN + ", event " : "the tenant's own event ")
                + event.get("id").asText();
    }

    private static Seal with(Seal seal, Map<String, Object> other) {
        return new Seal(
                (UUID) other.getOrDefault("tenantId", seal.tenantId()),
                (long) other.getOrDefault("number", seal.number()),
                (Instant) other.getOrDefault("minute", seal.minute()),
                (long) other.getOrDefault("firstTransaction", seal.firstTransaction()),
                (long) other.getOrDefault("lastTransaction", seal.lastTransaction()),
                (int) other.getOrDefault("count", seal.count()),
                (String) other.getOrDefault("root", seal.root()),
                (String) other.getOrDefault("previous", seal.previous()),
                (String) other.getOrDefault("hash", seal.hash()),
                (byte[]) other.getOrDefault("leaves", seal.leaves()));
    }
}
