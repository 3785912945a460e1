import { describe, expect, it } from 'vitest';
import { withFaults } from './emulator-faults-kit.ts';
import { requestLine } from './emulator-kit.ts';

const YEAR = 365 * 24 * 3600;
const LINES = [requestLine('a'), requestLine('b')];

describe('faults of a job', () => {
  it.each(['PENDING', 'RUNNING'] as const)(
    'stuck: it is %s for ever, until it is cancelled',
    async (state) => {
      const { client, emulator, pass } = await withFaults([{ fault: 'job.stuck', state }]);
      const { name } = (await client.createFromLines(LINES)).json;
      pass(YEAR);
      const job = (await client.call('GET', `/v1beta/${name}`)).json;
      expect(job.metadata.state).toBe(`BATCH_STATE_${state}`);
      expect(job).not.toHaveProperty('done');
      await client.call('POST', `/v1beta/${name}:cancel`, {});
      expect((await client.call('GET', `/v1beta/${name}`)).json.done).toBe(true);
      expect(await emulator.ledger()).toMatchObject({ jobs: [{ cancelled: true }], imagesBilled: 0 });
    },
  );

  it('expired: it ends EXPIRED with an error and without a result', async () => {
    const { client, endedJob } = await withFaults([{ fault: 'job.expired' }]);
    const { json } = await client.call('GET', `/v1beta/${await endedJob()}`);
    expect(json).toMatchObject({
      done: true,
      error: { code: 9 },
      metadata: { state: 'BATCH_STATE_EXPIRED' },
    });
    expect(json).not.toHaveProperty('response');
  });

  it.each([3, 8, 13])('failed: it ends FAILED with code %i, and nothing was billed', async (code) => {
    const { client, emulator, endedJob } = await withFaults([{ fault: 'job.failed', code, message: 'No.' }]);
    const { json } = await client.call('GET', `/v1beta/${await endedJob()}`);
    expect(json).toMatchObject({
      done: true,
      error: { code, message: 'No.' },
      metadata: { state: 'BATCH_STATE_FAILED' },
    });
    expect((await emulator.ledger()).imagesBilled).toBe(0);
  });

  it('cancelled by Google before its start or in the middle, which the ledger tells from a client', async () => {
    const { client, emulator, endedJob } = await withFaults([
      { fault: 'job.cancelled', times: 1 },
      { fault: 'job.cancelled', afterMs: 60_000 },
    ]);
    const states = [];
    for (const job of [await endedJob(['a', 'b']), await endedJob(['a', 'b'])]) {
      states.push((await client.call('GET', `/v1beta/${job}`)).json.metadata.state);
    }
    expect(states).toEqual(['BATCH_STATE_CANCELLED', 'BATCH_STATE_SUCCEEDED']);
    expect((await emulator.ledger()).jobs).toMatchObject([
      { cancelled: false, imagesBilled: 0 },
      { cancelled: false, imagesBilled: 1 },
    ]);
  });

  it('deleted: from then on it is 404, its result too, and LIST does not show it', async () => {
    const { client, download, emulator, pass } = await withFaults([
      { fault: 'job.deleted', afterMs: 50_000 },
    ]);
    const { name } = (await client.createFromLines(LINES)).json;
    pass(49);
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(200);
    pass(51);
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(404);
    expect((await client.call('GET', '/v1beta/batches')).json).toEqual({});
    expect((await download(name)).status).toBe(404);
    // Google continues to work on it: deleting a job does not cancel it.
    expect((await emulator.ledger()).jobs).toMatchObject([{ deleted: true, imagesBilled: 2 }]);
  });

  it('deaf: a cancelled job ends only later', async () => {
    const { client, pass } = await withFaults([{ fault: 'job.deaf', forMs: 20_000 }]);
    const { name } = (await client.createFromLines([requestLine('a'), requestLine('b')])).json;
    const state = async () => (await client.call('GET', `/v1/${name}`)).json.metadata.state;
    await client.call('POST', `/v1/${name}:cancel`, {});
    pass(19);
    expect(await state()).toBe('BATCH_STATE_PENDING');
    pass(2);
    expect(await state()).toMatch(/^BATCH_STATE_(CANCELLED|SUCCEEDED)$/);
  });

  it('unlisted: GET has it at once, LIST only later', async () => {
    const { client, pass } = await withFaults([{ fault: 'job.unlisted', afterMs: 30_000 }]);
    const { name } = (await client.createFromLines(LINES)).json;
    expect((await client.call('GET', `/v1beta/${name}`)).status).toBe(200);
    expect((await client.call('GET', '/v1beta/batches')).json).toEqual({});
    pass(30);
    expect((await client.call('GET', '/v1beta/batches')).json.operations).toHaveLength(1);
  });

  it('keeps its faults when the plan is replaced', async () => {
    const { client, pass, setPlan } = await withFaults([{ fault: 'job.failed', code: 8 }]);
    const { name } = (await client.createFromLines(LINES)).json;
    await setPlan({ faults: [] });
    pass(100);
    expect((await client.call('GET', `/v1beta/${name}`)).json.error.code).toBe(8);
  });
});

describe('faults of a cancel', () => {
  it('answer-lost: the job is cancelled', async () => {
    const { client, emulator } = await withFaults([{ fault: 'cancel.answer-lost' }]);
    const { name } = (await client.createFromLines(LINES)).json;
    await expect(client.call('POST', `/v1beta/${name}:cancel`, {})).rejects.toThrow('fetch failed');
    expect((await emulator.ledger()).jobs).toMatchObject([{ state: 'CANCELLED', cancelled: true }]);
  });
});
