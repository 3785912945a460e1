#!/usr/bin/env bash
# @google/genai: `response.data` begins with the model's draft picture, though `response.text` leaves thoughts out.
#
# Guess: `text` skips parts marked as thoughts, so `data` does, too: for an image model that was asked to include
#   its thoughts it is the final picture.
# What happens: `data` is the bytes of all pictures one after the other, drafts first, as one base64 string. A
#   decoder reads the first picture and ignores the rest: what is saved is the draft, at twice the size.
# Versions: @google/genai 2.32.0 and 3.3.0; sharp 0.35.5 looks at the picture.
# Source: the comment on the getter tells of a concatenation, not of thoughts; a warning on the console names
#   "non-data parts". The answer's form is that of ai.google.dev/gemini-api/docs/image-generation (thinking).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts genai2@npm:@google/genai@2.32.0 \
  genai3@npm:@google/genai@3.3.0 sharp@0.35.5

cat >check.mjs <<'END'
import { createServer } from 'node:http';
import sharp from 'sharp';

const picture = async (background) =>
  (await sharp({ create: { width: 64, height: 64, channels: 3, background } }).png().toBuffer()).toString('base64');
const parts = [
  { text: 'A first sketch.', thought: true },
  { inlineData: { mimeType: 'image/png', data: await picture('red') }, thought: true },
  { text: 'Here it is.' },
  { inlineData: { mimeType: 'image/png', data: await picture('blue') } },
];
const answer = { candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] };
const server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const baseUrl = `http://127.0.0.1:${server.address().port}`;
console.warn = () => {};
for (const version of ['genai2', 'genai3']) {
  const { GoogleGenAI } = await import(version);
  const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl } });
  const { text, data } = await client.models.generateContent({ model: 'gemini-3-pro-image', contents: 'a sign' });
  const { dominant } = await sharp(Buffer.from(data, 'base64')).stats();
  console.log(`${version}: text "${text}", picture ${dominant.r > dominant.b ? 'red (the draft)' : 'blue (the final one)'}`);
}
server.close();
END
seen=$(env -u GOOGLE_API_KEY -u GEMINI_API_KEY -u GOOGLE_GENAI_USE_VERTEXAI node check.mjs)
known='genai2: text "Here it is.", picture red (the draft)
genai3: text "Here it is.", picture red (the draft)'

echo '@google/genai 2.32.0 and 3.3.0'
echo 'Guess: the text without thoughts, and the final, blue picture.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the picture is the draft.'
