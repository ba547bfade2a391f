package dev.holdfast.platform.health;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.jmx.Jmx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The node in the hands of whoever watches it. */
@ApplicationScoped
public class NodeControl implements NodeMXBean {
    private final Node node;
    private final Settings settings;
    private final Jmx jmx;

    protected NodeControl() { // for the proxy
        this(null, null, null);
    }

    @Inject
    NodeControl(Node node, Settings settings, Jmx jmx) {
        this.node = node;
        this.settings = settings;
        this.jmx = jmx;
    }

    /** Lets the node be seen, and drained, by JMX. */
    public void show() {
        jmx.show("type=Node", NodeMXBean.class, this);
    }

    @Override
    public String getName() {
        return settings.nodeName();
    }

    @Override
    public String getVersion() {
        try (var version = NodeControl.class.getResourceAsStream("version")) {
            return new String(version.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean isDraining() {
        return node.isDraining();
    }

    @Override
    public long getWaitingClaims() {
        return node.count("waiting claims");
    }

    @Override
    public long getStreams() {
        return node.count("streams");
    }

    @Override
    public void drain() {
        node.drain(Jmx.ACTOR);
    }

    @Override
    public void undrain() {
        node.undrain(Jmx.ACTOR);
    }
}
