import { describe, expect, it } from 'vitest';
import { withFaults } from './emulator-faults-kit.ts';
import { requestLine } from './emulator-kit.ts';

const LINE = [requestLine('a')];

describe('faults of a create', () => {
  it('answer-lost: the job exists, the answer is lost, and the ledger shows both', async () => {
    const { client, emulator } = await withFaults([{ fault: 'create.answer-lost', times: 1 }]);
    await expect(client.createFromLines(LINE)).rejects.toThrow('fetch failed');
    expect(await emulator.ledger()).toMatchObject({
      jobs: [{ state: 'PENDING' }],
      answersLost: 1,
      faults: { 'create.answer-lost': 1 },
      refusedRequests: [],
    });
    expect((await client.createFromLines(LINE)).status).toBe(200);
  });

  it('cut: the connection is cut and no job is created', async () => {
    const { client, emulator } = await withFaults([{ fault: 'create.cut', times: 1 }]);
    await expect(client.createFromLines(LINE)).rejects.toThrow('fetch failed');
    expect((await emulator.ledger()).jobs).toEqual([]);
  });

  it('slow: the job is created later, although the client has disconnected', async () => {
    const { client, emulator } = await withFaults([{ fault: 'create.slow', ms: 300 }]);
    const { name } = await client.upload(JSON.stringify(LINE[0]));
    const impatient = fetch(`${emulator.url}/v1beta/models/gemini-3-pro-image:batchGenerateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'any' },
      body: JSON.stringify({ batch: { inputConfig: { fileName: name } } }),
      signal: AbortSignal.timeout(100),
    });
    await expect(impatient).rejects.toThrow(/timeout/);
    expect((await emulator.ledger()).jobs).toEqual([]);
    await expect.poll(async () => (await emulator.ledger()).jobs.length).toBe(1);
  });

  it('answer-slow: the job exists at once', async () => {
    const { client, emulator } = await withFaults([{ fault: 'create.answer-slow', ms: 400 }]);
    const begun = performance.now();
    const creating = client.createFromLines(LINE);
    await expect.poll(async () => (await emulator.ledger()).jobs.length).toBe(1);
    expect(performance.now() - begun).toBeLessThan(400);
    expect((await creating).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(395);
  });

  it('refuse: 429 with a RetryInfo, a Retry-After header, both, or neither', async () => {
    const status = 'RESOURCE_EXHAUSTED';
    const { client, emulator } = await withFaults([
      { fault: 'create.refuse', status, retryDelay: '37s', times: 1 },
      { fault: 'create.refuse', status, retryAfter: 12, times: 1 },
      { fault: 'create.refuse', status, times: 1 },
    ]);
    const answers = [];
    for (let time = 0; time < 3; time += 1) answers.push(await client.createFromLines(LINE));
    expect(answers.map((answer) => [answer.status, answer.json.error.status])).toEqual(
      [0, 1, 2].map(() => [429, status]),
    );
    expect(answers.map((answer) => answer.headers.get('retry-after'))).toEqual([null, '12', null]);
    expect(answers.map((answer) => answer.json.error.details)).toEqual([
      [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37s' }],
      undefined,
      undefined,
    ]);
    expect((await emulator.ledger()).jobs).toEqual([]);
  });

  it.each([
    ['INTERNAL', 500],
    ['PERMISSION_DENIED', 403],
    ['UNAVAILABLE', 503],
    ['DEADLINE_EXCEEDED', 504],
  ] as const)('refuse: %s is %i', async (status, http) => {
    const { client } = await withFaults([{ fault: 'create.refuse', status, message: 'No.' }]);
    const answer = await client.createFromLines(LINE);
    expect(answer.status).toBe(http);
    expect(answer.json).toEqual({ error: { code: http, status, message: 'No.' } });
  });

  it('html: 503 with an HTML page', async () => {
    const { client } = await withFaults([{ fault: 'create.html' }]);
    const answer = await client.createFromLines(LINE);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toMatch('text/html');
    expect(answer.text).toMatch(/^<!DOCTYPE html>/);
  });

  it('garbage: the job is created and the answer is not JSON', async () => {
    const { client, emulator } = await withFaults([{ fault: 'create.garbage' }]);
    const answer = await client.createFromLines(LINE);
    expect([answer.status, answer.json]).toEqual([200, undefined]);
    expect((await emulator.ledger()).jobs).toHaveLength(1);
  });

  it('twice: one POST creates two jobs with the same name', async () => {
    const { client, emulator } = await withFaults([{ fault: 'create.twice' }]);
    const { name } = await client.upload(JSON.stringify(LINE[0]));
    const answer = await client.createFromFile(name, undefined, { displayName: 'twin' });
    const { jobs } = await emulator.ledger();
    expect(jobs.map((job) => job.displayName)).toEqual(['twin', 'twin']);
    expect(jobs.map((job) => job.name)).toContain(answer.json.name);
    expect(jobs[0]?.name).not.toBe(jobs[1]?.name);
  });

  it('stall: neither answered nor closed until the client disconnects', async () => {
    const { client, emulator } = await withFaults([{ fault: 'list.stall' }]);
    const waiting = fetch(`${emulator.url}/v1beta/batches`, {
      headers: { 'x-goog-api-key': 'any' },
      signal: AbortSignal.timeout(300),
    });
    await expect(waiting).rejects.toThrow(/timeout/);
    expect((await client.createFromLines(LINE)).status).toBe(200);
  });
});

describe('faults of a job in answers', () => {
  it('GET answers 5xx, a reset or garbage, and the next answer is right; the ledger counts all of them', async () => {
    const { client, emulator } = await withFaults([
      { fault: 'get.refuse', status: 'UNAVAILABLE', times: 1 },
      { fault: 'get.cut', times: 1 },
      { fault: 'get.garbage', text: 'upstream connect error', times: 1 },
    ]);
    const { name } = (await client.createFromLines(LINE)).json;
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(503);
    await expect(client.call('GET', `/v1beta/${name}`)).rejects.toThrow('fetch failed');
    expect((await client.call('GET', `/v1beta/${name}`)).text).toBe('upstream connect error');
    expect((await client.call('GET', `/v1beta/${name}`)).json.name).toBe(name);
    expect((await emulator.ledger()).jobs[0]?.gets).toBe(4);
  });

  it('bad-time: an invalid createTime, in GET and LIST', async () => {
    const { client } = await withFaults([
      { fault: 'get.bad-time' },
      { fault: 'list.bad-time', time: '2026-13-45T99:00:00Z' },
    ]);
    const { name } = (await client.createFromLines(LINE)).json;
    const job = (await client.call('GET', `/v1beta/${name}`)).json;
    expect(job.metadata.createTime).toBe('yesterday');
    const { operations } = (await client.call('GET', '/v1beta/batches')).json;
    expect(operations[0].metadata.createTime).toBe('2026-13-45T99:00:00Z');
  });

  it('state: any text, with all other fields unchanged', async () => {
    const { client } = await withFaults([{ fault: 'get.state', state: 'BATCH_STATE_PAUSED', times: 1 }]);
    const { name } = (await client.createFromLines(LINE)).json;
    const shown = async () => (await client.call('GET', `/v1beta/${name}`)).json;
    const [wrong, right] = [await shown(), await shown()];
    expect(wrong).toEqual({ ...right, metadata: { ...right.metadata, state: 'BATCH_STATE_PAUSED' } });
  });

  it('job-state: the SDK’s spelling in the API’s answer', async () => {
    const { client } = await withFaults([{ fault: 'get.job-state' }, { fault: 'list.job-state' }]);
    const { name } = (await client.createFromLines(LINE)).json;
    expect((await client.call('GET', `/v1beta/${name}`)).json.metadata.state).toBe('JOB_STATE_PENDING');
    const { operations } = (await client.call('GET', '/v1beta/batches')).json;
    expect(operations[0].metadata.state).toBe('JOB_STATE_PENDING');
  });

  it('is refused as usual when it does not exist: these faults do not change a refusal', async () => {
    const { client } = await withFaults([{ fault: 'get.bad-time' }]);
    expect((await client.call('GET', '/v1beta/batches/nobody')).status).toBe(404);
  });
});

describe('a LIST whose pages shift', () => {
  const NAMES = ['five', 'four', 'three', 'two', 'one'];

  async function withFiveJobs(...faults: Parameters<typeof withFaults>[0]) {
    const world = await withFaults(faults);
    const { name } = await world.client.upload(JSON.stringify(LINE[0]));
    for (const displayName of NAMES.toReversed()) {
      await world.client.createFromFile(name, undefined, { displayName });
      world.pass(1);
    }
    return world;
  }

  it('shows each job once without faults', async () => {
    expect(await (await withFiveJobs()).listed()).toEqual(NAMES);
  });

  it('skip: the last job of a page is on no page', async () => {
    const { listed } = await withFiveJobs({ fault: 'list.skip', match: { nth: 1 } });
    expect(await listed()).toEqual(['five', 'three', 'two', 'one']);
  });

  it('double: the last job of a page is also on the next one', async () => {
    const { listed } = await withFiveJobs({ fault: 'list.double', match: { nth: 1 } });
    expect(await listed()).toEqual(['five', 'four', 'four', 'three', 'two', 'one']);
  });
});
