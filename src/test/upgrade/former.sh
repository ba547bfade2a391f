#!/usr/bin/env bash
# Builds the Holdfast to upgrade from, in a directory of its own: former.sh DIRECTORY [COMMIT]
# COMMIT: of the former release; while there is none, the one before the newest migration came.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
directory=$1
commit=${2:-}
if [ -z "$commit" ]; then
    newest=$(ls src/main/resources/db/migration/V*.sql | sort | tail -1)
    commit=$(git log --diff-filter=A --format=%H -1 -- "$newest")^
fi
commit=$(git rev-parse --verify "$commit^{commit}")
[ "$(cat "$directory/built" 2> /dev/null)" != "$commit" ] || exit 0
echo "Building the former Holdfast of $(git log -1 --format='%h %s' "$commit")"
rm -rf "$directory"
mkdir -p "$directory"
git archive "$commit" | tar -x -C "$directory"
mvn -q -B -ntp -f "$directory/pom.xml" -DskipTests -Dspotless.check.skip pre-integration-test
echo "$commit" > "$directory/built"
