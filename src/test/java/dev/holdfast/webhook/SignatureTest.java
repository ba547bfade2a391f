package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is signed is what Standard Webhooks, and the page for receivers, check. */
class SignatureTest {
    private static final String SHOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final Secret SECRET = new Secret(Base64.getDecoder().decode(SHOWN.substring(6)));
    private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private static final long SECONDS = 1614265330;
    private static final String BODY = "{\"test\": 2432232314}";

    /** Whatever the language, {@code verify} is called with what came, and once with another body. */
    private static final Map<String, String> CALLS = Map.of(
            "py",
                    "\nimport sys\na = sys.argv[1:]\nok = verify(*a[:4], a[4].encode()) and not verify(*a[:4], b'x')\nsys.exit(0 if ok else 1)\n",
            "cjs",
                    "\nconst a = process.argv.slice(2);\nprocess.exit(verify(...a) && !verify(...a.slice(0, 4), 'x') ? 0 : 1);\n",
            "sh", "\nverify \"$@\" && ! verify \"$1\" \"$2\" \"$3\" \"$4\" x\n",
            "java",
                    "\npublic static void main(String[] a) throws Exception {\n"
                            + "System.exit(verify(a[0], a[1], a[2], a[3], a[4]) && !verify(a[0], a[1], a[2], a[3], \"x\") ? 0 : 1); }\n}\n");

    @Test
    void theExampleOfStandardWebhooksIsSignedAsItSays() {
        assertThat(Secret.sign(List.of(SECRET), ID, SECONDS, BODY))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assertThat(SECRET.shown()).isEqualTo(SHOWN);
        assertThat(SECRET).hasToString("a secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"python py python3", "js cjs node", "sh sh sh", "java java java"})
    void thePagesWordsCheckIt(String language, @TempDir Path directory) throws Exception {
        var words = language.split(" ");
        var program = words[2].equals("java")
                ? Path.of(System.getProperty("java.home"), "bin", "java").toString()
                : words[2];
        assumeTrue(isThere(program), program + " is not there");
        var file = directory.resolve("verify." + words[1]);
        var before = words[1].equals("java") ? "class Verify {\n" : "";
        Files.writeString(file, before + snippet(words[0]) + CALLS.get(words[1]));
        var signatures = Secret.sign(List.of(Secret.make(), SECRET), ID, SECONDS, BODY);

        assertThat(run(program, file.toString(), SHOWN, ID, Long.toString(SECONDS), signatures, BODY))
                .isZero();
        var others = Secret.sign(List.of(Secret.make()), ID, SECONDS, BODY);
        assertThat(run(program, file.toString(), SHOWN, ID, Long.toString(SECONDS), others, BODY))
                .isEqualTo(1);
    }

    private static String snippet(String language) throws IOException {
        var page = Files.readString(Path.of("src/site/markdown/webhooks.md"));
        var block = Pattern.compile("(?s)```" + language + "\n(.*? verify in .*?)```")
                .matcher(page);
        assertThat(block.find()).as("a snippet in " + language).isTrue();
        assertThat(block.group(1).lines().count()).isLessThan(10);
        return block.group(1);
    }

    private static boolean isThere(String program) {
        try {
            return run(program, program.equals("sh") ? "-c" : "--version", "true") == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
