package dev.holdfast;

import dev.holdfast.key.FirstKey;
import dev.holdfast.platform.HttpEndpoint;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.database.Migrations;
import dev.holdfast.platform.database.Rights;
import dev.holdfast.platform.database.Signals;
import dev.holdfast.platform.database.Walls;
import dev.holdfast.platform.health.NodeControl;
import dev.holdfast.platform.health.Progress;
import dev.holdfast.reaper.KeysControl;
import dev.holdfast.reaper.Reaper;
import dev.holdfast.reaper.ReaperControl;
import dev.holdfast.run.RunsControl;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/** The order in which a node comes up. What fails here stops the start; nothing is served before it is done. */
@ApplicationScoped
public class Start {
    private static final Logger LOG = Logger.getLogger(Start.class.getName());

    /** Liberty opens the port after this, and then has some words to say: where Holdfast is, comes last. */
    private static final int LAST_WORD_AFTER_SECONDS = 2;

    @Inject
    Settings settings;

    @Inject
    Rights rights;

    @Inject
    Migrations migrations;

    @Inject
    Walls walls;

    @Inject
    Signals signals;

    @Inject
    FirstKey firstKey;

    @Inject
    Reaper reaper;

    @Inject
    ReaperControl control;

    @Inject
    RunsControl runs;

    @Inject
    KeysControl keys;

    @Inject
    NodeControl node;

    @Inject
    Progress progress;

    @Inject
    HttpEndpoint endpoint;

    @Resource
    ManagedScheduledExecutorService later;

    void begin(@Observes Startup startup) {
        settings.requireSound();
        rights.check();
        migrations.run();
        walls.raise();
        var keyFile = firstKey.ensure();
        reaper.sweepAtStart();
        signals.listen();
        control.show();
        runs.show();
        keys.show();
        node.show();
        progress.started();
        announceLater(keyFile);
    }

    private void announceLater(Optional<Path> keyFile) {
        later.schedule(() -> announce(keyFile), LAST_WORD_AFTER_SECONDS, TimeUnit.SECONDS);
    }

    private void announce(Optional<Path> keyFile) {
        var address = endpoint.open();
        if (address.isEmpty() && !endpoint.isOff()) {
            announceLater(keyFile);
            return;
        }
        LOG.info("Holdfast is up as node " + settings.nodeName());
        address.ifPresent(base -> LOG.info(
                "The API is at %1$s/api/v1, described at %1$s/openapi/ui/; health is at %1$s/health".formatted(base)));
        keyFile.ifPresent(file -> LOG.info("The first key lies in " + file));
    }
}
