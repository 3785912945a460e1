#!/usr/bin/env bash
# @fastify/sse: an event with the id 0 is sent without an id.
#
# Guess: the README's own generator, `for (let i = 0; …) yield { id: i, data: … }`, sends the ids 0, 1, 2.
# What happens: the id is written only where it is truthy. The first event has none, so a browser that loses the
#   connection after it reconnects without Last-Event-ID and the server cannot tell it from a new one. (The
#   type says `string`; '0' is sent.)
# Versions: @fastify/sse 0.6.0 (newest in November 2026), fastify 5.12.8.
# Source: @fastify/sse README, "Streaming Sources"; index.js, formatSSEMessage: `if (message.id)`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @fastify/sse@0.6.0 fastify@5.12.8

cat >check.mjs <<'END'
import sse from '@fastify/sse';
import Fastify from 'fastify';

const app = Fastify();
await app.register(sse);
async function* events() {
  for (let i = 0; i < 3; i++) yield { id: i, data: `Event ${i}` };
}
app.get('/', { sse: true }, (_request, reply) => reply.sse.send(events()));
const { body } = await app.inject({ url: '/', headers: { accept: 'text/event-stream' } });
console.log(body.trim());
await app.close();
END
seen=$(node check.mjs)
known='data: "Event 0"

id: 1
data: "Event 1"

id: 2
data: "Event 2"'

echo '@fastify/sse 0.6.0, fastify 5.12.8'
echo 'Guess: three events with the ids 0, 1 and 2.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the first event has no id.'
