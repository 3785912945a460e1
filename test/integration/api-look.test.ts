import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { BatchProgress, OutputRecord } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import { type ApiDesk, openApi, openApiDesk } from './api-kit.ts';

const run = promisify(execFile);

interface Page {
  batches: BatchProgress[];
  next?: string;
}
interface Records {
  records: OutputRecord[];
  next?: string;
}

let desk: ApiDesk;
let world: ApiDesk['world'];
let api: ApiDesk['api'];
let bring: ApiDesk['bring'];
let clock: { at: number };

/** An ended batch with two images and a refused output, and one that waits for its job. */
beforeAll(async () => {
  clock = { at: Date.now() };
  desk = await openApiDesk({ jobSeconds: 60, now: () => clock.at });
  ({ world, api, bring } = desk);
  const items = [
    { key: 'hero', prompt: 'A bottle on wet slate', count: 2 },
    { key: 'flat', prompt: 'A bottle [refuse]' },
  ];
  await bring('look-ended', 'WAITING', { items, run: { labels: ['old'] } });
  clock.at += 61_000;
  await desk.ended('look-ended');
  await bring('look-waiting', 'WAITING', { run: { labels: ['new', 'team:web'] } });
});
afterAll(() => desk.close());

describe('the list', () => {
  const ids = async (query: string) =>
    (await api.get<Page>(`/v1/batches?${query}`)).body.batches.map(({ batchId }) => batchId);

  test('is filtered by state, label, model and time, newest first', async () => {
    expect(await ids('')).toEqual(['look-waiting', 'look-ended']);
    expect(await ids('state=WAITING')).toEqual(['look-waiting']);
    expect(await ids('state=WAITING&state=COMPLETED_WITH_FAILURES')).toEqual(['look-waiting', 'look-ended']);
    expect(await ids('label=new&label=team:web')).toEqual(['look-waiting']);
    expect(await ids('label=new&label=old')).toEqual([]);
    expect(await ids('model=nano-banana-pro')).toHaveLength(2);
    expect(await ids('model=nano-banana-2.1')).toEqual([]);
    expect(await ids(`since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    expect(await ids('reason=disk-full')).toEqual([]);
  });

  test('is paged', async () => {
    const first = await api.get<Page>('/v1/batches?limit=1');
    expect(first.body).toMatchObject({ batches: [{ batchId: 'look-waiting' }], next: 'look-waiting' });
    const second = await api.get<Page>(`/v1/batches?limit=1&after=${first.body.next}`);
    expect(second.body.batches.map(({ batchId }) => batchId)).toEqual(['look-ended']);
    expect(second.body.next).toBeUndefined();
    expect((await api.get('/v1/batches?after=none-such')).status).toBe(400);
  });
});

describe('the records', () => {
  const of = (query: string) => api.get<Records>(`/v1/batches/look-ended/records?${query}`);

  test('are those of the store, filtered and paged', async () => {
    const { body } = await of('');
    expect(body.records.map(({ output, outcome }) => [output, outcome])).toEqual([
      ['hero#1', 'image'],
      ['hero#2', 'image'],
      ['flat#1', 'refused'],
    ]);
    expect((await of('outcome=refused')).body.records).toMatchObject([
      { output: 'flat#1', reason: expect.any(String) },
    ]);
    expect((await of('key=hero&outcome=image&outcome=refused')).body.records).toHaveLength(2);
    expect((await of('flag=wrong-ratio')).body.records).toEqual([]);
    const page = await of('limit=2');
    expect(page.body.next).toBe('hero#2');
    const next = await of(`limit=2&after=${encodeURIComponent('hero#2')}`);
    expect(next.body.records.map(({ output }) => output)).toEqual(['flat#1']);
    expect(next.body.next).toBeUndefined();
    expect((await of('after=none')).status).toBe(400);
  });

  test('of a batch without a report are an empty page', async () => {
    expect(await api.get('/v1/batches/look-waiting/records')).toMatchObject({
      status: 200,
      body: { records: [] },
    });
    expect((await api.get('/v1/batches/look-waiting/archive.zip')).status).toBe(409);
  });
});

describe('an image', () => {
  test('is the file of the store, and 304 for a caller that has it', async () => {
    const [first] = (await api.get<Records>('/v1/batches/look-ended/records')).body.records;
    const url = `${api.url}/v1/batches/look-ended/${first?.file}`;
    const answer = await fetch(url);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(
      bytes.equals(
        Buffer.from((await world.store.get(batchPlaces('look-ended').file(first?.file ?? ''))) ?? []),
      ),
    ).toBe(true);
    expect(answer.headers.get('content-type')).toBe(first?.mime);
    expect(answer.headers.get('content-length')).toBe(String(first?.bytes));
    const etag = answer.headers.get('etag') ?? '';
    expect(etag).toBe(`"${first?.sha256}"`);
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  test.each([
    'none.png',
    '..%2fwork%2fplan.jsonl',
    '..',
    '%2e%2e%2freport.json',
    'a%00.png',
    'x'.repeat(150),
  ])('that no record names is none: %s', async (name) => {
    expect((await api.get(`/v1/batches/look-ended/images/${name}`)).status).toBe(404);
  });
});

describe('the archive', () => {
  test('of a batch that lost an image is refused', async () => {
    const [first] = (await api.get<Records>('/v1/batches/look-ended/records')).body.records;
    const place = batchPlaces('look-ended').file(first?.file ?? '');
    const bytes = (await world.store.get(place)) ?? Buffer.alloc(0);
    await world.store.delete(place);
    expect(await api.get('/v1/batches/look-ended/archive.zip')).toMatchObject({
      status: 500,
      body: { code: 'store-corrupt' },
    });
    // Bytes beyond the length of its record must not become part of the next response.
    await world.store.put(place, Buffer.concat([bytes, bytes]));
    expect(await api.get(`/v1/batches/look-ended/${first?.file}`)).toMatchObject({ status: 500 });
    await world.store.put(place, bytes);
  });

  test('is a complete ZIP of the files in the store, of the announced length', async () => {
    const answer = await fetch(`${api.url}/v1/batches/look-ended/archive.zip`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    const folder = await mkdtemp(join(tmpdir(), 'archive-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'a.zip'), bytes);
    await run('python3', ['-m', 'zipfile', '-e', 'a.zip', '.'], { cwd: folder });
    const { folder: batchFolder, plan } = batchPlaces('look-ended');
    const work = dirname(plan);
    const there = (await world.store.list(`${batchFolder}/`)).filter((key) => !key.startsWith(work));
    for (const key of there) {
      const unpacked = await readFile(join(folder, key.replace('batches/', '')));
      expect(unpacked.equals(Buffer.from((await world.store.get(key)) ?? [])), key).toBe(true);
    }
    expect(there.some((key) => key.endsWith('failed.json'))).toBe(true);
  });
});

interface Event {
  id?: string;
  event: string;
  data: BatchProgress & { code?: string };
}

/** Reads a stream until it ends or has enough events. */
async function listen(path: string, enough: (events: Event[]) => boolean, lastEventId?: string) {
  const ending = new AbortController();
  const answer = await fetch(`${api.url}${path}`, {
    headers: { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) },
    signal: ending.signal,
  });
  const events: Event[] = [];
  let rest = '';
  try {
    for await (const chunk of answer.body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString()).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts.filter((text) => text.includes('event:')))
        events.push({
          event: /^event: (.*)$/m.exec(part)?.[1] ?? '',
          data: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? '') as Event['data'],
          ...(/^id: (.*)$/m.test(part) && { id: /^id: (.*)$/m.exec(part)?.[1] ?? '' }),
        });
      if (enough(events)) ending.abort();
    }
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  }
  return { status: answer.status, headers: answer.headers, events };
}

describe('events', () => {
  test('report the progress of a batch until it ends, and after a reconnect only newer progress', async () => {
    await bring('look-followed', 'WAITING');
    const first = await listen('/v1/batches/look-followed/events', (events) => events.length === 1);
    expect(first.headers.get('content-type')).toContain('text/event-stream');
    expect(first.events[0]).toMatchObject({
      event: 'progress',
      data: { batchId: 'look-followed', state: 'WAITING' },
    });

    const { id } = first.events[0] ?? {};
    const rest = listen('/v1/batches/look-followed/events', () => false, id);
    clock.at += 61_000;
    const { events } = await rest;
    const states = events.map(({ data }) => data.state);
    expect(events.map((event) => event.id)).not.toContain(id);
    expect(states.at(-1)).toBe('COMPLETED');
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length);

    const over = await listen('/v1/batches/look-followed/events', () => false, events.at(-1)?.id);
    expect(over).toMatchObject({ status: 204, events: [] });
    const anew = await listen('/v1/batches/look-followed/events', () => false);
    expect(anew.events).toHaveLength(1);
  });

  test('begin at once for a caller that has the last event, although the next may come in hours', async () => {
    await bring('look-standing', 'AWAITING_APPROVAL', { run: { approveAboveUsd: 0 } });
    const [known] = (await listen('/v1/batches/look-standing/events', (events) => events.length === 1))
      .events;
    const ending = new AbortController();
    const again = await fetch(`${api.url}/v1/batches/look-standing/events`, {
      headers: { 'last-event-id': known?.id ?? '' },
      signal: ending.signal,
    });
    expect(again.status).toBe(200);
    ending.abort();
  });

  test('of an unknown batch are 404, and 406 for a caller that accepts only JSON', async () => {
    expect(
      (await api.get('/v1/batches/none/events', { headers: { accept: 'text/event-stream' } })).status,
    ).toBe(404);
    expect(
      (await api.get('/v1/batches/look-ended/events', { headers: { accept: 'application/json' } })).status,
    ).toBe(406);
  });

  test('query the batch as often for 100 readers as for one', async () => {
    let progressCache = 0;
    const counted = {
      ...world,
      hummingbatch: {
        ...world.hummingbatch,
        batch: (id: string) => {
          const handle = world.hummingbatch.batch(id);
          return { ...handle, status: () => (progressCache++, handle.status()) };
        },
      },
    };
    const shared = await openApi(counted);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => shared.get<BatchProgress>('/v1/batches/look-ended')),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(progressCache).toBeLessThan(30);
  });
});

test('without tokens a Host header that names another machine is refused: DNS rebinding', async () => {
  const status = await new Promise((resolve, reject) => {
    const asking = httpRequest(`${api.url}/v1/batches`, { headers: { host: 'evil.example' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asking.once('error', reject).end();
  });
  expect(status).toBe(403);
});
