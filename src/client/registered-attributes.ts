import type { ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTE_TYPES } from '../contract/search-attributes.ts';

/** Names of those of our search attributes that a namespace has. @throws Temporal's error where they may not be read */
export async function registeredAttributes(
  { operatorService }: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const registered = Object.keys(customAttributes ?? {});
  return Object.keys(SEARCH_ATTRIBUTE_TYPES).filter((name) => registered.includes(name));
}
