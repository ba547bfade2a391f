package dev.holdfast.platform.health;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.jmx.Jmx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.jar.Attributes;
import java.util.jar.Manifest;

/** The node in the hands of whoever watches it. */
@ApplicationScoped
public class NodeControl implements NodeMXBean {
    private final Node node;
    private final Settings settings;
    private final ServletContext application;
    private final Jmx jmx;

    protected NodeControl() { // for the proxy
        this(null, null, null, null);
    }

    @Inject
    NodeControl(Node node, Settings settings, ServletContext application, Jmx jmx) {
        this.node = node;
        this.settings = settings;
        this.application = application;
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
        try (var manifest = application.getResourceAsStream("/META-INF/MANIFEST.MF")) {
            return new Manifest(manifest).getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION);
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
