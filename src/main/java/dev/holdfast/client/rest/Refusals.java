package dev.holdfast.client.rest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Problem;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.rest.client.ext.ResponseExceptionMapper;

/** Makes a {@link Problem} of each refusal. */
public final class Refusals implements ResponseExceptionMapper<Problem> {
    private static final int FIRST_REFUSAL = 400;

    @Override
    public boolean handles(int status, MultivaluedMap<String, Object> headers) {
        return status >= FIRST_REFUSAL;
    }

    @Override
    public Problem toThrowable(Response response) {
        Duration retryAfter = Optional.ofNullable(response.getHeaderString("Retry-After"))
                .filter(seconds -> seconds.matches("\\d{1,6}"))
                .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
                .orElse(null);
        return new Problem(response.getStatus(), body(response), retryAfter);
    }

    private static JsonNode body(Response response) {
        try {
            return HoldfastClient.jsonMapper().readTree(response.readEntity(String.class));
        } catch (IOException | RuntimeException e) {
            return null; // a proxy's page, say
        }
    }
}
