package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.eclipse.microprofile.config.spi.ConfigBuilder;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.Converter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each kind of setting that can be wrong, once: what is said has the key, the value and what is allowed. */
class SettingsTest {
    private static final Given GIVEN = new Given();
    private static final Logger LOG = Logger.getLogger(Settings.class.getName());

    @BeforeAll
    static void theseAreTheSettings() {
        ConfigProviderResolver.setInstance(new Resolver());
        LOG.setUseParentHandlers(false);
    }

    @AfterAll
    static void noneAreLeft() {
        ConfigProviderResolver.setInstance(null);
        LOG.setUseParentHandlers(true);
    }

    @BeforeEach
    void nothingIsSet() {
        GIVEN.values.clear();
    }

    @Test
    void theDefaultsAreSound() {
        assertThatCode(() -> new Settings().requireSound()).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    holdfast.run.key.ttl       | soon    | must be a duration of at least PT1S
                    holdfast.sweep.interval    | PT0.5S  | must be a duration of at least PT1S
                    holdfast.lane.heartbeat    | always  | must be required, optional or none
                    holdfast.lane.on.lost      | forget  | must be requeue or fail
                    holdfast.sweep.batch       | many    | must be 1 to 10000
                    holdfast.sweep.batch       | 10001   | must be 1 to 10000
                    holdfast.lane.max.lost     | -1      | must be 0 to 1000
                    holdfast.limits.body.bytes | 1MB     | must be 1024 to 67108864
                    HOLDFAST_HTTP_PORT         | 65536   | must be -1 for none, or 1 to 65535
                    HOLDFAST_HTTPS_PORT        | https   | must be -1 for none, or 1 to 65535
                    HOLDFAST_HTTP_KEEP_ALIVE   | forever | must be a number with h, m, s or ms, such as 75s
                    HOLDFAST_DB_VITAL_POOL_SIZE | 0      | must be 1 to 9999
                    HOLDFAST_METRICS_AUTHENTICATION | no  | must be true or false
                    HOLDFAST_LOG_FORMAT        | xml     | must be simple, dev or json
                    HOLDFAST_LOG_LEVEL         | loud    | must be off, fatal, severe""")
    void aWrongValueStopsTheStartWithItsKeyItsValueAndWhatIsAllowed(String key, String value, String allowed) {
        GIVEN.values.put(key, value);

        assertThatThrownBy(() -> new Settings().requireSound())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "Holdfast does not start with these settings: " + key + " = " + value + ": " + allowed);
    }

    @ParameterizedTest
    @CsvSource({
        "HOLDFAST_HTTP_PORT, -1",
        "HOLDFAST_HTTP_PORT, 65535",
        "HOLDFAST_HTTP_KEEP_ALIVE, 1m30s",
        "HOLDFAST_LOG_LEVEL, FINE",
        "holdfast.sweep.interval, PT1S",
        "HOLDFAST_SWEEP_INTERVAL, ' '",
        "HOLDFAST_LOG_FORMAT, ''"
    })
    void whatIsAllowedIsTaken(String key, String value) {
        GIVEN.values.put(key, value);

        assertThatCode(() -> new Settings().requireSound()).doesNotThrowAnyException();
    }

    @Test
    void allThatIsWrongIsSaidAtOnceAndNoKeyIsShown() {
        GIVEN.values.putAll(Map.of(
                "holdfast.node.name", "n".repeat(101),
                "holdfast.bootstrap.key", "too-short-a-secret",
                "HOLDFAST_RUN_KEY_TTL", "P2D",
                "HOLDFAST_LANE_CLAIM_TIMEOUT", "PT1M"));

        assertThatThrownBy(() -> new Settings().requireSound())
                .hasMessageContaining("holdfast.node.name = " + "n".repeat(101) + ": must be 1 to 100 characters")
                .hasMessageContaining(
                        "holdfast.bootstrap.key (not shown): must be 32 to 200 printable ASCII characters")
                .hasMessageContaining("holdfast.run.key.ttl = PT48H: must not exceed holdfast.run.key.max.age = PT24H")
                .hasMessageContaining("holdfast.lane.claim.timeout = PT1M: must not be below")
                .hasMessageNotContaining("too-short-a-secret");
    }

    @Test
    void whatNobodyReadsIsWarnedAboutByTheNameThatWasGiven() {
        GIVEN.values.putAll(Map.of(
                "HOLDFAST_SWEEP_INTERVALL", "PT1S",
                "holdfast.swep.batch", "1",
                "HOLDFAST_SWEEP_BATCH", "1",
                "holdfast.node.name", "n",
                "PATH", "/"));

        assertThat(warnings())
                .containsExactly(
                        "HLDF0101W: The setting HOLDFAST_SWEEP_INTERVALL is not known to Holdfast and has no effect",
                        "HLDF0101W: The setting holdfast.swep.batch is not known to Holdfast and has no effect");
    }

    private static List<String> warnings() {
        var said = new ArrayList<String>();
        var ear = new Handler() {
            @Override
            public void publish(LogRecord line) {
                said.add(line.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        LOG.addHandler(ear);
        try {
            new Settings().requireSound();
        } finally {
            LOG.removeHandler(ear);
        }
        return said;
    }

    /** What a container's configuration would say. */
    private static final class Given implements Config, ConfigSource {
        private final Map<String, String> values = new HashMap<>();

        @Override
        public <T> Optional<T> getOptionalValue(String name, Class<T> type) {
            // As the environment is read: by its own name, or by that of the property.
            return Optional.ofNullable(values.getOrDefault(
                            name, values.get(name.replace('.', '_').toUpperCase())))
                    .filter(value -> !value.isEmpty())
                    .map(type::cast);
        }

        @Override
        public Iterable<ConfigSource> getConfigSources() {
            return List.of(this);
        }

        @Override
        public Set<String> getPropertyNames() {
            return values.keySet();
        }

        @Override
        public String getName() {
            return "given";
        }

        @Override
        public String getValue(String name) {
            return values.get(name);
        }

        @Override
        public <T> T getValue(String name, Class<T> type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ConfigValue getConfigValue(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <T> Optional<Converter<T>> getConverter(Class<T> type) {
            throw new UnsupportedOperationException();
        }

        @Override
        public <T> T unwrap(Class<T> type) {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Resolver extends ConfigProviderResolver {
        @Override
        public Config getConfig() {
            return GIVEN;
        }

        @Override
        public Config getConfig(ClassLoader loader) {
            return GIVEN;
        }

        @Override
        public ConfigBuilder getBuilder() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void registerConfig(Config config, ClassLoader loader) {}

        @Override
        public void releaseConfig(Config config) {}
    }
}
