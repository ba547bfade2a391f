package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.platform.problem.Problem;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes together, in which order, and what becomes of it. An item's first letter is what it is about. */
class ConvoyTest {
    /** Longer than a test waits for anything. */
    private static final Duration NEVER = Duration.ofSeconds(30);

    private final List<String> batches = new CopyOnWriteArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<CompletableFuture<String>> sent = new ArrayList<>();
    private volatile String refusal = "22P02";
    private final Convoy<String, String, String> convoy = of(NEVER, 100);

    @AfterEach
    void letAllGo() {
        gate.countDown();
    }

    @Test
    void aLoneCallGoesAtOnceAndByItsOwnThread() {
        var byItself = new Convoy<String, String, String>(
                (key, items) -> List.of(Thread.currentThread().getName()), item -> item);

        assertThat(byItself.join("t", "a")).isEqualTo(Thread.currentThread().getName());
        assertThat(byItself.join("t", "a")).isEqualTo(Thread.currentThread().getName());
        assertThat(byItself.waiting()).isZero();
    }

    @Test
    void whoComesMeanwhileIsTheNextBatchAndEachHasItsOwnAnswer() {
        holdTheRoad("t");
        send("t", "a1", "b1", "c1", "d1");

        gate.countDown();

        assertThat(answers()).containsExactly("[y?]", "[a1]", "[b1]", "[c1]", "[d1]");
        assertThat(batches).containsExactly("t: y?", "t: a1 b1 c1 d1");
    }

    @Test
    void whereEnoughWaitTheyGoBesideWhatIsUnderWay() {
        holdTheRoad("t");
        send("t", "a1", "b1", "c1", "d1", "e1", "f1", "g1");
        assertThat(convoy.waiting()).isEqualTo(Convoy.ENOUGH - 1);

        assertThat(convoy.join("t", "h1")).isEqualTo("[h1]");

        assertThat(sent.subList(1, 8))
                .allSatisfy(call -> assertThat(call.join()).endsWith("1]"));
        assertThat(batches).containsExactly("t: y?", "t: a1 b1 c1 d1 e1 f1 g1 h1");
        assertThat(sent.get(0)).isNotDone();
    }

    @Test
    void afterSeveralTheNextFewWaitForMore() {
        var resting = resting(NEVER);
        goTogether(resting);
        sendTo(resting, "t", "d1", "e1", "f1", "g1", "h1", "i1", "j1");
        assertThat(resting.waiting()).isEqualTo(Convoy.ENOUGH - 1);

        assertThat(resting.join("t", "k1")).isEqualTo("[k1]");

        assertThat(answers()).endsWith("[d1]", "[e1]", "[f1]", "[g1]", "[h1]", "[i1]", "[j1]");
        assertThat(batches).containsExactly("t: y?", "t: b1 c1", "t: d1 e1 f1 g1 h1 i1 j1 k1");
    }

    @Test
    void whereNoMoreComeTheyGoWhenTheyHaveWaitedForAWhile() {
        var resting = resting(Duration.ofMillis(1));
        goTogether(resting);

        assertThat(resting.join("t", "d1")).isEqualTo("[d1]");
        assertThat(resting.join("t", "e1")).isEqualTo("[e1]");
    }

    @Test
    void afterOneTheNextWaitsForNobody() {
        var resting = resting(NEVER);
        for (var item : List.of("a1", "b1", "c1")) {
            var call = CompletableFuture.supplyAsync(() -> resting.join("t", item), ConvoyTest::start);

            await().until(call::isDone);
        }
    }

    @Test
    void twoAboutTheSameNeverGoTogether() {
        holdTheRoad("t");
        send("t", "a1", "b1", "a2", "c1", "a3");

        gate.countDown();

        assertThat(answers()).endsWith("[a1]", "[b1]", "[a2]", "[c1]", "[a3]");
        assertThat(batches).containsExactly("t: y?", "t: a1 b1 c1", "t: a2", "t: a3");
    }

    @Test
    void othersOfAnotherKeyAreNeitherWaitedForNorTakenAlong() {
        holdTheRoad("t");
        send("t", "a1", "b1");

        assertThat(convoy.join("other", "a9")).isEqualTo("[a9]");
        assertThat(convoy.waiting()).isEqualTo(2);

        gate.countDown();
        answers();
        assertThat(batches).containsExactly("t: y?", "other: a9", "t: a1 b1");
    }

    @Test
    void whatIsHeavyFillsABatchSoonerAndMayBeOneByItself() {
        holdTheRoad("t");
        send("t", "a200", "b50", "c100", "d1000", "e1");

        gate.countDown();
        answers();

        assertThat(batches).contains("t: a200 b50", "t: c100", "t: d1000", "t: e1");
    }

