#!/usr/bin/env bash
# Temporal's TypeScript SDK: its client obeys `http_proxy`, also for a server on loopback; its worker does not.
#
# Guess: a program that has a client and a worker reaches Temporal in one way, and loopback needs no proxy.
# What happens: the client's connection (gRPC for Node) asks the proxy for a tunnel to 127.0.0.1. The worker's (gRPC for Rust)
#   connects directly. With `http_proxy` set, and no `no_proxy`, a client reaches no local dev server, and the worker beside
#   it does; behind a firewall it is the other way round. The channel argument `grpc.enable_http_proxy: 0` makes them agree.
# Versions: @temporalio/client and worker 1.24.0 (@grpc/grpc-js as they bring it), Node 20 and later.
# Source: @grpc/grpc-js, build/src/http_proxy.js, reads grpc_proxy, https_proxy and http_proxy for each channel.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "overrides": { "@swc/core": "1.16.18" } }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @temporalio/client@1.24.0 @temporalio/worker@1.24.0

cat >check.mjs <<'END'
import { createServer } from 'node:http';
import { createServer as listen } from 'node:net';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const open = async (server) => { await once(server.listen(0, '127.0.0.1'), 'listening'); return server.address().port; };
// A proxy that notes what it is asked for, and gives nothing.
const asked = new Set();
const proxy = createServer().on('connect', (request, socket) => { asked.add(request.url); socket.destroy(); });
process.env.http_proxy = `http://127.0.0.1:${await open(proxy)}`;
const { Connection } = await import('@temporalio/client');
const { DefaultLogger, NativeConnection, Runtime } = await import('@temporalio/worker');
Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF' } } });

// Each way leads to a port of its own, in Temporal's place, that closes each connection.
async function findWay(connect) {
  let direct = 0;
  const address = `127.0.0.1:${await open(listen((socket) => { direct += 1; socket.destroy(); }))}`;
  await Promise.race([connect(address).catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 4_000))]);
  return [...(asked.has(address) ? ['proxy'] : []), ...(direct > 0 ? ['direct'] : [])].join(' and ') || 'none';
}
const connectTimeout = 2_000;
const seen = {
  client: await findWay((address) => Connection.connect({ address, connectTimeout })),
  'client without proxy': await findWay((address) =>
    Connection.connect({ address, connectTimeout, channelArgs: { 'grpc.enable_http_proxy': 0 } })),
  worker: await findWay((address) => NativeConnection.connect({ address })),
};
const { version } = JSON.parse(readFileSync('node_modules/@grpc/grpc-js/package.json', 'utf8'));
console.log(`Node ${process.version}, @grpc/grpc-js ${version}, http_proxy set, server on loopback`);
for (const [who, way] of Object.entries(seen)) console.log(`${who}: ${way}`);
const expected = { client: 'proxy', 'client without proxy': 'direct', worker: 'direct' };
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
END
node check.mjs
