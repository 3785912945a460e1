import { defineSearchAttributeKey } from '@temporalio/common';

/** The search attributes of a batch, and their types as a server registers them. */
export const SEARCH_ATTRIBUTE_TYPES = {
  BatchId: 'Keyword',
  BatchState: 'Keyword',
  StopReason: 'Keyword',
  GeminiModel: 'Keyword',
  GeminiJob: 'Keyword',
  BatchLabels: 'KeywordList',
  OutputsTotal: 'Int',
  OutputsDone: 'Int',
  OutputsFailed: 'Int',
} as const;

/** The same as typed keys. A server that lacks some is no obstacle: the batch does without them. */
export const SEARCH_ATTRIBUTES = {
  BatchId: defineSearchAttributeKey('BatchId', 'KEYWORD'),
  BatchState: defineSearchAttributeKey('BatchState', 'KEYWORD'),
  StopReason: defineSearchAttributeKey('StopReason', 'KEYWORD'),
  GeminiModel: defineSearchAttributeKey('GeminiModel', 'KEYWORD'),
  GeminiJob: defineSearchAttributeKey('GeminiJob', 'KEYWORD'),
  BatchLabels: defineSearchAttributeKey('BatchLabels', 'KEYWORD_LIST'),
  OutputsTotal: defineSearchAttributeKey('OutputsTotal', 'INT'),
  OutputsDone: defineSearchAttributeKey('OutputsDone', 'INT'),
  OutputsFailed: defineSearchAttributeKey('OutputsFailed', 'INT'),
} as const;
