import type { Message } from './read-fields.ts';

/** The messages of the API that the emulator reads, with all their fields. Other field names are refused. */

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

/**
 * The events that an endpoint can subscribe to. Only those of batches are sent. Google's guide lists `batch.cancelled`,
 * its reference does not.
 */
export const WEBHOOK_EVENTS: readonly string[] = [
  'batch.succeeded',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
  'interaction.requires_action',
  'interaction.completed',
  'interaction.failed',
  'interaction.cancelled',
  'video.generated',
];

/** The body of `webhooks.create`. */
export const CREATE_WEBHOOK: Message = {
  fields: { name: 'string', uri: 'string', subscribedEvents: { list: 'string' } },
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
