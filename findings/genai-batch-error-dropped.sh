#!/usr/bin/env bash
# @google/genai and google-genai: a failed batch job has no error.
#
# Guess: BatchJob has the field `error`, "Output only. Only populated when the job's state is JOB_STATE_FAILED or
#   JOB_STATE_CANCELLED", so a failed job says why. Its counters are in `completionStats`.
# What happens: for the Gemini Developer API both libraries leave out the operation's `error` and `batchStats`, which the
#   server sends: the state is JOB_STATE_FAILED and the reason is gone. Only a raw GET has it.
# Versions: @google/genai 2.32.0 and 3.3.0, google-genai 3.6.1 for Python.
# Source: the type's comment; the operation has the form of ai.google.dev/api/batch-api (Operation, GenerateContentBatch).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts genai2@npm:@google/genai@2.32.0 genai3@npm:@google/genai@3.3.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-genai==3.6.1
unset GOOGLE_API_KEY GEMINI_API_KEY GOOGLE_GENAI_USE_VERTEXAI

cat >operation.json <<'END'
{"name": "batches/a1", "done": true, "error": {"code": 3, "message": "Line 7 has no key."},
 "metadata": {"@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
  "name": "batches/a1", "model": "models/gemini-3-pro-image", "displayName": "shop", "state": "BATCH_STATE_FAILED",
  "createTime": "2026-11-01T10:00:00Z", "batchStats": {"requestCount": "9", "failedRequestCount": "9"}}}
END
cat >server.py <<'END'
import http.server
class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(open("operation.json", "rb").read())
    def log_message(self, *_): pass
def start():
    import threading
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
END
cat >check.py <<'END'
import server, subprocess
from google import genai
base = server.start()
subprocess.run(["node", "check.mjs", base], check=True)
client = genai.Client(api_key="none", http_options={"base_url": base})
job = client.batches.get(name="batches/a1")
print("python:", job.state.name, "error", job.error, "stats", job.completion_stats)
END
cat >check.mjs <<'END'
for (const version of ['genai2', 'genai3']) {
  const { GoogleGenAI } = await import(version);
  const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: process.argv[2] } });
  const job = await client.batches.get({ name: 'batches/a1' });
  console.log(`${version}:`, job.state, 'error', job.error, 'stats', job.completionStats);
}
END
seen=$(venv/bin/python check.py)
known='genai2: JOB_STATE_FAILED error undefined stats undefined
genai3: JOB_STATE_FAILED error undefined stats undefined
python: JOB_STATE_FAILED error None stats None'

echo '@google/genai 2.32.0 and 3.3.0, google-genai 3.6.1'
echo 'The server answers:'
cat operation.json
echo 'Guess: the error "Line 7 has no key." and 9 failed requests.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the reason is dropped.'
