package dev.holdfast.platform.jmx;

import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.problem.Problem;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ContextService;
import jakarta.enterprise.context.ApplicationScoped;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/** Shows MXBeans to JConsole and its like as {@code dev.holdfast:type=…}, for as long as the application runs. */
@ApplicationScoped
public class Jmx {
    /** Who acted, where an actor is named. */
    public static final String ACTOR = "jmx";

    private static final Logger LOG = Logger.getLogger(Jmx.class.getName());

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private final Set<ObjectName> shown = ConcurrentHashMap.newKeySet();

    @Resource
    ContextService contexts;

    /** @param properties of the name, e.g. {@code type=Reaper}; values by {@link #value} */
    public <T> void show(String properties, Class<T> view, T bean) {
        try {
            var name = name(properties);
            // Whoever calls from outside has none of the application's context, and none of its classes.
            var inContext = contexts.createContextualProxy(plain(view, bean), view);
            if (server.isRegistered(name)) {
                server.unregisterMBean(name);
            }
            server.registerMBean(new StandardMBean(inContext, view, true), name);
            shown.add(name);
        } catch (JMException e) {
            throw new IllegalStateException("cannot show " + properties, e);
        }
    }

    public void hide(String properties) {
        hide(name(properties));
    }

    /** A property's value as a name can hold it. */
    public static String value(String text) {
        return text.matches("[\\w .-]+") ? text : ObjectName.quote(text);
    }

    @PreDestroy
    void hideAll() {
        shown.forEach(this::hide);
    }

    private void hide(ObjectName name) {
        try {
            shown.remove(name);
            server.unregisterMBean(name);
        } catch (JMException e) {
            LOG.log(Level.FINE, name + " is not shown", e);
        }
    }

    /** The bean, throwing nothing but what every client knows. */
    private static <T> T plain(Class<T> view, T bean) {
        return view.cast(Proxy.newProxyInstance(view.getClassLoader(), new Class<?>[] {view}, (proxy, method, args) -> {
            try {
                return method.invoke(bean, args);
            } catch (InvocationTargetException e) {
                throw told(method.getName(), e.getCause());
            }
        }));
    }

    private static RuntimeException told(String operation, Throwable thrown) {
        if (thrown instanceof Problem problem) {
            return new IllegalArgumentException(problem.getMessage());
        }
        return new IllegalStateException(
                ExpectedErrors.problem(thrown).map(Problem::getMessage).orElseGet(() -> {
                    LOG.log(Level.SEVERE, "HLDF0802E: unexpected fault in " + operation + " by " + ACTOR, thrown);
                    return "An unexpected fault; the server's log has it.";
                }));
    }

    private static ObjectName name(String properties) {
        try {
            return new ObjectName("dev.holdfast:" + properties);
        } catch (JMException e) {
            throw new IllegalArgumentException(properties, e);
        }
    }
}
