#!/usr/bin/env bash
# client-zip: a file dated before 1980 is dated a century later.
#
# Guess: ZIP stores years from 1980 on, so an earlier `lastModified` such as 0, which reproducible builds and some
#   file systems give, becomes 1980-01-01, as other archivers do it, or is refused.
# What happens: the year wraps around in its 7 bits. 1970 becomes 2098, without a warning.
# Versions: client-zip 2.5.1 (newest in November 2026), read back with Python's zipfile.
# Source: PKWARE APPNOTE 4.4.6 (MS-DOS date); client-zip's README, "A note about dates", speaks of time zones only.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts client-zip@2.5.1

cat >check.mjs <<'END'
import { writeFile } from 'node:fs/promises';
import { downloadZip } from 'client-zip';

const files = [
  { name: 'epoch.txt', input: 'a', lastModified: 0 },
  { name: '1979.txt', input: 'b', lastModified: new Date(1979, 11, 31) },
  { name: '1980.txt', input: 'c', lastModified: new Date(1980, 0, 1) },
];
await writeFile('files.zip', Buffer.from(await downloadZip(files).arrayBuffer()));
END
TZ=UTC node check.mjs
seen=$(python3 -c '
import zipfile
for entry in zipfile.ZipFile("files.zip").infolist(): print(entry.filename, "%d-%02d-%02d" % entry.date_time[:3])')
known='epoch.txt 2098-01-01
1979.txt 2107-12-31
1980.txt 1980-01-01'

echo 'client-zip 2.5.1'
echo 'Guess: 1980-01-01 for the first two, or an error.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: dates before 1980 come out in the future.'
