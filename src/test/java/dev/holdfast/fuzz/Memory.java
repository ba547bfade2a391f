package dev.holdfast.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Claimed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the replies of a walk have told: ids by the kind of thing, cursors, claims. Old ones go, some stale ones stay. */
final class Memory {
    private static final int KEPT = 40;

    private final Map<String, List<String>> texts = new HashMap<>();
    private final List<Claimed> claims = new ArrayList<>();
    private final Chance chance;

    Memory(Chance chance) {
        this.chance = chance;
    }

    /** @param collection the part of the address that the reply is about: {@code runs, keys, …} */
    void learn(String collection, JsonNode reply) {
        if (reply.has("runKey")) {
            keep(claims, Claimed.of(reply));
        }
        reply.properties().forEach(member -> {
            var kind = kindOf(collection, member.getKey());
            if (member.getValue().isTextual() || kind.equals("version")) {
                keep(
                        texts.computeIfAbsent(kind, unknown -> new ArrayList<>()),
                        member.getValue().asText());
            } else {
                learn(aboutWhat(collection, member.getKey()), member.getValue());
            }
        });
        if (reply.isArray()) {
            reply.forEach(element -> learn(collection, element));
        }
    }

    /** An id of such a thing, if there was one. */
    Optional<String> idOf(String collection) {
        return recall(collection);
    }

    /** What a member or parameter of this name, of this thing, was in some reply. */
    Optional<String> valueOf(String collection, String name) {
        return recall(name.equals("cursor") ? "nextCursor" : kindOf(collection, name));
    }

    Optional<Claimed> claim() {
        return claims.isEmpty() ? Optional.empty() : Optional.of(chance.of(claims));
    }

    private Optional<String> recall(String kind) {
        var known = texts.get(kind);
        return known == null ? Optional.empty() : Optional.of(chance.of(known));
    }

    private <T> void keep(List<T> kept, T told) {
        if (kept.size() < KEPT) {
            kept.add(told);
        } else {
            kept.set(chance.below(KEPT), told);
        }
    }

    private static String aboutWhat(String collection, String member) {
        return switch (member) {
            case "run" -> "runs";
            case "actor", "input", "metadata", "result", "data" -> "payload";
            default -> collection;
        };
    }

    /** {@code runId} is to a run what {@code id} is in a reply about runs. */
    private static String kindOf(String collection, String member) {
        if (member.equals("id") || member.equals("ids")) {
            return collection;
        }
        if (member.endsWith("unId")) {
            return "runs";
        }
        return member.endsWith("Id") && !member.equals("workerId") ? member.replaceFirst("Id$", "s") : member;
    }
}
