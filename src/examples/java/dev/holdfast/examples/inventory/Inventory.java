package dev.holdfast.examples.inventory;

import dev.holdfast.client.Run;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * All that an execution found out.
 *
 * @param jars in order of path
 * @param workers how many of them each worker completed
 * @param failed the runs that failed
 * @param unfinished the runs that a worker still holds, or nobody yet
 */
record Inventory(
        String execution,
        int submitted,
        List<JarFacts> jars,
        Map<String, Long> workers,
        List<Run> failed,
        List<Run> unfinished) {
    static final String UNKNOWN = "unknown";

    Inventory {
        jars = jars.stream().sorted(Comparator.comparing(JarFacts::path)).toList();
    }

    long bytes() {
        return jars.stream().mapToLong(JarFacts::size).sum();
    }

    long classes() {
        return jars.stream().mapToLong(JarFacts::classes).sum();
    }

    /** JARs by licence, the most frequent first. */
    Map<String, Long> licences() {
        return byFrequency(jars.stream()
                .collect(Collectors.groupingBy(
                        jar -> jar.licence() == null ? UNKNOWN : jar.licence(), TreeMap::new, Collectors.counting())));
    }

    /** JARs by class file version, the oldest first; those without class files are left out. */
    Map<Integer, Long> classFileVersions() {
        return jars.stream()
                .filter(jar -> jar.classFileVersion() != null)
                .collect(Collectors.groupingBy(JarFacts::classFileVersion, TreeMap::new, Collectors.counting()));
    }

    List<JarFacts> largest(int count) {
        return jars.stream()
                .sorted(Comparator.comparingLong(JarFacts::size).reversed())
                .limit(count)
                .toList();
    }

    /** JARs with the same content in several places, the costliest first. */
    List<List<JarFacts>> duplicates() {
        return jars.stream().collect(Collectors.groupingBy(JarFacts::sha256)).values().stream()
                .filter(same -> same.size() > 1)
                .sorted(Comparator.comparingLong(Inventory::wasted).reversed())
                .toList();
    }

    /** Bytes that one copy alone would save. */
    static long wasted(List<JarFacts> same) {
        return (same.size() - 1) * same.get(0).size();
    }

    private static <K> Map<K, Long> byFrequency(Map<K, Long> counts) {
        Map<K, Long> ordered = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<K, Long>comparingByValue().reversed())
                .forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
        return ordered;
    }

    /** The Java that such class files need at least. */
    static String javaOf(int classFileVersion) {
        int feature = classFileVersion - 44;
        return feature < 5 ? "Java 1." + feature : "Java " + feature;
    }
}
