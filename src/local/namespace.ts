import type { Connection } from '@temporalio/client';
import { msNumberToTs } from '@temporalio/common/lib/time.js';

/** The kinds of search attributes in use, with their numbers in Temporal's API (`IndexedValueType`). */
const INDEXED_VALUE_TYPES = { Keyword: 2, Int: 3, KeywordList: 7 } as const;

/** By name. The dev server has room for 10 Keyword, 3 Int and 3 KeywordList. */
export type SearchAttributeTypes = Readonly<Record<string, keyof typeof INDEXED_VALUE_TYPES>>;

const MS_PER_HOUR = 3600 * 1000;

/** The key of the namespace's data under which it keeps the token of the server's start. */
const TOKEN = 'hummingbatch-server';

export interface NamespaceSettings {
  namespace: string;
  searchAttributes: SearchAttributeTypes;
  /** How long a closed workflow is kept, hours. */
  retentionHours: number;
}

/**
 * Sets the search attributes and the retention of a namespace, at once. Idempotent. `--search-attribute` at the server's
 * start would do nothing on an existing database.
 */
export async function settleNamespace(connection: Connection, settings: NamespaceSettings): Promise<void> {
  const { namespace } = settings;
  const searchAttributes = Object.fromEntries(
    Object.entries(settings.searchAttributes).map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]]),
  );
  // The server refuses an empty list.
  if (Object.keys(searchAttributes).length > 0) {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: msNumberToTs(settings.retentionHours * MS_PER_HOUR) },
  });
}

/** Marks the server as the one of this start. */
export async function writeToken(connection: Connection, namespace: string, token: string): Promise<void> {
  await connection.workflowService.updateNamespace({ namespace, updateInfo: { data: { [TOKEN]: token } } });
}

/** The token that the server was marked with, if it was. */
export async function readToken(connection: Connection, namespace: string): Promise<string | undefined> {
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
  return namespaceInfo?.data?.[TOKEN];
}
