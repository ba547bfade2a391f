package dev.holdfast.platform.health;

import jakarta.enterprise.context.ApplicationScoped;

/** How far this node has come in its start. */
@ApplicationScoped
public class Progress {
    private volatile boolean started;

    public void started() {
        started = true;
    }

    public boolean isStarted() {
        return started;
    }
}
