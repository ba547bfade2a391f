package dev.holdfast.webhook;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.apache.hc.core5.http.ClassicHttpResponse;

/** When a receiver wants to be asked again: in so many seconds or, by its own clock, at a time. */
final class RetryAfter {
    private RetryAfter() {}

    /** Null if it does not say, or in words that mean nothing. */
    static Duration of(ClassicHttpResponse answer) {
        var header = answer.getFirstHeader("Retry-After");
        var date = answer.getFirstHeader("Date");
        return header == null ? null : of(header.getValue().strip(), date == null ? null : date.getValue());
    }

    static Duration of(String value, String date) {
        if (value.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            var wait = date == null ? null : Duration.between(time(date), time(value));
            return wait == null || wait.isNegative() ? null : wait;
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static ZonedDateTime time(String text) {
        return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
    }
}
