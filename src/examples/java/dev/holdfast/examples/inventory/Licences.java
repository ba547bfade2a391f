package dev.holdfast.examples.inventory;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Recognises a licence by its name, its address or the beginning of its text. */
final class Licences {
    private record Mark(String spdx, Pattern words) {
        Mark(String spdx, String words) {
            this(spdx, Pattern.compile(words, Pattern.CASE_INSENSITIVE | Pattern.DOTALL));
        }
    }

    /** The narrower ones first: the LGPL's text speaks of the GPL, the EPL 2.0 of it too. */
    private static final List<Mark> MARKS = List.of(
            new Mark(
                    "EPL-2.0",
                    "eclipse public licen[sc]e\\W+(- )?v(ersion)?\\.?\\W*2|epl-(v)?2\\.0|epl-2\\.0|epl 2\\.0"),
            new Mark("EPL-1.0", "eclipse public licen[sc]e\\W+(- )?v(ersion)?\\.?\\W*1|epl-v10|epl-1\\.0|epl 1\\.0"),
            new Mark("EDL-1.0", "eclipse distribution licen[sc]e|edl-v10|edl 1\\.0"),
            new Mark(
                    "Apache-2.0",
                    "apache(\\s+software)?\\s+licen[sc]e,?\\s*(version\\s*)?v?\\.?\\s*2|apache-2|apache 2(\\.0)?|apache license.{0,80}version 2\\.0|licenses/license-2\\.0|asl 2"),
            new Mark("Apache-1.1", "apache (software )?licen[sc]e,? (version )?1\\.1"),
            new Mark("CDDL-1.1", "cddl.{0,12}1\\.1|common development and distribution licen[sc]e.{0,30}1\\.1"),
            new Mark("CDDL-1.0", "cddl|common development and distribution"),
            new Mark("MPL-2.0", "mozilla public licen[sc]e,?\\s*(version )?2|mpl[- ]2"),
            new Mark("MPL-1.1", "mozilla public licen[sc]e,?\\s*(version )?1\\.1|mpl[- ]1\\.1"),
            new Mark("LGPL-3.0", "lesser general public licen[sc]e.{0,20}(version )?v?3|lgpl.{0,12}3"),
            new Mark("LGPL-2.1", "lesser general public licen[sc]e|lgpl"),
            new Mark("GPL-2.0-with-classpath-exception", "classpath.exception|gpl2 w/ cpe"),
            new Mark("GPL-3.0", "gnu general public licen[sc]e.{0,20}(version )?v?3|gpl.{0,6}3"),
            new Mark("GPL-2.0", "gnu general public licen[sc]e|gpl.{0,6}2"),
            new Mark("BSD-3-Clause", "bsd[- ]3|3-clause bsd|new bsd|revised bsd|modified bsd"),
            new Mark("BSD-3-Clause", "redistribution and use in source and binary forms.*(neither the|the) names? of"),
            new Mark("BSD-2-Clause", "bsd[- ]2|2-clause bsd|two.clause bsd|simplified bsd"),
            new Mark("BSD-2-Clause", "redistribution and use in source and binary forms"),
            new Mark("BSD", "\\bbsd\\b"),
            new Mark("MIT-0", "mit-0|mit no attribution"),
            new Mark("MIT", "\\bmit\\b|permission is hereby granted, free of charge"),
            new Mark("ISC", "\\bisc\\b"),
            new Mark("CC0-1.0", "cc0|creative commons zero"),
            new Mark("Public-Domain", "public domain"),
            new Mark("UPL-1.0", "universal permissive"),
            new Mark("Bouncy-Castle", "bouncy castle"));

    /** A licence's text says in its beginning which one it is; further on it may quote others. */
    private static final int BEGINNING = 1500;

    private Licences() {}

    /** The identifier of the licence that this text names or begins with. */
    static Optional<String> recognised(String text) {
        String beginning = text.substring(0, Math.min(text.length(), BEGINNING)).replaceAll("\\s+", " ");
        return MARKS.stream()
                .filter(mark -> mark.words().matcher(beginning).find())
                .map(Mark::spdx)
                .findFirst();
    }
}
