#!/usr/bin/env bash
# AI SDK: several images with a seed are the same request, several times.
#
# Guess: `generateImage({ n: 2, seed: 7 })` gives two different pictures that can be had again, by seeds derived from the
#   one given, or one request for two, or a warning.
# What happens: for models that make one picture per call, it sends two requests that are equal to the last byte, seed
#   included. A model that keeps to its seed makes one picture twice, and both are paid for.
# Versions: ai 7.0.173 with @ai-sdk/google 4.0.121.
# Source: ai-sdk.dev, "Image Generation", tells of `seed` ("control the output of the image generation process") and of
#   batching of `n`, not of both together.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts ai@7.0.173 @ai-sdk/google@4.0.121

cat >check.mjs <<'END'
import { createServer } from 'node:http';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { generateImage } from 'ai';

const bodies = [];
const parts = [{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }];
const answer = JSON.stringify({ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] });
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  bodies.push(Buffer.concat(chunks).toString());
  response.setHeader('content-type', 'application/json').end(answer);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const google = createGoogleGenerativeAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${server.address().port}/v1beta` });
const { images, warnings } = await generateImage({ model: google.image('gemini-3-pro-image'), prompt: 'a cat', n: 2, seed: 7 });
console.log(`images: ${images.length}, requests: ${bodies.length}, equal: ${bodies[0] === bodies[1]}, warnings: ${warnings.length}`);
console.log(`seeds: ${bodies.map((body) => JSON.parse(body).generationConfig.seed)}`);
server.close();
END
seen=$(node check.mjs)
known='images: 2, requests: 2, equal: true, warnings: 0
seeds: 7,7'

echo 'ai 7.0.173, @ai-sdk/google 4.0.121'
echo 'Guess: requests that differ, or a warning.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the same request twice.'
