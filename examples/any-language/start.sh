#!/bin/sh
# Starts a batch with Temporal's own CLI, looks at its price, approves it, and waits for the images.
# It needs the folder that is the worker's store, and TEMPORAL_ADDRESS where Temporal is not at localhost:7233.
set -eu

STORE=${HUMMINGBATCH_STORE:-hummingbatch}
QUEUE=${HUMMINGBATCH_TASK_QUEUE:-hummingbatch}
ID=${ID:-any-language-$(date -u +%Y%m%d-%H%M%S)}
WORKFLOW=image-batch/$ID
PLACE=batches/$ID

# The manifest lies in the store before the start. A folder that is there is another batch's, and mkdir says so.
mkdir -p "$STORE/batches"
mkdir "$STORE/$PLACE"
cat > "$STORE/$PLACE/manifest.json" << 'JSON'
{
  "name": "any-language",
  "model": "nano-banana-pro",
  "items": [
    { "key": "hero", "prompt": "A bottle on wet slate at dawn", "aspectRatio": "16:9", "count": 2 },
    { "key": "flatlay", "prompt": "The bottle from above on linen" }
  ]
}
JSON
# The second is what macOS has.
SHA256=$( (sha256sum 2> /dev/null || shasum -a 256) < "$STORE/$PLACE/manifest.json" | cut -d ' ' -f 1)

# With a limit of 0 USD it waits for approval, whatever it costs. Without --fail-existing a batch that runs already would look
# like one that was started.
temporal workflow start --type imageBatch --workflow-id "$WORKFLOW" --task-queue "$QUEUE" \
  --id-reuse-policy RejectDuplicate --fail-existing --input '{
    "batchId": "'"$ID"'",
    "manifest": { "uri": "'"$PLACE"'/manifest.json", "sha256": "'"$SHA256"'" },
    "options": { "approveAboveUsd": 0, "maxCostUsd": 5 }
  }'

while :; do
  # A query that meets a failed workflow task is answered with "please retry", and the CLI does not.
  PROGRESS=$(temporal workflow query --workflow-id "$WORKFLOW" --name progress) || PROGRESS=
  case $PROGRESS in
    *AWAITING_APPROVAL*) break ;;
    *NEEDS_ATTENTION* | *FAILED*) printf '%s\n' "$PROGRESS" >&2 && exit 1 ;;
  esac
  sleep 1
done
printf '%s\n' "$PROGRESS"

temporal workflow update execute --workflow-id "$WORKFLOW" --name approve --input '{"approved": true}'

# Takes minutes to two days. The batch does not need this script, which may be run again.
temporal workflow result --workflow-id "$WORKFLOW"
ls "$STORE/$PLACE/images"
