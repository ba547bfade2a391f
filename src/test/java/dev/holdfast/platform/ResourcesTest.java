package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The resources' methods and the contract's operations are the same, method by method, with the same scopes. */
class ResourcesTest {
    private static final String ROOT =
            RestApi.class.getAnnotation(ApplicationPath.class).value();

    /** @param vital whether no limit of requests holds it back */
    private record Served(String method, String path, Set<String> scopes, boolean vital) {}

    @Test
    void I9_everyMethodOfAResourceIsAnOperationAndTheReverse() {
        var operations = Contract.published().operations().stream()
                .map(operation -> new Served(
                        operation.method(), operation.path(), Set.copyOf(operation.scopes()), !isLimited(operation)));

        // a page and a stream of the same are one operation
        assertThat(methods().map(ResourcesTest::served).distinct())
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(operations.toList());
    }

    @Test
    void whatIsVitalIsToldByItsAddressToo() {
        var vital = methods()
                .map(ResourcesTest::served)
                .filter(served -> Vital.ADDRESSES.matcher(served.path()).matches())
                .toList();

        assertThat(vital)
                .hasSize(7)
                .containsExactlyInAnyOrderElementsOf(methods()
                        .map(ResourcesTest::served)
                        .filter(Served::vital)
                        .toList());
    }

    private static Stream<Method> methods() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.holdfast").stream()
                        .filter(type -> type.isAnnotatedWith(Path.class))
                        .filter(type -> !type.getPackageName().startsWith("dev.holdfast.client"))
                        .map(JavaClass::reflect)
                        .flatMap(type -> Arrays.stream(type.getMethods()))
                        .filter(method -> httpMethod(method).isPresent());
    }

    private static Served served(Method method) {
        var type = method.getDeclaringClass();
        var path = Stream.of(ROOT, path(type.getAnnotation(Path.class)), path(method.getAnnotation(Path.class)))
                .map(part -> part.replaceAll("^/|/$", ""))
                .filter(part -> !part.isEmpty())
                .reduce("", (before, part) -> before + "/" + part);
        var roles = Optional.ofNullable(method.getAnnotation(RolesAllowed.class))
                .or(() -> Optional.ofNullable(type.getAnnotation(RolesAllowed.class)));
        return new Served(
                httpMethod(method).orElseThrow(),
                path,
                roles.map(RolesAllowed::value).map(Set::of).orElse(Set.of()),
                method.isAnnotationPresent(Vital.class));
    }

    private static boolean isLimited(Operation operation) {
        var api = Contract.published().api();
        return api.step(api.operation(operation), "responses", "429").exists();
    }

    private static Optional<String> httpMethod(Method method) {
        return Arrays.stream(method.getAnnotations())
                .map(Annotation::annotationType)
                .map(type -> type.getAnnotation(HttpMethod.class))
                .filter(http -> http != null)
                .map(HttpMethod::value)
                .findFirst();
    }

    private static String path(Path path) {
        return path == null ? "" : path.value();
    }
}
