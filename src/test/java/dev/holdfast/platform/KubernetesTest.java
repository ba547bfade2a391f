package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1EnvVar;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1ResourceRequirements;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1SecurityContext;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1Volume;
import io.kubernetes.client.openapi.models.V1VolumeMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The samples for Kubernetes are what its API takes, and say of Holdfast what is so. */
class KubernetesTest {
    private static final Path SAMPLES = Path.of("src/main/kubernetes");

    private interface Type {
        void validate(JsonElement json) throws IOException;
    }

    private static final Map<String, Type> TYPES = Map.of(
            "v1 Service", V1Service::validateJsonElement,
            "v1 Secret", V1Secret::validateJsonElement,
            "apps/v1 Deployment", V1Deployment::validateJsonElement,
            "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget::validateJsonElement,
            "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy::validateJsonElement,
            "networking.k8s.io/v1 Ingress", V1Ingress::validateJsonElement);

    private final List<JsonNode> plain = read("holdfast.yaml");
    private final JsonNode deployment = kind("Deployment").path("spec");
    private final JsonNode pod = deployment.path("template").path("spec");
    private final JsonNode container = pod.path("containers").path(0);
    private final JsonNode operated =
            read("open-liberty-application.yaml").get(0).path("spec");

    @Test
    void eachObjectIsOfTheApisTypeToTheLastField() {
        var objects =
                Stream.concat(plain.stream(), read("secret.yaml").stream()).toList();
        assertThat(objects).hasSize(6).allSatisfy(object -> {
            var type = TYPES.get(object.path("apiVersion").asText() + " "
                    + object.path("kind").asText());
            assertThatCode(() -> type.validate(gson(object))).doesNotThrowAnyException();
        });
        var misspelt = deployment.deepCopy();
        ((ObjectNode) misspelt).put("replica", 2);
        var wrong = YAMLMapper.builder().build().createObjectNode().set("spec", misspelt);
        assertThatCode(() -> V1Deployment.validateJsonElement(gson(wrong))).hasMessageContaining("replica");
    }

    /** Its own fields are the operator's; those below are of Kubernetes' types. */
    @Test
    void theOperatorsObjectIsSoToo() {
        assertThat(operated.fieldNames())
                .toIterable()
                .isSubsetOf(
                        "applicationImage",
                        "replicas",
                        "manageTLS",
                        "service",
                        "disableServiceLinks",
                        "deployment",
                        "envFrom",
                        "env",
                        "probes",
                        "resources",
                        "securityContext",
                        "volumeMounts",
                        "volumes");
        assertThatCode(() -> {
                    for (var probe : operated.path("probes")) {
                        V1Probe.validateJsonElement(gson(probe));
                    }
                    for (var volume : operated.path("volumes")) {
                        V1Volume.validateJsonElement(gson(volume));
                    }
                    for (var mount : operated.path("volumeMounts")) {
                        V1VolumeMount.validateJsonElement(gson(mount));
                    }
                    for (var variable : operated.path("env")) {
                        V1EnvVar.validateJsonElement(gson(variable));
                    }
                    V1ResourceRequirements.validateJsonElement(gson(operated.path("resources")));
                    V1SecurityContext.validateJsonElement(gson(operated.path("securityContext")));
                })
                .doesNotThrowAnyException();
        for (var alike : List.of("envFrom", "env", "resources", "volumeMounts")) {
            assertThat(operated.path(alike)).as(alike).isEqualTo(container.path(alike));
        }
        assertThat(operated.path("volumes")).isEqualTo(pod.path("volumes"));
        assertThat(operated.path("manageTLS").asBoolean(true)).isFalse();
    }

    @Test
    void theProbesAskWhatTheNodeAnswers() throws IOException {
        var health = Files.readString(Path.of("src/main/java/dev/holdfast/platform/health/Health.java"));
        assertThat(health).contains("@Startup", "@Liveness", "@Readiness");
        var paths = Map.of("startup", "/health/started", "liveness", "/health/live", "readiness", "/health/ready");
        paths.forEach((probe, path) -> {
            assertThat(container
                            .path(probe + "Probe")
                            .path("httpGet")
                            .path("path")
                            .asText())
                    .isEqualTo(path);
            assertThat(operated.path("probes")
                            .path(probe)
                            .path("httpGet")
                            .path("path")
                            .asText())
                    .isEqualTo(path);
        });
    }

