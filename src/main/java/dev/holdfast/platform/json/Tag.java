package dev.holdfast.platform.json;

import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Versions as strong entity tags. */
public final class Tag {
    private static final Pattern STRONG = Pattern.compile("\"(\\d{1,18})\"");

    /** Of a tag that no version has: it matches nothing. */
    private static final long NONE = -1;

    private Tag() {}

    public static EntityTag of(long version) {
        return new EntityTag(Long.toString(version));
    }

    /** The version that If-Match names; null if it is absent or {@code *}. A tag of no version matches none. */
    public static Long version(String ifMatch) {
        if (ifMatch == null || ifMatch.trim().equals("*")) {
            return null;
        }
        var matcher = STRONG.matcher(ifMatch.trim());
        return matcher.matches() ? Long.valueOf(matcher.group(1)) : Long.valueOf(NONE);
    }

    /** What is read, with its tag; no more than the tag if the reader has this version already. */
    public static Response reply(Object read, long version, String ifNoneMatch) {
        return isAmong(version, ifNoneMatch)
                ? Response.notModified(of(version)).build()
                : Response.ok(read).tag(of(version)).build();
    }

    /** Compared as RFC 9110 has it for reading: any of a list, and weak tags, which a proxy may have made of ours. */
    private static boolean isAmong(long version, String ifNoneMatch) {
        return ifNoneMatch != null
                && Arrays.stream(ifNoneMatch.split(","))
                        .map(String::trim)
                        .anyMatch(tag -> tag.equals("*")
                                || tag.replaceFirst("^W/", "").equals('"' + Long.toString(version) + '"'));
    }
}
