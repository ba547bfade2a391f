package dev.holdfast.reaper;

import dev.holdfast.event.Author;
import dev.holdfast.platform.jmx.Jmx;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Query;
import dev.holdfast.reaper.Sweep.Trigger;
import dev.holdfast.run.RunKeys;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;

/** Keys in the hands of whoever watches the node. */
@ApplicationScoped
public class KeysControl implements KeysMXBean {
    private final RunKeys keys;
    private final Sweeper sweeper;
    private final Sweeps sweeps;
    private final Jmx jmx;

    protected KeysControl() { // for the proxy
        this(null, null, null, null);
    }

    @Inject
    KeysControl(RunKeys keys, Sweeper sweeper, Sweeps sweeps, Jmx jmx) {
        this.keys = keys;
        this.sweeper = sweeper;
        this.sweeps = sweeps;
        this.jmx = jmx;
    }

    /** Lets keys be ended by JMX. */
    public void show() {
        jmx.show("type=Keys", KeysMXBean.class, this);
    }

    @Override
    public boolean revokeRun(String runId) {
        return keys.revoke(Query.id("run", runId), Author.JMX);
    }

    @Override
    public String expireStale() {
        var order = new SweepOrder(
                Trigger.JMX, List.of("keys"), false, null, sweeps.firstTenant(), Author.JMX, null, null, null);
        return Json.write(sweeper.sweep(order).withVerdicts(0));
    }
}
