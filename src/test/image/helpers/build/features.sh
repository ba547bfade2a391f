#!/bin/bash
# Open Liberty's own image downloads the features that /config asks for. This one has all there are, and looks that none of
# those is missing.
set -euo pipefail
asked=$(grep -ohE '<feature>[^<]+' /config/*.xml | sed 's/<feature>//' | sort -u)
[ -n "$asked" ]
for feature in $asked; do
    grep -qrE "IBM-ShortName: $feature[[:space:]]*$" /opt/ol/wlp/lib/features || {
        echo "no feature $feature in this runtime" >&2
        exit 1
    }
done
