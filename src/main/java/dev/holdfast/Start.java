package dev.holdfast;

import dev.holdfast.key.FirstKey;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.database.Migrations;
import dev.holdfast.platform.health.Progress;
import dev.holdfast.reaper.Reaper;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.ConfigProvider;

/** The order in which a node comes up. What fails here stops the start; nothing is served before it is done. */
@ApplicationScoped
public class Start {
    private static final Logger LOG = Logger.getLogger(Start.class.getName());

    @Inject
    Settings settings;

    @Inject
    Migrations migrations;

    @Inject
    FirstKey firstKey;

    @Inject
    Reaper reaper;

    @Inject
    Progress progress;

    void begin(@Observes Startup startup) {
        settings.requireSound();
        migrations.run();
        var keyFile = firstKey.ensure();
        reaper.sweepAtStart();
        progress.started();
        var config = ConfigProvider.getConfig();
        LOG.info(
                "Holdfast is up as node %s: API at http://%s:%s/api/v1, its description at /openapi/ui, health at /health"
                        .formatted(
                                settings.nodeName(),
                                config.getOptionalValue("HOLDFAST_HTTP_HOST", String.class)
                                        .orElse("127.0.0.1"),
                                config.getOptionalValue("HOLDFAST_HTTP_PORT", String.class)
                                        .orElse("9080")));
        keyFile.ifPresent(file -> LOG.info("The first key lies in " + file));
    }
}