    @Test
    void onlySettingsThatThereAreAreSet() throws IOException {
        var readme = Files.readString(Path.of("README.md"));
        var set = new ArrayList<String>();
        container.path("env").forEach(variable -> set.add(variable.path("name").asText()));
        operated.path("env").forEach(variable -> set.add(variable.path("name").asText()));
        read("secret.yaml").get(0).path("stringData").fieldNames().forEachRemaining(set::add);
        assertThat(set)
                .contains("HOLDFAST_DB_URL", "HOLDFAST_DB_USER", "HOLDFAST_DB_PASSWORD", "HOLDFAST_BOOTSTRAP_KEY")
                .allSatisfy(name -> assertThat(readme).contains("| " + name + " |"));
        assertThat(read("secret.yaml")
                        .get(0)
                        .path("stringData")
                        .path("HOLDFAST_BOOTSTRAP_KEY")
                        .asText())
                .matches("[\\x21-\\x7e]{32,200}");
        // A Service named holdfast would otherwise be told to the pods as HOLDFAST_PORT and more of the kind.
        assertThat(pod.path("enableServiceLinks").asBoolean(true)).isFalse();
        assertThat(operated.path("disableServiceLinks").asBoolean()).isTrue();
    }

    @Test
    void theDatabaseHasConnectionsForAllNodesOfARollout() throws IOException {
        var vital = Integer.parseInt(
                find("HOLDFAST_DB_VITAL_POOL_SIZE\" defaultValue=\"(\\d+)", "server-config/database.xml"));
        var pool = container.path("env").path(0);
        assertThat(pool.path("name").asText()).isEqualTo("HOLDFAST_DB_POOL_SIZE");
        int nodes = deployment.path("replicas").asInt()
                + deployment.at("/strategy/rollingUpdate/maxSurge").asInt();
        assertThat(nodes * (pool.path("value").asInt() + vital + 11)).isLessThan(100);
        assertThat(kind("PodDisruptionBudget").at("/spec/minAvailable").asInt())
                .isLessThan(deployment.path("replicas").asInt());
    }

    @Test
    void aPodIsGivenTheTimeThatItsStopTakes() throws IOException {
        var stop = Duration.ofSeconds(Long.parseLong(find("stopTimeout=\"(\\d+)s\"", "server-config/server.xml")));
        var before = Duration.ofSeconds(
                container.at("/lifecycle/preStop/exec/command/1").asLong());
        assertThat(before).isPositive();
        assertThat(Duration.ofSeconds(pod.path("terminationGracePeriodSeconds").asLong()))
                .isGreaterThanOrEqualTo(before.plus(stop).plusSeconds(20));
    }

    /** As the Dockerfile says in its head; and it takes no more rights than it has there. */
    @Test
    void itRunsAsTheImagesUserOnAReadOnlyRoot() throws IOException {
        var dockerfile = Files.readString(Path.of("Dockerfile"));
        var writable = Pattern.compile("--tmpfs (/\\S+?)[\\s.]")
                .matcher(dockerfile)
                .results()
                .map(found -> found.group(1));
        assertThat(container.path("volumeMounts").findValuesAsText("mountPath"))
                .containsExactlyInAnyOrderElementsOf(writable.toList());
        for (var context : List.of(container.path("securityContext"), operated.path("securityContext"))) {
            assertThat(context.path("readOnlyRootFilesystem").asBoolean()).isTrue();
            assertThat(context.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        }
        var user = find("USER (\\d+)", "Dockerfile");
        assertThat(pod.at("/securityContext/runAsUser").asText()).isEqualTo(user);
        assertThat(operated.at("/securityContext/runAsUser").asText()).isEqualTo(user);
        assertThat(container.at("/ports/0/containerPort").asText()).isEqualTo(find("EXPOSE (\\d+)", "Dockerfile"));
    }

    @Test
    void metricsStayInside() {
        var published = kind("Ingress").at("/spec/rules/0/http/paths").findValuesAsText("path");
        assertThat(published).containsExactlyInAnyOrder("/api/v1", "/console", "/openapi");
        assertThat(kind("NetworkPolicy").at("/spec/podSelector")).isEqualTo(deployment.path("selector"));
        assertThat(kind("NetworkPolicy").at("/spec/ingress/0/from")).isNotEmpty();
    }

    private JsonNode kind(String kind) {
        return plain.stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    private static List<JsonNode> read(String file) {
        try {
            return YAMLMapper.builder()
                    .build()
                    .readerFor(JsonNode.class)
                    .<JsonNode>readValues(SAMPLES.resolve(file).toFile())
                    .readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonElement gson(JsonNode json) {
        return JsonParser.parseString(json.toString());
    }

    private static String find(String pattern, String file) throws IOException {
        var found = Pattern.compile(pattern).matcher(Files.readString(Path.of(file)));
        assertThat(found.find()).as(pattern).isTrue();
        return found.group(1);
    }
}
