package dev.holdfast.examples.inventory;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/**
 * What there is to know about one JAR: the result of a run.
 *
 * @param path relative to the repository, with slashes
 * @param size bytes
 * @param manifest the main attributes worth knowing, by name
 * @param packages of its class files, sorted
 * @param classes number of class files, versioned ones included
 * @param classFileVersion highest major version of a class file that every Java loads; null without class files
 * @param licence an SPDX identifier where one was recognised, else the publisher's own words; null if nothing was said
 * @param licenceSource where it was found; null if nowhere
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record JarFacts(
        String path,
        long size,
        String sha256,
        int entries,
        Map<String, String> manifest,
        boolean multiRelease,
        List<String> packages,
        int classes,
        Integer classFileVersion,
        String licence,
        String licenceSource) {}
