package dev.holdfast.bench;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A producer and worker of its own connection and lane; all calls of a run's life, one by one and in batches. */
final class Calls implements AutoCloseable {
    private static final Pattern CLAIM =
            Pattern.compile("\\{\"run\":\\{\"id\":\"([^\"]+)\".*?\"fence\":(\\d+).*?\"runKey\":\"([^\"]+)\"");

    private static final Pattern ID = Pattern.compile("^\\{\"id\":\"([^\"]+)\"");

    /** The most that one claim gives. */
    private static final int MOST_CLAIMS = 100;

    private final HttpLine line;
    private final String key;
    private final String run;
    private final String claim;

    Calls(URI base, String key, String lane) throws IOException {
        line = new HttpLine(base);
        this.key = key;
        run = "{\"lane\":\"" + lane + "\",\"input\":{\"n\":1}}";
        claim = "{\"workerId\":\"" + lane + "\",\"lanes\":[\"" + lane + "\"],\"max\":";
    }

    /** What its owner needs to go on with it. */
    record Claim(String run, String fence, String runKey) {}

    void submit() throws IOException {
        line.post("/runs", key, run);
    }

    /** @return the id of the run that is submitted */
    String submitted() throws IOException {
        var id = ID.matcher(line.post("/runs", key, run));
        if (!id.find()) {
            throw new IOException("a submit was answered without an id");
        }
        return id.group(1);
    }

    void submit(int runs) throws IOException {
        line.post("/runs/batch", key, "{\"runs\":[" + String.join(",", Collections.nCopies(runs, run)) + "]}");
    }

    List<Claim> claim(int runs) throws IOException {
        var claims = new ArrayList<Claim>();
        int before;
        do {
            before = claims.size();
            var most = Math.min(MOST_CLAIMS, runs - before);
            var found = CLAIM.matcher(line.post("/claims", key, claim + most + "}"));
            while (found.find()) {
                claims.add(new Claim(found.group(1), found.group(2), found.group(3)));
            }
        } while (claims.size() < runs && claims.size() > before);
        return claims;
    }

    void beat(Claim claim) throws IOException {
        line.post("/runs/" + claim.run() + "/heartbeat", claim.runKey(), "{\"fence\":" + claim.fence() + "}");
    }

    void beat(List<Claim> claims) throws IOException {
        line.post("/heartbeats", key, "{\"beats\":[" + all(claims, "") + "]}");
    }

    void complete(Claim claim) throws IOException {
        line.post(
                "/runs/" + claim.run() + "/complete",
                claim.runKey(),
                "{\"fence\":" + claim.fence() + ",\"result\":{\"n\":1}}");
    }

    void complete(List<Claim> claims) throws IOException {
        line.post("/completions", key, "{\"items\":[" + all(claims, ",\"result\":{\"n\":1}") + "]}");
    }

    private static String all(List<Claim> claims, String more) {
        return claims.stream()
                .map(claim -> "{\"runId\":\"" + claim.run() + "\",\"fence\":" + claim.fence() + more + "}")
                .collect(Collectors.joining(","));
    }

    @Override
    public void close() throws IOException {
        line.close();
    }
}
