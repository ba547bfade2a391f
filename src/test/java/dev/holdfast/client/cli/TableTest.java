package dev.holdfast.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

class TableTest {
    @Test
    void columnsStandBelowTheirNames() throws Exception {
        assertThat(printed(Ansi.OFF)).isEqualTo("""
                ID  STATE   WORKER ID  CODE
                1   queued  -          -
                22  failed  w?[31m     torn
                """);
    }

    @Test
    void aColourIsThereOnlyWhereItIsWanted() throws Exception {
        assertThat(printed(Ansi.ON)).contains("\u001b[31m22  failed").doesNotContain("w\u001b");
        assertThat(new Cli(Map.of("NO_COLOR", "")).ansi()).isEqualTo(Ansi.OFF);
    }

    private static String printed(Ansi ansi) throws Exception {
        Table table = new Table("id", "state", "workerId", "failure.code")
                .add(Cli.JSON.readTree("{\"id\": 1, \"state\": \"queued\"}"))
                .add(
                        Cli.JSON.readTree(
                                "{\"id\": 22, \"state\": \"failed\", \"workerId\": \"w\\u001b[31m\", \"failure\": {\"code\": \"torn\"}}"));
        StringWriter out = new StringWriter();
        table.print(new PrintWriter(out), ansi);
        return out.toString().replace(System.lineSeparator(), "\n");
    }
}
