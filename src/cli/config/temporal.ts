import { loadClientConnectConfig } from '@temporalio/envconfig';
import { HummingbatchError } from '../../contract/index.ts';
import type { TemporalOptions } from '../../host/index.ts';
import type { Environment } from './config.ts';

/** A Temporal server that an operator runs and has configured here. */
export type ConfiguredTemporal = TemporalOptions & { namespace: string };

/**
 * The Temporal that TEMPORAL_ADDRESS or a profile of `temporal.toml` names; undefined where none does. An empty variable
 * counts as not set, as everywhere in the configuration.
 *
 * @throws `usage` where they cannot be read
 */
export function readTemporal(env: Environment): ConfiguredTemporal | undefined {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: withoutEmpty(env),
    });
    const { address, ...connection } = connectionOptions;
    return address ? { address, namespace, connection } : undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HummingbatchError('usage', `The configuration of Temporal cannot be read: ${why}.`, {
      fix: 'Correct the TEMPORAL_ variables or `temporal.toml`, or unset TEMPORAL_PROFILE.',
      cause,
    });
  }
}

/** To envconfig 1.24.0 an empty TEMPORAL_PROFILE hides the default profile, and an empty TEMPORAL_API_KEY turns on TLS. */
function withoutEmpty(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
