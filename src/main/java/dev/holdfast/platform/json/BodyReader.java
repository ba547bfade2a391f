package dev.holdfast.platform.json;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.problem.Problem;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.NotSupportedException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/**
 * Reads a {@link Body}, counting: Liberty's own limit answers a chunked oversize body with a 500.
 *
 * <p>Of any type, since a request without body has none; a method that takes such a request consumes anything, and what
 * is in a body of another type is refused here.
 */
@Provider
@Consumes(MediaType.WILDCARD)
public class BodyReader implements MessageBodyReader<Body> {
    @Inject
    Settings settings;

    @Override
    public boolean isReadable(Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
        return type == Body.class;
    }

    @Override
    public Body readFrom(
            Class<Body> type,
            Type generic,
            Annotation[] annotations,
            MediaType media,
            MultivaluedMap<String, String> headers,
            InputStream in) {
        int limit = settings.maxBodyBytes();
        if (announced(headers) > limit) {
            throw tooLarge(limit);
        }
        var bytes = read(in, limit + 1);
        if (bytes.length > limit) {
            throw tooLarge(limit);
        }
        if (bytes.length == 0) {
            return Body.EMPTY;
        }
        if (!MediaType.APPLICATION_JSON_TYPE.isCompatible(media)) {
            throw new NotSupportedException();
        }
        return new Body(Json.parse(bytes));
    }

    private static byte[] read(InputStream in, int most) {
        try {
            return in.readNBytes(most);
        } catch (IOException e) { // a broken chunk, a broken gzip stream, or nobody there any more
            throw new MalformedJson("it did not arrive whole");
        }
    }

    private static long announced(MultivaluedMap<String, String> headers) {
        var length = headers.getFirst(HttpHeaders.CONTENT_LENGTH);
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static Problem tooLarge(int limit) {
        return new Problem(413, "payload_too_large", "The body is larger than the " + limit + " bytes allowed.")
                .with("limit", limit);
    }
}
