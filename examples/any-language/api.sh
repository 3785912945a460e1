#!/bin/sh
# Makes a batch over the HTTP API: sends its manifest and its image, follows it, and fetches what became of it.
# It needs curl 7.76 or later, and no access to the store or to Temporal.
set -eu

API=${API:-http://127.0.0.1:8480}
TOKEN=${TOKEN:-} # one of the API's, where it has any
ID=${ID:-any-language-$(date -u +%Y%m%d-%H%M%S)}
OUT=${OUT:-.}
HERE=$(dirname "$0")
MANIFEST=${MANIFEST:-$HERE/manifest.yaml}
BOTTLE=${BOTTLE:-$HERE/../catalogue/refs/bottle-amber.png}

# On the command line everybody on this machine could read the token.
ask() {
  printf '%s' "${TOKEN:+header = \"authorization: Bearer $TOKEN\"}" | curl -K - -sS --fail-with-body "$@"
}

# A reference is a part of the form whose name is what the manifest calls it.
ask "$API/v1/validate" -F "manifest=@$MANIFEST" -F "refs/bottle.png=@$BOTTLE"
echo
# Sent again with the same id and content, it attaches to the batch that is there.
ask "$API/v1/batches?batchId=$ID" -F "manifest=@$MANIFEST" -F "refs/bottle.png=@$BOTTLE"
echo

# The stream ends when the batch has. Where it was cut before, it is taken up again.
while :; do
  ask -N "$API/v1/batches/$ID/events" | sed -n 's/^data: {"batchId":"[^"]*","state":"\([A-Z_]*\)".*/\1/p'
  BATCH=$(ask "$API/v1/batches/$ID")
  case $BATCH in *'"endedAt"'*) break ;; esac
done
printf '%s\n' "$BATCH"

RECORDS=$(ask "$API/v1/batches/$ID/records?outcome=image")
printf '%s\n' "$RECORDS"
FILE=$(printf '%s\n' "$RECORDS" | grep -o '"file":"[^"]*"' | head -n 1 | cut -d '"' -f 4)
ask "$API/v1/batches/$ID/$FILE" -o "$OUT/$(basename "$FILE")"
ask "$API/v1/batches/$ID/archive.zip" -o "$OUT/$ID.zip"
ls -l "$OUT/$(basename "$FILE")" "$OUT/$ID.zip"
