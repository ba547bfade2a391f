package dev.holdfast.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import java.util.HashSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A new operation that nothing can be made up for fails here, without a server. */
class InventorTest {
    static Stream<Operation> withBody() {
        return Contract.published().operations().stream().filter(Bodies::isTaken);
    }

    @ParameterizedTest
    @MethodSource("withBody")
    void I10_makesUpManyBodiesThatTheDocumentAllows(Operation operation) {
        var bodies = new HashSet<String>();
        var chance = new Chance(1);
        var inventor = new Inventor(chance, new Memory(chance));
        for (int i = 0; i < 50; i++) {
            bodies.add(inventor.body(operation, "runs", null).toString());
        }
        assertThat(bodies).hasSizeGreaterThan(operation.toString().contains("pause") ? 0 : 2);
    }
}
