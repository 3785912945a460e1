import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRecord, type ServerRecord, writeRecordNow } from '../../../src/local/record.ts';
import { folder } from './folder.ts';

const RECORD: ServerRecord = {
  pid: 12,
  startTime: 'a:1',
  port: 7233,
  uiPort: 8233,
  token: 'token',
  namespace: 'default',
  watched: true,
};

describe('the file of a server', () => {
  test('reads back what was written', async () => {
    const home = await folder();
    expect(await readRecord(home)).toBeUndefined();
    writeRecordNow(home, RECORD);
    expect(await readRecord(home)).toEqual(RECORD);
  });

  test.each(['', '{"pid":12,', 'null', '{"pid":12}', JSON.stringify({ ...RECORD, port: '7233' })])(
    'that holds %j is none',
    async (text) => {
      const home = await folder();
      await writeFile(join(home, 'server.json'), text);
      expect(await readRecord(home)).toBeUndefined();
    },
  );
});
