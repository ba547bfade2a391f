package dev.holdfast.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Who waits for work of which lanes, and whom to let ask next. Where something may be, one asks after the other, the longest
 * waiting first, until one finds nothing: what that one has seen nothing of, the others need not look for. One who waits for
 * several lanes asks all of them, and speaks for each.
 *
 * @param <W> who waits
 */
final class WaitingRoom<W> {
    /** So many ask at once: few claimers serve a database better than many. */
    private static final int MOST_ASKING = 8;

    private final Map<Place, Line> lines = new HashMap<>();
    private final Set<Line> stirred = new LinkedHashSet<>();
    private long arrivals;
    private int asking;

    /** A lane of a tenant. */
    record Place(UUID tenant, String lane) {}

    /** Where one waits, from the arrival until it is gone. */
    final class Ticket {
        private final W holder;
        private final List<Line> lines;
        private final long number = arrivals++;
        private boolean seated;

        private Ticket(W holder, List<Line> lines) {
            this.holder = holder;
            this.lines = lines;
        }
    }

    /** Somebody's turn to ask. */
    final class Turn {
        private final Ticket ticket;
        private final List<Line> spokenFor;

        private Turn(Ticket ticket, List<Line> spokenFor) {
            this.ticket = ticket;
            this.spokenFor = spokenFor;
        }

        W holder() {
            return ticket.holder;
        }

        Ticket ticket() {
            return ticket;
        }
    }

    private final class Line {
        private final Place place;
        private final NavigableMap<Long, Ticket> seated = new TreeMap<>();
        private int members;
        private boolean asked; // now
        private boolean known;
        private boolean limited = true; // until it is known not to be

        private Line(Place place) {
            this.place = place;
        }

        private boolean isQuiet() {
            return !seated.isEmpty() && !asked && !stirred.contains(this);
        }
    }

    /** From here on nothing that stirs is missed. Who arrives has yet to ask on its own account, and then to sit down. */
    synchronized Ticket arrive(W holder, List<Place> places) {
        var ticket = new Ticket(
                holder,
                places.stream()
                        .map(place -> lines.computeIfAbsent(place, Line::new))
                        .toList());
        ticket.lines.forEach(line -> line.members++);
        return ticket;
    }

    /** Whether others wait in each of its lanes, who have found nothing there, and nothing has stirred since. */
    synchronized boolean isQuiet(Ticket ticket) {
        return ticket.lines.stream().allMatch(Line::isQuiet);
    }

    synchronized void sit(Ticket ticket) {
        ticket.seated = true;
        ticket.lines.forEach(line -> line.seated.put(ticket.number, ticket));
    }

    /** Leaves its seat for good. @return false if it has none: it is asking, or has left */
    synchronized boolean rise(Ticket ticket) {
        boolean seated = ticket.seated;
        if (seated) {
            leave(ticket);
        }
        return seated;
    }

    /** Ends the wait of one who is asking. */
    synchronized void leave(Ticket ticket) {
        ticket.seated = false;
        for (var line : ticket.lines) {
            line.seated.remove(ticket.number);
            line.members--;
            if (line.members == 0) {
                lines.remove(line.place);
                stirred.remove(line);
            }
        }
    }

    /** Something may be there. @return whether anybody waits for it */
    synchronized boolean stir(Place place) {
        var line = lines.get(place);
        if (line != null) {
            stirred.add(line);
        }
        return line != null;
    }

    /** A run is no longer in flight there: of use to a lane that is limited. */
    synchronized void stirIfLimited(Place place) {
        var line = lines.get(place);
        if (line != null && line.limited) {
            stirred.add(line);
        }
    }

    synchronized void know(Place place, boolean limited) {
        var line = lines.get(place);
        if (line != null) {
            line.limited = limited;
        }
    }

    /** The lanes of this ticket that nobody has asked for before since somebody waits there. */
    synchronized List<Place> unknown(Ticket ticket) {
        var unknown = ticket.lines.stream().filter(line -> !line.known).toList();
        unknown.forEach(line -> line.known = true);
        return unknown.stream().map(line -> line.place).toList();
    }

    /** All lanes that somebody waits for. */
    synchronized List<Place> places() {
        return List.copyOf(lines.keySet());
    }

    /** The next turn, if one is due and not too many are under way. Whose turn it is, is not seated meanwhile. */
    synchronized Optional<Turn> next() {
        if (asking == MOST_ASKING) {
            return Optional.empty();
        }
        var next = stirred.stream()
                .filter(line -> !line.asked && !line.seated.isEmpty())
                .findFirst()
                .map(line -> line.seated.firstEntry().getValue());
        return next.map(this::turn);
    }

    /** @param more whether somebody else is to ask too, where this one spoke for others */
    synchronized void end(Turn turn, boolean more) {
        asking--;
        turn.spokenFor.forEach(line -> line.asked = false);
        if (more) {
            turn.spokenFor.stream().filter(line -> line.members > 0).forEach(stirred::add);
        }
    }

    private Turn turn(Ticket ticket) {
        asking++;
        ticket.seated = false;
        ticket.lines.forEach(line -> line.seated.remove(ticket.number));
        var spokenFor = new ArrayList<Line>(ticket.lines);
        spokenFor.removeIf(line -> line.asked || !stirred.contains(line));
        spokenFor.forEach(line -> line.asked = true);
        spokenFor.forEach(stirred::remove);
        return new Turn(ticket, spokenFor);
    }
}
