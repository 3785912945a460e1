/** What stands for a command over HTTP; those that are not here are for whoever runs this. */
const REQUESTS: Record<string, (id: string) => string> = {
  list: () => 'GET /v1/batches',
  validate: () => 'POST /v1/validate',
  run: () => 'POST /v1/batches',
  status: (id) => `GET /v1/batches/${id}`,
  watch: (id) => `GET /v1/batches/${id}/events`,
  results: (id) => `GET /v1/batches/${id}/records`,
  ...Object.fromEntries(
    ['approve', 'retry', 'accept', 'adopt', 'set-budget', 'check-now', 'cancel'].map((verb) => [
      verb,
      (id: string) => `POST /v1/batches/${id}/${verb}`,
    ]),
  ),
};

const COMMAND = /`hummingbatch (?<verb>[a-z-]+)(?: (?<id>[a-z0-9-]+|ID))?(?<rest>[^`]*)`/g;

/** A sentence whose commands (`hummingbatch retry ID`) are requests to this API, where there is one for them. */
export function overHttp(text: string): string {
  const flagless = text
    .replaceAll('`--outcome refused`', '`{"outcomes": ["refused"]}`')
    .replaceAll('or start it with `run --new`', 'in `batchId`');
  return flagless.replaceAll(COMMAND, (whole, verb: string, id: string | undefined, rest: string) => {
    const request = REQUESTS[verb];
    if (!request) return whole;
    const body = BODIES.find(([flag]) => rest.includes(flag))?.[1];
    return `\`${request(id ?? 'ID')}${body ? ` ${body}` : ''}\``;
  });
}

/** What flags are in a request's body. */
const BODIES: readonly (readonly [flag: string, body: string])[] = [
  ['--max-cost-usd', '{"maxCostUsd": N}'],
  ['--job', '{"job": "batches/…"}'],
  ['--none', '{"job": "none"}'],
  ['--no', '{"approved": false}'],
  ['--outcome refused', '{"outcomes": ["refused"]}'],
];
