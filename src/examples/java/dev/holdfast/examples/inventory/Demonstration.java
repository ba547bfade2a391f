package dev.holdfast.examples.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.client.Approval;
import dev.holdfast.client.Event;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Problem;
import dev.holdfast.client.Run;
import dev.holdfast.client.Unreachable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** The demonstration from beginning to end: submit, work, lose a worker, report. Exits with 1 when it cannot run. */
public final class Demonstration {
    private static final int WORKERS = 4;
    private static final double KILL_AT = 0.4;
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private final Settings settings;
    private final HoldfastClient holdfast;
    private final String execution;
    private final ProgressLine progress = new ProgressLine(System.out, System.console() != null);
    private Optional<Casualty> casualty = Optional.empty();
    private long killedAt;
    private Duration fromKillToReap;

    private Demonstration(Settings settings) {
        this.settings = settings;
        this.holdfast = HoldfastClient.of(settings.holdfast(), settings.key());
        this.execution = UUID.randomUUID().toString().substring(0, 13);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        try {
            new Demonstration(Settings.read()).run();
        } catch (CannotRun | IllegalArgumentException e) {
            exit(e.getMessage());
        } catch (Problem e) {
            exit("Holdfast refused what the demonstration needs: " + e.getMessage());
        } catch (Unreachable e) {
            exit("Holdfast is gone: " + e.getMessage());
        }
    }

    private static void exit(String why) {
        System.out.flush();
        System.err.println(System.lineSeparator() + why);
        System.exit(1);
    }

    private void run() throws CannotRun, IOException, InterruptedException {
        greet();
        List<String> jars = JarFinder.jarsIn(settings.repository(), settings.limit());
        if (jars.isEmpty()) {
            throw new CannotRun("There is no JAR in " + settings.repository() + ".");
        }
        Lanes.declare(holdfast);
        Producer producer = new Producer(holdfast, execution);
        producer.submit(jars);
        System.out.printf(
                "Submitted %d runs, one a JAR of %s (execution %s)%n", jars.size(), settings.repository(), execution);
        Tally tally = work(jars.size());
        double seconds = progress.seconds();
        Run report = report(producer.submitReport(jars.size()));
        sumUp(tally, seconds, report);
    }

    private void greet() throws CannotRun {
        try {
            holdfast.withPatience(Duration.ZERO).list(Lanes.jarsOf(execution).limit(1));
        } catch (Unreachable e) {
            throw new CannotRun("No Holdfast answers at " + settings.holdfast()
                    + ".\nStart it first with mvn -Prun, in another terminal, or say with HOLDFAST_URL where it is.");
        } catch (Problem e) {
            throw new CannotRun("Holdfast at " + settings.holdfast() + " does not let the demonstration in: "
                    + e.getMessage() + "\nIs the key in HOLDFAST_KEY or HOLDFAST_KEY_FILE one of this server's?");
        }
    }

    private Tally work(int submitted) throws IOException, InterruptedException, CannotRun {
        List<WorkerProcess> crew = new ArrayList<>();
        try {
            for (int i = 1; i <= WORKERS; i++) {
                crew.add(WorkerProcess.start(execution, Integer.toString(i), Lanes.JARS, settings));
            }
            Tally tally = watchTheLiving(submitted, crew);
            return waitForTheLost(tally);
        } finally {
            progress.end();
            // Closed together, as each takes as long as its last claim call.
            crew.parallelStream().forEach(WorkerProcess::close);
        }
    }

    private Tally watchTheLiving(int submitted, List<WorkerProcess> crew) throws InterruptedException, CannotRun {
        long end = System.nanoTime() + settings.patience().toNanos();
        while (true) {
            Tally tally = look(submitted);
            if (tally.isAllTerminalBut(casualty.map(Casualty::workerId).orElse(""))) {
                return tally;
            }
            if (casualty.isEmpty() && tally.completed() >= submitted * KILL_AT) {
                strike(crew);
            }
            if (System.nanoTime() > end || crew.stream().noneMatch(WorkerProcess::isAlive)) {
                throw new CannotRun("The workers did not come to an end; their logs are in " + settings.output() + ".");
            }
            Thread.sleep(LOOK_EVERY.toMillis());
        }
    }

    private void strike(List<WorkerProcess> crew) {
        casualty = Casualty.amongst(crew, holdfast, execution);
        killedAt = System.nanoTime();
        casualty.ifPresent(dead -> progress.say("Killed worker %s (process %d) with -9; it held %s"
                .formatted(dead.workerId(), dead.pid(), runs(dead.held().size()))));
    }

    /** Waits until all runs are terminal, as long as the settings allow: the reaper brings the lost ones back to the living. */
    private Tally waitForTheLost(Tally known) throws InterruptedException {
        long end = System.nanoTime() + settings.waitForLost().toNanos();
        Tally tally = known;
        while (!tally.isAllTerminal() && System.nanoTime() < end) {
            Thread.sleep(LOOK_EVERY.toMillis());
            tally = look(known.submitted());
        }
        return tally;
    }

