package dev.holdfast.platform;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.regex.Pattern;

/**
 * A call that a claim's life hangs on, or that ends it: held back, it would make the living look dead. It counts for no
 * limit of requests, and has connections and threads that others cannot take.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Vital {
    /** The addresses of all such calls, for who sees no more of a request. */
    Pattern ADDRESSES =
            Pattern.compile("/api/v1/(heartbeats|completions|runs/[^/]+/(heartbeat|complete|fail|release|sleep))");
}
