import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createDesk } from './cli-kit.ts';
import { withFaults } from './emulator-faults-kit.ts';
import { requestLine, wireClient } from './emulator-kit.ts';

it('a new plan replaces the old one and counts from 0; the ledger keeps all counts', async () => {
  const { client, emulator, setPlan } = await withFaults([{ fault: 'list.html', times: 1 }]);
  const list = async () => (await client.call('GET', '/v1beta/batches')).status;
  expect([await list(), await list()]).toEqual([503, 200]);
  const plan = { faults: [{ fault: 'list.html' as const, http: 502, times: 1 }] };
  expect((await setPlan(plan)).json).toEqual(plan);
  expect((await client.call('GET', '/emulator/faults')).json).toEqual(plan);
  expect([await list(), await list()]).toEqual([502, 200]);
  expect((await emulator.ledger()).faults).toEqual({ 'list.html': 2 });
});

it('an invalid plan is refused, and the old plan stays', async () => {
  const { client } = await withFaults([{ fault: 'list.html' }]);
  const answer = await client.call('PUT', '/emulator/faults', { faults: [{ fault: 'list.what' }] });
  expect([answer.status, answer.json.error.message]).toEqual([400, expect.stringContaining('list.what')]);
  expect((await client.call('GET', '/v1beta/batches')).status).toBe(503);
});

it('only the first of the faults that end a request fires, and the others keep their `times`', async () => {
  const { client } = await withFaults([
    { fault: 'list.refuse', status: 'INTERNAL', times: 2 },
    { fault: 'list.refuse', status: 'UNAVAILABLE', times: 1 },
  ]);
  const statuses = [];
  for (let time = 0; time < 4; time += 1) statuses.push((await client.call('GET', '/v1/batches')).status);
  expect(statuses).toEqual([500, 500, 503, 200]);
});

it('a lost answer does not use up the refusal after it: that is for the next POST', async () => {
  const { client, emulator } = await withFaults([
    { fault: 'create.answer-lost', times: 1 },
    { fault: 'create.refuse', status: 'RESOURCE_EXHAUSTED', times: 1 },
  ]);
  const create = () => client.createFromLines([requestLine('a')]);
  await expect(create()).rejects.toThrow('fetch failed');
  expect((await emulator.ledger()).jobs).toHaveLength(1);
  expect((await create()).status).toBe(429);
});

it('a refusal does not count as a lost answer: nothing was carried out', async () => {
  const { client, emulator } = await withFaults([{ fault: 'create.answer-lost' }]);
  expect((await client.createFromFile('files/nobody')).status).toBe(403);
  expect((await emulator.ledger()).answersLost).toBe(0);
});

it('other faults are combined: an ignored Range in an answer that is cut', async () => {
  const { endedJob, download, downloadUntilItBreaks } = await withFaults([
    { fault: 'download.no-range', match: { nth: [1, 2] } },
    { fault: 'download.broken', afterBytes: 10, match: { nth: 1 } },
  ]);
  const job = await endedJob();
  expect(await downloadUntilItBreaks(job)).toMatchObject({ bytes: 10, broke: true });
  expect((await download(job, { range: 'bytes=5-' })).status).toBe(200);
  expect((await download(job, { range: 'bytes=5-' })).status).toBe(206);
});

it('`hummingbatch emulator --faults` makes them', async () => {
  const desk = await createDesk();
  await desk.write('plan.json', '{"faults": [{"fault": "create.refuse", "status": "RESOURCE_EXHAUSTED"}]}');
  const running = desk.begin('emulator', '--faults', 'plan.json');
  const [url] = await once(running.child.stdout ?? running.child, 'data');
  const client = wireClient(String(url).trim());
  expect((await client.createFromLines([requestLine('a')])).status).toBe(429);
});

it.each([
  ['no-plan.json', /no-plan\.json cannot be read/],
  ['broken.json', /broken\.json cannot be read as JSON/],
  ['wrong.json', /faults\[0\]\.fault: "create.nothing" is not known/],
])('`hummingbatch emulator --faults %s` fails with the reason', async (name, why) => {
  const desk = await createDesk();
  await desk.write('broken.json', '{');
  await desk.write('wrong.json', '{"faults": [{"fault": "create.nothing"}]}');
  const { code, stderr } = await desk.run(['emulator', '--faults', name]);
  expect(code).toBe(2);
  expect(stderr).toMatch(why);
});
