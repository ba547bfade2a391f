package dev.holdfast.platform;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * The variables of server.xml that Liberty alone reads. It takes a wrong one for a reason to go on with a default of its own;
 * here it is one to stop the start.
 */
final class ServerVariables {
    private static final String PORT = "-1 for none, or 1 to 65535";
    private static final String TIME = "a number with h, m, s or ms, such as 75s";
    private static final String PORT_PATTERN =
            "-1|[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]";
    private static final String TIME_PATTERN = "(\\d{1,9}(h|m|s|ms))+";

    private static final Map<String, Allowed> ALLOWED = new TreeMap<>(Map.of(
            "HOLDFAST_HTTP_PORT", new Allowed(PORT, PORT_PATTERN),
            "HOLDFAST_HTTPS_PORT", new Allowed(PORT, PORT_PATTERN),
            "HOLDFAST_HTTP_KEEP_ALIVE", new Allowed(TIME, TIME_PATTERN),
            "HOLDFAST_HTTP_WRITE_TIMEOUT", new Allowed(TIME, TIME_PATTERN),
            "HOLDFAST_DB_VITAL_POOL_SIZE", new Allowed("1 to 9999", "[1-9]\\d{0,3}"),
            "HOLDFAST_METRICS_AUTHENTICATION", new Allowed("true or false", "(?i)true|false"),
            "HOLDFAST_LOG_FORMAT", new Allowed("simple, dev or json", "simple|dev|json"),
            "HOLDFAST_LOG_LEVEL",
                    new Allowed(
                            "off, fatal, severe, warning, audit, info, config, detail, fine, finer, finest or all",
                            "(?i)off|fatal|severe|warning|audit|info|config|detail|fine|finer|finest|all")));

    private record Allowed(String inWords, String pattern) {}

    private ServerVariables() {}

    /** Each with its name, its value and what is allowed. */
    static List<String> faults() {
        var faults = new ArrayList<String>();
        ALLOWED.forEach((name, allowed) -> ConfigProvider.getConfig()
                .getOptionalValue(name, String.class)
                .map(String::strip)
                .filter(value -> !value.isEmpty() && !value.matches(allowed.pattern))
                .ifPresent(value -> faults.add(name + " = " + value + ": must be " + allowed.inWords)));
        return faults;
    }
}
