import { TOKEN_LABEL } from '../contract/labels.ts';
import { STARTS, startPlace } from '../contract/places.ts';
import type { Store } from './store.ts';

/** The owner of a batch that no token of the HTTP API has started. No token has this name. */
const NO_TOKEN = '_';

/** The last start of a batch, as the names of files tell it. */
export interface Start {
  /** ms since 1970. */
  at: number;
  /** The `token:` labels of the batch. */
  tokens: readonly string[];
}

/**
 * Notes that a run of a batch began, so that the newest batches of a caller are found without a look into all batches. Written by
 * `prepare`, before any other file tells when the batch was started.
 *
 * @param at ms since 1970
 */
export async function noteStart(
  store: Store,
  batchId: string,
  { at, labels = [] }: { at: number; labels?: readonly string[] | undefined },
): Promise<void> {
  const tokens = labels.filter((label) => label.startsWith(TOKEN_LABEL));
  const owners = tokens.map((label) => label.slice(TOKEN_LABEL.length));
  for (const owner of owners.length > 0 ? owners : [NO_TOKEN]) {
    const place = startPlace(owner, at, batchId);
    // A step may run again, and a write is synced.
    if (!(await store.head(place))) await store.put(place, '');
  }
}

/** The last start of each batch, by its id. Reads names of files only: 5000 take 20 ms. */
export async function readStarts(store: Store): Promise<Map<string, Start>> {
  const starts = new Map<string, Start>();
  for (const key of await store.list(STARTS)) {
    const [, owner = '', digits = '', batchId = ''] = /^[^/]+\/([^/]+)\/(\d+)-(.+)\.json$/.exec(key) ?? [];
    const at = Number(digits);
    const known = starts.get(batchId);
    if (known && known.at > at) continue;
    const tokens = owner === NO_TOKEN ? [] : [`${TOKEN_LABEL}${owner}`];
    starts.set(batchId, { at, tokens: known?.at === at ? [...known.tokens, ...tokens] : tokens });
  }
  return starts;
}