    @Test
    void aBatchThatIsRefusedIsDoneOneByOneAndOnlyTheBadItemSuffers() {
        holdTheRoad("t");
        send("t", "a1", "b!", "c1");

        gate.countDown();

        assertThat(sent.get(1).join()).isEqualTo("[a1]");
        assertThat(sent.get(3).join()).isEqualTo("[c1]");
        assertThatThrownBy(() -> sent.get(2).join()).hasRootCauseMessage("refused");
        assertThat(batches)
                .startsWith("t: y?", "t: a1 b! c1")
                .contains("t: a1", "t: b!", "t: c1")
                .hasSize(5);
    }

    /** It may have been committed: done again, a submit would make a second run. */
    @Test
    void whatMayHaveBeenDoneIsNotDoneAgain() {
        refusal = "08006";
        holdTheRoad("t");
        send("t", "a1", "b!", "c1");

        gate.countDown();

        for (var each : sent.subList(1, 4)) {
            assertThatThrownBy(each::join).hasRootCauseMessage("refused");
        }
        assertThat(batches).containsExactly("t: y?", "t: a1 b! c1");
    }

    @Test
    void anUnforeseenErrorReachesAllAndTheRoadIsFreeAgain() {
        refusal = "error";
        holdTheRoad("t");
        send("t", "a1", "b!");

        gate.countDown();

        for (var each : sent.subList(1, 3)) {
            assertThatThrownBy(each::join).hasRootCauseInstanceOf(AssertionError.class);
        }
        assertThat(convoy.join("t", "c1")).isEqualTo("[c1]");
    }

    @Test
    void whatTakesLongHoldsNobodyUpForMoreThanAMoment() {
        var impatient = of(Duration.ofMillis(10), 100);
        sendTo(impatient, "t", "y?", "z?");
        await().pollInterval(Duration.ofMillis(1)).until(() -> batches.size() == 2); // not one, together

        assertThat(impatient.join("t", "a1")).isEqualTo("[a1]");
        assertThat(sent).noneMatch(CompletableFuture::isDone);
    }

    @Test
    void whereTooManyWaitTheNextIsToldToComeAgain() {
        var small = of(NEVER, 2);
        sendTo(small, "t", "y?", "a1", "b1");

        assertThatThrownBy(() -> small.join("t", "c1")).isInstanceOfSatisfying(Problem.class, full -> {
            assertThat(full.status()).isEqualTo(503);
            assertThat(full.headers()).containsKey("Retry-After");
        });

        gate.countDown();
        assertThat(answers()).containsExactly("[y?]", "[a1]", "[b1]");
    }

    /** Two of a batch, which is done. */
    private void goTogether(Convoy<String, String, String> on) {
        holdTheRoad(on, "t");
        sendTo(on, "t", "b1", "c1");
        gate.countDown();
        assertThat(answers()).containsExactly("[y?]", "[b1]", "[c1]");
    }

    private void holdTheRoad(String key) {
        holdTheRoad(convoy, key);
    }

    /** A batch that is under way, and waits at the gate. */
    private void holdTheRoad(Convoy<String, String, String> on, String key) {
        sent.add(CompletableFuture.supplyAsync(() -> on.join(key, "y?"), ConvoyTest::start));
        await().pollInterval(Duration.ofMillis(1)).until(() -> batches.size() == 1);
    }

    /** One behind the other. */
    private void send(String key, String... items) {
        sendTo(convoy, key, items);
    }

    private void sendTo(Convoy<String, String, String> to, String key, String... items) {
        for (var item : items) {
            int before = to.waiting() + batches.size();
            sent.add(CompletableFuture.supplyAsync(() -> to.join(key, item), ConvoyTest::start));
            await().pollInterval(Duration.ofMillis(1)).until(() -> to.waiting() + batches.size() > before);
        }
    }

    private List<String> answers() {
        return sent.stream().map(CompletableFuture::join).toList();
    }

    private static void start(Runnable task) {
        new Thread(task, "caller").start();
    }

    private Convoy<String, String, String> of(Duration moment, int mostWaiting) {
        return within(new Convoy.Limits(moment, mostWaiting, 0, NEVER));
    }

    /** Where those that go together take so long that only the rest's own limit ends it. */
    private Convoy<String, String, String> resting(Duration longest) {
        return within(new Convoy.Limits(NEVER, 100, Integer.MAX_VALUE, longest));
    }

    private Convoy<String, String, String> within(Convoy.Limits limits) {
        return new Convoy<>(this::work, item -> item.charAt(0), ConvoyTest::weight, limits);
    }

    private static int weight(String item) {
        return item.matches(".\\d+") ? Integer.parseInt(item.substring(1)) : 1;
    }

    private List<String> work(String key, List<String> items) {
        batches.add(key + ": " + String.join(" ", items));
        if (items.get(0).endsWith("?")) {
            pass();
        }
        if (items.stream().anyMatch(item -> item.endsWith("!"))) {
            if (refusal.equals("error")) {
                throw new AssertionError("unforeseen");
            }
            throw new DatabaseFault(new SQLException("refused", refusal));
        }
        return items.stream().map(item -> "[" + item + "]").toList();
    }

    private void pass() {
        try {
            assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
