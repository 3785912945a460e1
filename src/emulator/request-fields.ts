import { badField } from './envelope.ts';

/**
 * Reading JSON the way Google's front end does: against the message's fields, names in camelCase or snake_case, a single
 * value where a list is wanted, null as absent; a name or a type it does not know refuses the whole request.
 */
export type Kind = 'string' | 'number' | 'boolean' | 'any' | Enumeration | List | Message;
interface Enumeration {
  names: readonly string[];
}
interface List {
  list: Kind;
}
export interface Message {
  fields: Readonly<Record<string, Kind>>;
}

const PROTO_TYPES = { string: 'TYPE_STRING', number: 'TYPE_FLOAT', boolean: 'TYPE_BOOL' } as const;

const MODALITIES = ['TEXT', 'IMAGE', 'AUDIO', 'VIDEO'];
const HARM_CATEGORIES = [
  'HARASSMENT',
  'HATE_SPEECH',
  'SEXUALLY_EXPLICIT',
  'DANGEROUS_CONTENT',
  'CIVIC_INTEGRITY',
].map((name) => `HARM_CATEGORY_${name}`);
const HARM_THRESHOLDS = [
  'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
  'BLOCK_LOW_AND_ABOVE',
  'BLOCK_MEDIUM_AND_ABOVE',
  'BLOCK_ONLY_HIGH',
  'BLOCK_NONE',
  'OFF',
];

const PART: Message = {
  fields: {
    text: 'string',
    inlineData: { fields: { mimeType: 'string', data: 'string' } },
    fileData: { fields: { mimeType: 'string', fileUri: 'string' } },
    thought: 'boolean',
    thoughtSignature: 'string',
    functionCall: 'any',
    functionResponse: 'any',
    executableCode: 'any',
    codeExecutionResult: 'any',
    videoMetadata: 'any',
    partMetadata: 'any',
    mediaResolution: 'any',
  },
};

const CONTENT: Message = { fields: { role: 'string', parts: { list: PART } } };

const GENERATION_CONFIG: Message = {
  fields: {
    candidateCount: 'number',
    stopSequences: { list: 'string' },
    maxOutputTokens: 'number',
    temperature: 'number',
    topP: 'number',
    topK: 'number',
    seed: 'number',
    presencePenalty: 'number',
    frequencyPenalty: 'number',
    responseLogprobs: 'boolean',
    logprobs: 'number',
    enableEnhancedCivicAnswers: 'boolean',
    responseMimeType: 'string',
    responseSchema: 'any',
    responseJsonSchema: 'any',
    responseModalities: { list: { names: MODALITIES } },
    mediaResolution: 'string',
    speechConfig: 'any',
    thinkingConfig: {
      fields: { includeThoughts: 'boolean', thinkingBudget: 'number', thinkingLevel: 'string' },
    },
    imageConfig: { fields: { aspectRatio: 'string', imageSize: 'string' } },
  },
};

const GENERATE_CONTENT_REQUEST: Message = {
  fields: {
    model: 'string',
    contents: { list: CONTENT },
    systemInstruction: CONTENT,
    tools: 'any',
    toolConfig: 'any',
    safetySettings: {
      list: { fields: { category: { names: HARM_CATEGORIES }, threshold: { names: HARM_THRESHOLDS } } },
    },
    generationConfig: GENERATION_CONFIG,
    cachedContent: 'string',
    serviceTier: 'string',
    store: 'boolean',
  },
};

/** One line of an input file. */
export const INPUT_LINE: Message = {
  fields: { key: 'string', request: GENERATE_CONTENT_REQUEST, metadata: 'any' },
};

/** One entry of an inline batch. */
const INLINED_REQUEST: Message = { fields: { request: GENERATE_CONTENT_REQUEST, metadata: 'any' } };

/** The body of `models.batchGenerateContent`. */
export const CREATE_BATCH: Message = {
  fields: {
    batch: {
      fields: {
        name: 'string',
        model: 'string',
        displayName: 'string',
        priority: 'any',
        inputConfig: {
          fields: { fileName: 'string', requests: { fields: { requests: { list: INLINED_REQUEST } } } },
        },
        webhookConfig: { fields: { uris: { list: 'string' }, userMetadata: 'any' } },
      },
    },
  },
};

/** The body that starts an upload. */
export const CREATE_FILE: Message = {
  fields: {
    file: {
      fields: {
        name: 'string',
        displayName: 'string',
        mimeType: 'string',
        sizeBytes: 'any',
        source: 'string',
      },
    },
  },
};

/**
 * A copy of `value` with camelCase names, checked against `kind`.
 *
 * @param path where `value` stands in the request, in Google's spelling: `generation_config.image_config`; '' at the top.
 * @throws Refusal INVALID_ARGUMENT naming the field.
 */
export function readFields(value: unknown, kind: Kind, path: string): unknown {
  if (kind === 'any') return value;
  if (typeof kind === 'string') return readScalar(value, kind, path);
  if ('names' in kind) return readName(value, kind, path);
  if ('list' in kind) {
    const entries: unknown[] = Array.isArray(value) ? value : [value];
    return entries.map((entry, index) => readFields(entry, kind.list, `${path}[${index}]`));
  }
  return readMessage(value, kind, path);
}

function readMessage(value: unknown, { fields }: Message, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidValue(path, 'object', value);
  const read: Record<string, unknown> = {};
  for (const [given, inner] of Object.entries(value)) {
    const name = camelCase(given);
    const kind = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (kind === undefined) throw unknownName(given, path);
    if (inner !== null)
      read[name] = readFields(inner, kind, path === '' ? snakeCase(name) : `${path}.${snakeCase(name)}`);
  }
  return read;
}

function readScalar(value: unknown, kind: 'string' | 'number' | 'boolean', path: string): unknown {
  // JSON of protocol buffers writes numbers as strings too.
  const number =
    kind === 'number' && typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === kind && !Number.isNaN(number)) return number;
  throw invalidValue(path, PROTO_TYPES[kind], value);
}

function readName(value: unknown, { names }: Enumeration, path: string): string {
  const name = typeof value === 'string' ? value.toUpperCase() : '';
  if (names.includes(name)) return name;
  throw invalidValue(path, 'TYPE_ENUM', value);
}

function unknownName(name: string, path: string) {
  const at = path === '' ? '' : ` at '${path}'`;
  return badField(path, `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`);
}

function invalidValue(path: string, type: string, value: unknown) {
  return badField(path, `Invalid value at '${path}' (${type}), ${JSON.stringify(value)?.slice(0, 100)}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
