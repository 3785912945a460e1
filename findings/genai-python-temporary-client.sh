#!/usr/bin/env bash
# google-genai for Python: a call on a client that is not kept in a variable fails.
#
# Guess: `genai.Client().models.generate_content(…)` is the same as with `client = genai.Client()` before it: `models`
#   holds what it needs.
# What happens: `models` does not hold the client. Python frees it once `.models` is evaluated, its `__del__` closes the
#   connections that `models` shares, and the call raises "Cannot send a request, as the client has been closed".
#   A helper that returns `genai.Client().models` breaks in the same way.
# Versions: google-genai 3.6.1 with CPython, which frees an object with its last reference.
# Source: google/genai/client.py, Client.__del__; googleapis/python-genai issue 1763, open; not in the README.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-genai==3.6.1
unset GOOGLE_API_KEY GEMINI_API_KEY GOOGLE_GENAI_USE_VERTEXAI

cat >check.py <<'END'
import http.server, json, threading
from google import genai

class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        content = {"role": "model", "parts": [{"text": "Hello."}]}
        self.wfile.write(json.dumps({"candidates": [{"content": content, "finishReason": "STOP"}]}).encode())
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()

def client():
    return genai.Client(api_key="none", http_options={"base_url": f"http://127.0.0.1:{server.server_port}"})

kept = client()
print("kept:", kept.models.generate_content(model="gemini-3-pro-image", contents="hi").text)
try:
    print("temporary:", client().models.generate_content(model="gemini-3-pro-image", contents="hi").text)
except Exception as error:
    print(f"temporary: {type(error).__name__}: {error}")
END
seen=$(venv/bin/python check.py)
known='kept: Hello.
temporary: RuntimeError: Cannot send a request, as the client has been closed.'

echo "google-genai 3.6.1, $(python3 --version)"
echo 'Guess: "Hello." twice.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: a temporary client is closed before its call.'
