import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchProgress } from '../../src/contract/index.ts';
import { runShell } from '../support/shell.ts';
import { picture } from './activities-kit.ts';
import { type Api, type ApiDesk, openApiDesk, threeOutputs } from './api-kit.ts';

const TOKEN = 'docs-secret-docs-secret';

/** Every `curl` command of a document. */
async function readCommands(document: string): Promise<string[]> {
  const text = await readFile(fileURLToPath(new URL(`../../docs/${document}`, import.meta.url)), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(?<code>[\s\S]*?)^```$/gm)].map(
    ({ groups }) => groups?.['code'] ?? '',
  );
  return blocks.flatMap((code) => code.split('\n').filter((line) => line.startsWith('curl ')));
}

const COMMANDS = [...(await readCommands('api.md')), ...(await readCommands('triggering.md'))];

describe('the curl commands of the documents', () => {
  let desk: ApiDesk;
  let guarded: Api;
  let folder: string;

  beforeAll(async () => {
    desk = await openApiDesk({ jobSeconds: 0.5 });
    guarded = await desk.open({ tokens: `docs=${TOKEN}` });
    folder = await mkdtemp(join(tmpdir(), 'api-docs-'));
    await mkdir(join(folder, 'refs'));
    await writeFile(join(folder, 'refs', 'bottle.png'), await picture(3));
    const { items, ...head } = threeOutputs('api-docs');
    const references = { bottle: 'refs/bottle.png' };
    await writeFile(join(folder, 'manifest.yaml'), JSON.stringify({ ...head, items }));
    await writeFile(
      join(folder, 'with.yaml'),
      JSON.stringify({
        ...head,
        name: 'api-docs-refs',
        references,
        items: items.map((item) => ({ ...item, references: ['bottle'] })),
      }),
    );
  });
  afterAll(async () => {
    await desk.close();
    await rm(folder, { recursive: true, force: true });
  });

  const START: Record<string, object> = {
    approve: { run: { approveAboveUsd: 0 } },
    'set-budget': { run: { maxCostUsd: 0 } },
    retry: {
      items: [
        { key: 'a', prompt: 'A bottle [refuse]' },
        { key: 'b', prompt: 'A bottle [fail]' },
      ],
      run: { maxRounds: 1 },
    },
  };
  const IS_READY: Record<string, (progress: BatchProgress) => boolean> = {
    approve: ({ state }) => state === 'AWAITING_APPROVAL',
    'set-budget': ({ state }) => state === 'NEEDS_ATTENTION',
  };

  /** A batch in a state that the command fits. */
  async function bring(id: string, operation: string): Promise<void> {
    await desk.api.post(`/v1/batches?batchId=${id}`, { body: threeOutputs(id, START[operation] ?? {}) });
    const isReady = IS_READY[operation] ?? (({ endedAt }: BatchProgress) => endedAt !== undefined);
    await desk.until(id, isReady);
  }

  test('exist', () => {
    expect(COMMANDS.length).toBeGreaterThan(9);
  });

  test.each(COMMANDS.map((command, n) => [n, command] as const))(
    '%i does what it is for: %s',
    async (n, command) => {
      const id = `api-docs-${n}`;
      const operation = /\/ID\/([a-z-]+)/.exec(command)?.[1] ?? '';
      if (command.includes('/ID')) await bring(id, operation);
      const typed = command
        .replace(/ +# .*$/, '')
        .replaceAll('/ID', `/${id}`)
        .replace('batchId=order-4711', `batchId=${id}`)
        .replace('http://127.0.0.1:8480', '$API')
        .replace(/manifest=@manifest.yaml/, 'manifest=@with.yaml');
      const url = command.includes('$TOKEN') ? guarded.url : desk.api.url;
      const heard = await runShell(`${typed} -sS -w '\\n%{http_code}'`, folder, {
        API: url,
        TOKEN,
        PATH: process.env['PATH'] ?? '',
      });
      expect(heard.code, heard.output).toBe(0);
      expect(heard.output, typed).toMatch(/\n20[01]$/);
    },
  );
});