    private Tally look(int submitted) {
        Tally tally = Tally.of(holdfast, execution, submitted);
        progress.show(tally);
        if (fromKillToReap == null
                && casualty.filter(dead -> tally.heldBy(dead.workerId()).isEmpty())
                        .isPresent()) {
            fromKillToReap = Duration.ofNanos(System.nanoTime() - killedAt);
            progress.say(
                    "The reaper has taken from it what it held, %s after the kill".formatted(seconds(fromKillToReap)));
        }
        return tally;
    }

    private Run report(Run submitted) throws IOException, InterruptedException, CannotRun {
        long end = System.nanoTime() + settings.patience().toNanos();
        try (WorkerProcess reporter = WorkerProcess.start(execution, "reporter", Lanes.REPORT, settings)) {
            Run run = submitted;
            boolean told = false;
            while (!run.isTerminal() && reporter.isAlive() && System.nanoTime() < end) {
                Thread.sleep(LOOK_EVERY.toMillis());
                run = holdfast.get(run.id());
                if (!told && "approval".equals(run.waitingFor())) {
                    holdfast.approvalsOf(run.id()).items().forEach(this::decide);
                    told = true;
                }
            }
            if (!"completed".equals(run.state())) {
                throw new CannotRun("The report was not written: run " + run.id() + " is " + run.state()
                        + (run.failure() == null ? "" : ", " + run.failure().message()) + ".");
            }
            return run;
        }
    }

    private void decide(Approval asked) {
        System.out.printf("%nThe report's run asks: %s?%n", asked.title());
        if (settings.approves()) {
            holdfast.decide(asked.id(), true, "Approved by the demonstration itself", asked.argsDigest());
            System.out.println("Approved by the demonstration itself, as demo.approve says.");
            return;
        }
        System.out.printf("""
                It holds no worker meanwhile. Approve it from another terminal, in this directory:

                  curl %s/api/v1/approvals/%s/decision -H "Content-Type: application/json" \\
                    -H "Authorization: Bearer $(cat .holdfast/bootstrap.key)" -d '{"approved": true}'

                """, settings.holdfast(), asked.id());
    }

    private void sumUp(Tally tally, double seconds, Run report) {
        System.out.printf(
                Locale.ROOT,
                "%n%d of %d runs completed, %d failed, %d still in flight, in %.1f seconds: %.0f runs a second%n",
                tally.completed(),
                tally.submitted(),
                tally.failed(),
                tally.inFlight().size(),
                seconds,
                tally.completed() / seconds);
        System.out.println("Report: " + report.result().path("html").asText());
        System.out.println("Table:  " + report.result().path("csv").asText());
        holdfast.events(report.id(), null).items().stream()
                .filter(event -> event.type().equals(Lanes.REFUSED))
                .forEach(refused -> System.out.println("The approval was for exactly these files; for "
                        + refused.data().path("html").asText() + " it was refused with "
                        + refused.data().path("code").asText() + "."));
        casualty.ifPresentOrElse(
                dead -> sumUp(dead, tally),
                () -> System.out.println("No worker was killed: whenever one was looked at, it held nothing."));
    }

    private void sumUp(Casualty dead, Tally tally) {
        System.out.printf(
                "%nWorker %s (process %d) was killed with -9 while it held %s.%n",
                dead.workerId(), dead.pid(), runs(dead.held().size()));
        List<Run> lost = tally.heldBy(dead.workerId());
        if (lost.isEmpty()) {
            System.out.printf(
                    "%s after the kill the reaper had taken them from it, and the others took them up:%n",
                    seconds(fromKillToReap));
            dead.held().forEach(run -> System.out.println("  " + wayBack(run)));
        } else {
            System.out.println("Still in flight in its name; GET /runs/{id}/explain says when the reaper takes them:");
            lost.forEach(run -> System.out.println("  " + described(run)));
        }
    }

    /** Out of the timeline, so by the database's clock: why the run was reaped, and how long it took from silence to the end. */
    private String wayBack(Run held) {
        List<Event> events = holdfast.events(held.id(), null).items();
        Run ended = holdfast.get(held.id());
        return events.stream()
                .filter(event -> event.type().equals("reaped"))
                .findFirst()
                .map(reaped -> {
                    JsonNode evidence = reaped.data().path("evidence");
                    Instant heard =
                            Instant.parse(evidence.path("lastHeartbeatAt").asText());
                    return "%s  %s%n    reaped as %s after %s of silence, where its lane allows %s; %s"
                            .formatted(
                                    held.id(),
                                    held.input().path("path").asText(),
                                    reaped.reason(),
                                    seconds(Duration.between(heard, reaped.at())),
                                    evidence.path("heartbeatTimeout").asText(),
                                    ended.isTerminal()
                                            ? "%s by %s %s after the reap"
                                                    .formatted(
                                                            ended.state(),
                                                            ended.workerId(),
                                                            seconds(Duration.between(reaped.at(), ended.endedAt())))
                                            : "now " + ended.state());
                })
                .orElseGet(() -> held.id() + "  " + ended.state() + " without a reap: its last word was under way");
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    private static String runs(int count) {
        return count == 1 ? "1 run" : count + " runs";
    }

    private static String described(Run run) {
        Instant beat = run.lastHeartbeatAt();
        return "%s  %s  worker %s  fence %d  last heartbeat %s"
                .formatted(run.id(), run.input().path("path").asText(), run.workerId(), run.fence(), beat);
    }
}
