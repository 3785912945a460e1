#!/usr/bin/env bash
# Temporal's TypeScript SDK: a counter drops the fraction of each value that is added.
#
# Guess: `counter.add(value: number)` counts numbers, as Prometheus counters do: ten times 1.7 is 17. If only whole
#   numbers were taken, 0.5 would be refused.
# What happens: each value is cut to a whole number on its own: 0.5 counts 0 however often, ten times 1.7 are 10, and
#   an up-down counter cuts towards zero. No error, no warning. Only gauges and histograms have 'float'.
# Versions: @temporalio/worker 1.24.0.
# Source: @temporalio/common, lib/metrics.d.ts: "Add the given value to the counter." (nothing of whole numbers).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "overrides": { "@swc/core": "1.16.18" } }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @temporalio/worker@1.24.0

cat >check.mjs <<'END'
import { createServer } from 'node:net';
import { DefaultLogger, Runtime } from '@temporalio/worker';

const probe = createServer();
await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
const bindAddress = `127.0.0.1:${probe.address().port}`;
await new Promise((resolve) => probe.close(resolve));

const telemetryOptions = { metrics: { prometheus: { bindAddress } } };
const { metricMeter } = Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions });
const cost = metricMeter.createCounter('cost_usd');
const seconds = metricMeter.createCounter('seconds');
const level = metricMeter.createUpDownCounter('level');
for (let count = 0; count < 10; count += 1) {
  cost.add(0.5);
  seconds.add(1.7);
  level.add(-0.9);
}
const text = await (await fetch(`http://${bindAddress}/metrics`)).text();
console.log(text.split('\n').filter((line) => /^(cost_usd|seconds|level)/.test(line)).sort().join('\n'));
process.exit();
END
seen=$(node check.mjs)
known='cost_usd 0
level 0
seconds 10'

echo '@temporalio/worker 1.24.0'
echo 'Added, ten times each: cost_usd 0.5, level -0.9, seconds 1.7.'
echo 'Guess: 5, -9 and 17, or an error.'
echo 'Seen:'
echo "$seen"
if [ "$seen" != "$known" ]; then echo 'CHANGED'; exit 1; fi
echo 'Unchanged: fractions are dropped silently, value by value.'
