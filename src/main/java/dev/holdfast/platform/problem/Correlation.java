package dev.holdfast.platform.problem;

import com.github.f4b6a3.uuid.UuidCreator;
import jakarta.servlet.http.HttpServletRequest;
import java.util.regex.Pattern;

/** The id that ties a call's reply, log lines and events together: the caller's {@code X-Correlation-Id} if sane. */
public final class Correlation {
    public static final String HEADER = "X-Correlation-Id";

    private static final Pattern SANE = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    private static final Pattern TRACEPARENT =
            Pattern.compile("(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?");
    private static final String ATTRIBUTE = Correlation.class.getName();

    private Correlation() {}

    /** The call's id: its header, else the trace id of its {@code traceparent}, else a new one; the same all the call. */
    public static String id(HttpServletRequest request) {
        var known = (String) request.getAttribute(ATTRIBUTE);
        if (known == null) {
            known = chosen(request);
            request.setAttribute(ATTRIBUTE, known);
        }
        return known;
    }

    private static String chosen(HttpServletRequest request) {
        var given = request.getHeader(HEADER);
        if (given != null && SANE.matcher(given).matches()) {
            return given;
        }
        var trace = request.getHeader("traceparent");
        if (trace != null) {
            var matcher = TRACEPARENT.matcher(trace);
            if (matcher.matches()) {
                return matcher.group(1);
            }
        }
        return UuidCreator.getTimeOrderedEpoch().toString();
    }
}
