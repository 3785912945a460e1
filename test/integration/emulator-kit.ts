import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';

/** A client without a library: it sends exactly what the test writes. */
export function wireClient(url: string, key: string | null = 'any-key') {
  const headers = { ...(key !== null && { 'x-goog-api-key': key }) };

  async function call(method: string, path: string, body?: unknown, more: Record<string, string> = {}) {
    const response = await fetch(path.startsWith('http') ? path : url + path, {
      method,
      headers: { ...headers, ...more },
      ...(body !== undefined && { body: isBytes(body) ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  }

  async function startUpload(bytes: number, mimeType = 'application/jsonl', file: object = {}) {
    const answer = await call(
      'POST',
      '/upload/v1beta/files',
      { file },
      {
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(bytes),
        'x-goog-upload-header-content-type': mimeType,
      },
    );
    return { ...answer, url: answer.headers.get('x-goog-upload-url') ?? '' };
  }

  /** One piece of an upload. */
  const sendPiece = (to: string, offset: number, piece: Buffer, command = 'upload, finalize') =>
    call('POST', to, piece, { 'x-goog-upload-command': command, 'x-goog-upload-offset': String(offset) });

  async function upload(content: Buffer | string, mimeType = 'application/jsonl') {
    const bytes = Buffer.from(content);
    const started = await startUpload(bytes.length, mimeType);
    return (await sendPiece(started.url, 0, bytes)).json.file as { name: string; uri: string };
  }

  const createFromFile = (fileName: string, model = 'gemini-3-pro-image', batch: object = {}) =>
    call('POST', `/v1beta/models/${model}:batchGenerateContent`, {
      batch: { inputConfig: { fileName }, ...batch },
    });

  return {
    call,
    startUpload,
    sendPiece,
    upload,
    createFromFile,

    /** Uploads these lines and creates a job from them. */
    async createFromLines(lines: readonly unknown[], model?: string) {
      const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
      return createFromFile((await upload(text)).name, model);
    },

    /** The lines of an ended job's result. */
    async readResult(job: string) {
      const { json } = await call('GET', `/v1beta/${job}`);
      const download = await call(
        'GET',
        `/download/v1beta/${json.response.responsesFile}:download?alt=media`,
      );
      return download.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
  };
}

/** An emulator with a clock that only the test moves. */
export async function withClock(options: EmulatorOptions = {}) {
  const clock = { now: Date.parse('2026-11-01T12:00:00Z') };
  const emulator = await createEmulator({
    images: 'plain',
    jobSeconds: 100,
    now: () => clock.now,
    ...options,
  });
  return {
    emulator,
    client: wireClient(emulator.url),
    clock,
    pass: (seconds: number) => {
      clock.now += seconds * 1000;
    },
  };
}

/** A line of an input file. */
export function requestLine(
  key: string,
  prompt = 'a lake',
  generationConfig: object = {},
  parts: unknown[] = [],
) {
  return { key, request: { contents: [{ parts: [{ text: prompt }, ...parts] }], generationConfig } };
}

interface Answer {
  candidates?: { content?: { parts?: { inlineData?: { mimeType?: string; data?: string } }[] } }[];
}

/** The first image of a response. */
export function getImage(response: Answer | undefined): { mimeType?: string; bytes: Buffer } | undefined {
  const parts = response?.candidates?.[0]?.content?.parts ?? [];
  const image = parts.find((part) => part.inlineData)?.inlineData;
  return image && { mimeType: image.mimeType, bytes: Buffer.from(image.data ?? '', 'base64') };
}

function isBytes(body: unknown): body is Buffer<ArrayBuffer> {
  return Buffer.isBuffer(body);
}

/** Of any shape: the test asserts what it must be. */
function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
