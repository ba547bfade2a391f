#!/usr/bin/env bash
# A Holdfast worker in bash 5 and curl: HOLDFAST_URL, HOLDFAST_KEY or HOLDFAST_KEY_FILE, HOLDFAST_LANE. Replace work().
set -um
API=${HOLDFAST_URL:-http://localhost:9080}/api/v1 LANE=${HOLDFAST_LANE:-texts} ME=shell-$HOSTNAME-$$ STOP='' TMP=$(mktemp -d)
KEY=${HOLDFAST_KEY:-$(cat "${HOLDFAST_KEY_FILE:-.holdfast/bootstrap.key}")} || exit 2
trap 'STOP=1' TERM INT
trap 'rm -rf "$TMP"' EXIT

work() { # the claim on standard input, the result on standard output; any exit code but 0 means that it failed
    read -r -d '' claim
    [[ $claim =~ \"seconds\":([0-9.]+) ]] && sleep "${BASH_REMATCH[1]}"
    [[ $claim =~ \"text\":\"([^\"]*)\" ]] && echo "{\"sha256\": \"$(printf %s "${BASH_REMATCH[1]}" | sha256sum | cut -c -64)\"}"
}

call() { # PATH KEY BODY, the reply in $TMP/reply; false if refused. Key and body go by pipes: a command line can be read by others
    status=$(trap '' TERM INT; curl -s -o "$TMP/reply" -w '%{http_code}' --retry 8 --retry-all-errors -m 60 "$API$1" \
        -H @<(echo "Authorization: Bearer $2") -H 'Content-Type: application/json' --data-binary @- <<< "$3")
    [[ $status == 2?? ]] || { echo "$1 answered $status" >&2; false; }
}

drop() { { kill -- "$1" && wait "${1#-}"; } 2> /dev/null; } # a process, or with - before it all that it has started

hold() { # works on the claim in $CLAIM, beats meanwhile, and tells how it ended; the worker's own key, as the run's dies with the claim
    (work <<< "$CLAIM" > "$TMP/result" && mv "$TMP/result" "$TMP/ok") & local work=$!
    while kill -0 $work 2> /dev/null; do
        call "$RUN/heartbeat" "$RUN_KEY" "{\"fence\": $FENCE}" && grep -q '"continue":true' "$TMP/reply" || { drop -$work; return; }
        [[ $STOP ]] || { sleep "$EVERY" > /dev/null 2>&1 & wait -n $work $!; drop $!; }
        [[ $STOP ]] && { drop -$work; call "$RUN/release" "$KEY" "{\"fence\": $FENCE}"; return; }
    done
    if [[ -f $TMP/ok ]]; then call "$RUN/complete" "$KEY" "{\"fence\": $FENCE, \"result\": $(< "$TMP/ok")}"
    else call "$RUN/fail" "$KEY" "{\"fence\": $FENCE, \"failure\": {\"code\": \"work_failed\", \"message\": \"The work failed\"}}"; fi
}

while [[ ! $STOP ]]; do
    call /claims "$KEY" "{\"workerId\": \"$ME\", \"lanes\": [\"$LANE\"], \"wait\": \"PT10S\"}" && CLAIM=$(< "$TMP/reply")
    [[ $status == 200 && $CLAIM =~ \"run\":\{\"id\":\"([^\"]+)\" ]] || { [[ $STOP ]] || sleep 0.5; continue; }
    RUN=/runs/${BASH_REMATCH[1]} EVERY=30 && rm -f "$TMP/ok" && echo "claimed $RUN"
    [[ $CLAIM =~ \"fence\":([0-9]+),\"attempt\":[0-9]+,\"runKey\":\"([^\"]+)\" ]] && FENCE=${BASH_REMATCH[1]} RUN_KEY=${BASH_REMATCH[2]}
    [[ $CLAIM =~ \"heartbeatEvery\":\"PT([0-9.]+)S\" ]] && EVERY=${BASH_REMATCH[1]} # a minute and more: twice a minute does
    hold
done
exit 0
