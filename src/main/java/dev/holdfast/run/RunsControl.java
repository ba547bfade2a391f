package dev.holdfast.run;

import dev.holdfast.key.Caller;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.jmx.Jmx;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.run.OperatorLifecycle.Word;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Set;
import java.util.UUID;

/** Runs in the hands of whoever watches the node, by the same use cases as over HTTP; the timeline names the actor. */
@ApplicationScoped
public class RunsControl implements RunsMXBean {
    private final OperatorLifecycle operators;
    private final RunLifecycle lifecycle;
    private final Runs runs;
    private final Jmx jmx;

    protected RunsControl() { // for the proxy
        this(null, null, null, null);
    }

    @Inject
    RunsControl(OperatorLifecycle operators, RunLifecycle lifecycle, Runs runs, Jmx jmx) {
        this.operators = operators;
        this.lifecycle = lifecycle;
        this.runs = runs;
        this.jmx = jmx;
    }

    /** Lets runs be moved by JMX. */
    public void show() {
        jmx.show("type=Runs", RunsMXBean.class, this);
    }

    @Override
    public String cancel(String id) {
        var run = Query.id("run", id);
        return Json.write(operators.cancel(word(run), run, false));
    }

    @Override
    public String resume(String id) {
        var run = Query.id("run", id);
        return Json.write(operators.resume(word(run), run));
    }

    @Override
    public String explain(String id) {
        var run = Query.id("run", id);
        return Json.write(lifecycle.explain(word(run).caller(), run));
    }

    private Word word(UUID run) {
        var tenant = runs.tenantOf(run).orElseThrow(() -> new Unknown("run", run));
        var caller = new Caller(tenant, null, Jmx.ACTOR, Set.of(Scope.OPERATE), null, 0);
        return new Word(caller, null, null, null);
    }
}
