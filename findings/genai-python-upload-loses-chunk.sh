#!/usr/bin/env bash
# google-genai for Python: a chunk that the server refused counts as delivered, and the upload succeeds without it.
#
# Guess: a 503 to one chunk of a resumable upload is retried or raised. Its header `x-goog-upload-status: active` says
#   that the upload is still open, as Google's resumable protocol describes, not that the chunk arrived.
# What happens: the header alone decides. The library continues with the next 8 MiB, and `files.upload` returns a file that
#   lacks the first ones; it never compares the size that the server reports with its own.
# Versions: google-genai 3.6.1. (@google/genai 2.32.0 for JavaScript raises the 503.)
# Source: google/genai/_api_client.py, _upload_fd: `if response.headers.get('x-goog-upload-status'): break`.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-genai==3.6.1
unset GOOGLE_API_KEY GEMINI_API_KEY GOOGLE_GENAI_USE_VERTEXAI

cat >check.py <<'END'
import http.server, io, json, os, threading
from google import genai

received = bytearray()
refused = False

class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global refused
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        command = self.headers["x-goog-upload-command"]
        if command == "start":
            return self.answer(200, {"x-goog-upload-url": base + "/upload/1", "x-goog-upload-status": "active"}, {})
        if not refused:
            refused = True
            error = {"code": 503, "status": "UNAVAILABLE", "message": "The service is currently unavailable."}
            return self.answer(503, {"x-goog-upload-status": "active"}, {"error": error})
        received.extend(body)
        final = "finalize" in command
        file = {"file": {"name": "files/a", "sizeBytes": str(len(received))}}
        self.answer(200, {"x-goog-upload-status": "final" if final else "active"}, file if final else {})
    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
content = os.urandom(20 * 2**20)
client = genai.Client(api_key="none", http_options={"base_url": base})
try:
    file = client.files.upload(file=io.BytesIO(content), config={"mime_type": "application/jsonl"})
    print(f"uploaded {file.name}: {file.size_bytes / 2**20:g} of {len(content) / 2**20:g} MiB")
except Exception as error:
    print(f"{type(error).__name__}: {error}")
print("missing: the first 8 MiB" if received == content[8 * 2**20:] else "missing: nothing" if received == content else "other")
END
seen=$(venv/bin/python check.py)
known='uploaded files/a: 12 of 20 MiB
missing: the first 8 MiB'

echo 'google-genai 3.6.1; the server refuses the first of three chunks with 503 once'
echo 'Guess: the chunk is sent again, or the upload fails.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: the upload succeeds with a hole.'
