#!/usr/bin/env bash
# standardwebhooks for Python: a signature made with a time in any zone but UTC does not verify.
#
# Guess: `sign` takes a datetime, so the moment counts: noon in Berlin and 10:00 UTC give one signature, and a
#   naive `datetime.now()` is local time, as everywhere in Python's standard library.
# What happens: `sign` puts UTC in the place of whatever zone the datetime has, without converting. What it signs
#   is hours away from the timestamp header, and the same library's `verify` refuses it.
# Versions: standardwebhooks 1.1.0 for Python (newest in November 2026).
# Source: standardwebhooks/webhooks.py: `timestamp.replace(tzinfo=timezone.utc)`; the README names no zone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0 tzdata==2026.3

cat >"$folder/check.py" <<'END'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
now = datetime.now(timezone.utc).replace(microsecond=0)
times = {
    "UTC": now,
    "the same moment in Tokyo": now.astimezone(ZoneInfo("Asia/Tokyo")),
    "the same moment, naive, on a machine in Tokyo": now.astimezone().replace(tzinfo=None),
}
for name, time in times.items():
    assert time.timestamp() == now.timestamp()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(time.timestamp())),
        "webhook-signature": webhook.sign("msg_1", time, "{}"),
    }
    try:
        webhook.verify("{}", headers)
        print(f"{name}: verified")
    except WebhookVerificationError as error:
        print(f"{name}: {error}")
END
seen=$(TZ=Asia/Tokyo "$folder/venv/bin/python" "$folder/check.py")
known='UTC: verified
the same moment in Tokyo: No matching signature found
the same moment, naive, on a machine in Tokyo: No matching signature found'

"$folder/venv/bin/pip" list --disable-pip-version-check 2>/dev/null | grep standardwebhooks
echo 'Guess: one moment, one signature; all three are verified.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: only UTC datetimes give a signature that holds.'
