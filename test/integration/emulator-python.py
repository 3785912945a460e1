"""Runs a whole batch with Google's Python SDK: by file and inline. Prints what it saw as JSON.

Usage: emulator-python.py BASE_URL FOLDER  (the result file is left in FOLDER)
"""

import json
import pathlib
import sys
import time

from google import genai
from google.genai import errors, types

base_url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
model = "gemini-3-pro-image"
client = genai.Client(api_key="any-key", http_options=types.HttpOptions(base_url=base_url))


def wait(job):
    deadline = time.monotonic() + 30
    while job.state.name not in ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{job.name} is still {job.state.name}")
        time.sleep(0.05)
        job = client.batches.get(name=job.name)
    return job


def line(key, prompt, ratio):
    image_config = {"aspect_ratio": ratio, "image_size": "1K"}
    generation_config = {"response_modalities": ["IMAGE"], "image_config": image_config}
    contents = [{"role": "user", "parts": [{"text": prompt}]}]
    return {"key": key, "request": {"contents": contents, "generation_config": generation_config}}


requests = folder / "requests.jsonl"
lines = [line("a#1", "a lake", "16:9"), line("b#1", "a hill [refuse]", "1:1"), line("c#1", "[fail]", "1:1")]
requests.write_text("\n".join(json.dumps(one) for one in lines))
uploaded = client.files.upload(file=requests, config=types.UploadFileConfig(mime_type="application/jsonl"))
by_file = client.batches.create(model=model, src=uploaded.name, config={"display_name": "by file"})
first_state = by_file.state.name
by_file = wait(by_file)
(folder / "result.jsonl").write_bytes(client.files.download(file=by_file.dest.file_name))

inline = wait(
    client.batches.create(
        model=model,
        src=[{"contents": [{"parts": [{"text": "a lake"}], "role": "user"}]}],
        config={"display_name": "inline"},
    )
)
parts = inline.dest.inlined_responses[0].response.candidates[0].content.parts
(folder / "inline.jpg").write_bytes(next(part.inline_data.data for part in parts if part.inline_data))

listed = [job.name for job in client.batches.list(config={"page_size": 1})]
client.batches.delete(name=inline.name)
try:
    client.batches.get(name=inline.name)
    deleted = None
except errors.ClientError as error:
    deleted = error.code

print(
    json.dumps(
        {
            "states": [first_state, by_file.state.name, inline.state.name],
            "listed": listed == [inline.name, by_file.name],
            "deleted": deleted,
            "displayName": by_file.display_name,
        }
    )
)
