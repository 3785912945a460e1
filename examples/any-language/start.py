"""Starts a batch from Python, looks at its price, approves it, and waits for the images.

It needs the folder that is the worker's store, and: pip install temporalio==1.35.0
"""

import asyncio
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

STORE = Path(os.environ.get("HUMMINGBATCH_STORE", "hummingbatch"))
QUEUE = os.environ.get("HUMMINGBATCH_TASK_QUEUE", "hummingbatch")
TEMPORAL = os.environ.get("TEMPORAL_ADDRESS", "localhost:7233")
ID = os.environ.get("ID", time.strftime("any-language-%Y%m%d-%H%M%S", time.gmtime()))
MANIFEST = {
    "name": "any-language",
    "model": "nano-banana-pro",
    "items": [
        {"key": "hero", "prompt": "A bottle on wet slate at dawn", "aspectRatio": "16:9", "count": 2},
        {"key": "flatlay", "prompt": "The bottle from above on linen"},
    ],
}


def put_manifest(place: str) -> dict:
    """The manifest lies in the store before the start. A folder that is there is another batch's."""
    content = json.dumps(MANIFEST).encode()
    (STORE / place).mkdir(parents=True)
    (STORE / place / "manifest.json").write_bytes(content)
    return {"uri": f"{place}/manifest.json", "sha256": hashlib.sha256(content).hexdigest()}


async def main() -> None:
    client = await Client.connect(TEMPORAL)
    batch = await client.start_workflow(
        "imageBatch",
        {
            "batchId": ID,
            "manifest": put_manifest(f"batches/{ID}"),
            # With a limit of 0 USD it waits for approval, whatever it costs.
            "options": {"approveAboveUsd": 0, "maxCostUsd": 5},
        },
        id=f"image-batch/{ID}",
        task_queue=QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    while (progress := await batch.query("progress"))["state"] != "AWAITING_APPROVAL":
        if "stop" in progress:
            raise SystemExit(f"{progress['stop']['message']} {progress['stop']['fix']}")
        await asyncio.sleep(1)
    print(f"{ID}: {progress['outputs']['total']} images for {progress['costUsd']['estimated']} USD")

    await batch.execute_update("approve", {"approved": True})
    # Takes minutes to two days. The batch does not need this script, which may wait again.
    result = await batch.result()
    print(f"{result['state']}: {result['outputs']['image']} of {result['outputs']['total']}")
    for record in (STORE / "batches" / ID / "results.jsonl").read_text().splitlines():
        print(json.loads(record).get("file"))


asyncio.run(main())
# At its very end a short program may abort in threads of the SDK (temporalio/sdk-python#300), so this one leaves at once.
sys.stdout.flush()
os._exit(0)
