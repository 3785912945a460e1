import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTE_TYPES } from '../contract/search-attributes.ts';

/** Names of those of our search attributes that the client's namespace has. Who may not read them gets Temporal's error. */
export async function registeredAttributes({ connection, options }: Client): Promise<string[]> {
  const { namespace } = options;
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const there = Object.keys(customAttributes ?? {});
  return Object.keys(SEARCH_ATTRIBUTE_TYPES).filter((name) => there.includes(name));
}
