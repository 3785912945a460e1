import type { Client } from '@temporalio/client';
import { registeredAttributes } from '../../client/registered-attributes.ts';
import type { TemporalAddress } from '../../client/temporal.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../contract/search-attributes.ts';
import { findServer } from '../../host/server.ts';
import type { Call } from '../call.ts';
import type { Config } from '../config/config.ts';
import { readTemporal } from '../config/temporal.ts';
import { known } from '../render/output.ts';
import { existingStore } from '../store.ts';
import type { Check } from './check.ts';

/** Whether the configured Temporal answers; without one, verbs that need a server start the managed dev server. */
export const checkTemporal: Check = async (call, config) => {
  const name = 'Temporal';
  try {
    const place = await findTemporal(call, config);
    if (!place)
      return { name, level: 'ok', message: 'None is configured: `run` starts a managed dev server.' };
    await withTemporal(place, async () => undefined);
    return { name, level: 'ok', message: `${place.address} answers, namespace ${place.namespace}.` };
  } catch (error) {
    const { message, fix } = known(error);
    return { name, level: 'missing', message, fix };
  }
};

/** Whether a managed dev server can start at once, or its CLI is downloaded first. Nothing is downloaded here. */
export const checkCli: Check = async (_, { env }) => {
  const name = 'Temporal CLI';
  const { cacheDirectory, findTemporalCli } = await import('../../local/index.ts');
  try {
    const own = { ...env };
    const cacheDir = cacheDirectory(own, process.platform);
    const cli = await findTemporalCli({ env: own, cacheDir, fetchAllowed: false, log: () => undefined });
    return { name, level: 'ok', message: `${cli.version} (server ${cli.serverVersion}) from ${cli.from}.` };
  } catch {
    const fix =
      'Without a configured Temporal the first `run` downloads it (44 MB), or install it and put it on PATH.';
    return { name, level: 'hint', message: 'It is not on this machine.', fix };
  }
};

/** Batches run without them, but the Temporal UI cannot filter by them. */
export const checkSearchAttributes: Check = async (call, config) => {
  const name = 'search attributes';
  try {
    const place = await findTemporal(call, config);
    if (!place) return { name, level: 'ok', message: 'A managed dev server has them.' };
    const there = await withTemporal(place, ({ connection }) =>
      registeredAttributes(connection, place.namespace),
    );
    const lacking = Object.entries(SEARCH_ATTRIBUTE_TYPES).filter(
      ([attribute]) => !there.includes(attribute),
    );
    if (lacking.length === 0) return { name, level: 'ok', message: 'All are registered.' };
    const options = lacking.map(([attribute, type]) => `--name ${attribute} --type ${type}`).join(' ');
    const fix = `temporal operator search-attribute create --namespace ${place.namespace} --address ${place.address} ${options}`;
    return {
      name,
      level: 'hint',
      message: `Not registered: ${lacking.map(([attribute]) => attribute).join(', ')}.`,
      fix,
    };
  } catch (error) {
    return { name, level: 'hint', message: `They cannot be read: ${known(error).message}` };
  }
};

/** Connects for one question. */
export async function withTemporal<Answer>(
  place: TemporalAddress,
  ask: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const { connectTemporal } = await import('../../client/temporal.ts');
  const client = await connectTemporal(place);
  try {
    return await ask(client);
  } finally {
    await client.connection.close();
  }
}

export async function findTemporal(call: Call, config: Config) {
  const configured = readTemporal(config.env);
  if (configured) return configured;
  const store = await existingStore(call, config);
  return store && findServer(store, call.signal);
}
