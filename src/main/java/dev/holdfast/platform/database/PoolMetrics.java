package dev.holdfast.platform.database;

import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.lang.management.ManagementFactory;
import java.util.List;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ObjectName;

/** How many connections are lent of each pool, as Liberty's own MXBeans tell it. */
@ApplicationScoped
class PoolMetrics {
    private static final List<String> POOLS = List.of("holdfast", "holdfastVital", "holdfastEverybody");

    private final Metrics metrics;

    protected PoolMetrics() { // for the proxy
        this(null);
    }

    @Inject
    PoolMetrics(Metrics metrics) {
        this.metrics = metrics;
    }

    void begin(@Observes Startup startup) {
        POOLS.forEach(pool -> metrics.show(Metric.POOL_IN_USE, () -> inUse(pool), pool));
    }

    private static long inUse(String pool) {
        var server = ManagementFactory.getPlatformMBeanServer();
        try {
            var name = new ObjectName("WebSphere:type=ConnectionPoolStats,name=jdbc/" + pool);
            return (long) server.getAttribute(name, "ManagedConnectionCount")
                    - (long) server.getAttribute(name, "FreeConnectionCount");
        } catch (InstanceNotFoundException unused) {
            return 0; // a pool begins when somebody wants a connection of it
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }
}
