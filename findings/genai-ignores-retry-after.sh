#!/usr/bin/env bash
# @google/genai and google-genai: retries do not wait for Retry-After, nor for Google's own RetryInfo.
#
# Guess: a client by Google with retries switched on waits as long as a 429 says, by the header or by the
#   google.rpc.RetryInfo that Gemini's quota errors carry.
# What happens: both wait by their own backoff, about 1 and 3 s. With a wait of 20 s in the answer all attempts are
#   used up within the first 10 s; the creation of a batch job is repeated like any other request.
# Versions: @google/genai 2.32.0 and 3.3.0, google-genai 3.6.1 for Python; retries are off unless asked for.
# Source: the comments on retryOptions / HttpRetryOptions name attempts, delays and status codes, not the header.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts genai2@npm:@google/genai@2.32.0 genai3@npm:@google/genai@3.3.0
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-genai==3.6.1
unset GOOGLE_API_KEY GEMINI_API_KEY GOOGLE_GENAI_USE_VERTEXAI

cat >check.py <<'END'
import http.server, json, subprocess, threading, time
from google import genai

times = []
class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        times.append(time.monotonic())
        self.rfile.read(int(self.headers["content-length"]))
        info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "20s"}
        error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Please retry in 20s.", "details": [info]}
        self.send_response(429)
        self.send_header("content-type", "application/json")
        self.send_header("retry-after", "20")
        self.end_headers()
        self.wfile.write(json.dumps({"error": error}).encode())
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"

def python():
    client = genai.Client(api_key="none", http_options={"base_url": base, "retry_options": {"attempts": 3}})
    try:
        client.batches.create(model="gemini-3-pro-image", src="files/a")
    except genai.errors.APIError as error:
        assert error.code == 429

def node(version):
    subprocess.run(["node", "check.mjs", version, base], check=True)

for name, call in {"genai2": lambda: node("genai2"), "genai3": lambda: node("genai3"), "python": python}.items():
    times.clear()
    call()
    print(f"{name}: {len(times)} creations sent, all within the 20 s: {'yes' if times[-1] - times[0] < 18 else 'no'}")
END
cat >check.mjs <<'END'
const [, , version, baseUrl] = process.argv;
const { GoogleGenAI } = await import(version);
const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl, retryOptions: { attempts: 3 } } });
const error = await client.batches.create({ model: 'gemini-3-pro-image', src: 'files/a' }).catch((caught) => caught);
if (error.status !== 429) throw error;
END
seen=$(venv/bin/python check.py)
known='genai2: 3 creations sent, all within the 20 s: yes
genai3: 3 creations sent, all within the 20 s: yes
python: 3 creations sent, all within the 20 s: yes'

echo '@google/genai 2.32.0 and 3.3.0, google-genai 3.6.1; each answer is 429 with "retry-after: 20"'
echo 'Guess: one attempt each 20 s.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the server asked for 20 s, the clients wait 1 to 4.'
