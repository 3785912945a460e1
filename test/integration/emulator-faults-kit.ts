import { onTestFinished } from 'vitest';
import type { EmulatorOptions, Fault, FaultPlan } from '../../src/emulator/index.ts';
import { getImage, requestLine, withClock } from './emulator-kit.ts';

/** An emulator with these faults and a clock that only the test moves; closed after the test. */
export async function withFaults(faults: Fault[], options: EmulatorOptions = {}) {
  const world = await withClock({ faults: { faults }, ...options });
  onTestFinished(() => world.emulator.close());
  const { client, emulator, pass } = world;

  /** Creates a job with these keys and moves the clock past its end. */
  async function endedJob(keys: readonly string[] = ['a', 'b', 'c'], generationConfig: object = {}) {
    const { json } = await client.createFromLines(
      keys.map((key) => requestLine(key, 'a lake', generationConfig)),
    );
    pass(100);
    return json.name as string;
  }

  /** The bytes of a job's result. */
  const download = (job: string, headers: Record<string, string> = {}) =>
    client.call('GET', downloadPath(job), undefined, headers);

  return {
    ...world,
    endedJob,
    download,
    /** Reads the body of a download until it ends or breaks. */
    downloadUntilItBreaks: async (job: string, signal?: AbortSignal) => {
      const response = await fetch(emulator.url + downloadPath(job), {
        headers: { 'x-goog-api-key': 'any' },
        ...(signal && { signal }),
      });
      let bytes = 0;
      try {
        for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
        return { bytes, headers: response.headers, broke: false };
      } catch (error) {
        return { bytes, headers: response.headers, broke: true, error };
      }
    },
    /** The line of a job with one row. */
    onlyLine: async (generationConfig: object = {}) => {
      const [line] = await client.readResult(await endedJob(['a'], generationConfig));
      return line;
    },
    /** The display names in LIST, page by page, each of two jobs. */
    listed: async () => {
      const names: string[] = [];
      let token: string | undefined = '';
      do {
        const { json } = await client.call('GET', `/v1beta/batches?pageSize=2&pageToken=${token}`);
        names.push(...(json.operations ?? []).map(({ metadata }: Listed) => metadata.displayName));
        token = json.nextPageToken;
      } while (token !== undefined && names.length < 20);
      return names;
    },
    setPlan: (plan: FaultPlan) => client.call('PUT', '/emulator/faults', plan),
  };
}

interface Listed {
  metadata: { displayName: string };
}

function downloadPath(job: string): string {
  return `/download/v1beta/files/batch-${job.slice('batches/'.length)}:download?alt=media`;
}

/** All images of a line, in their order. */
export function listImages(line: { response?: { candidates?: { content?: { parts?: object[] } }[] } }) {
  const parts = line.response?.candidates?.[0]?.content?.parts ?? [];
  return parts.flatMap((part) => {
    const image = getImage({ candidates: [{ content: { parts: [part] } }] });
    return image ? [{ ...image, thought: 'thought' in part }] : [];
  });
}
