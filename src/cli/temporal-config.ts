import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Environment } from '../config.ts';
import { HummingbatchError } from '../contract/index.ts';

type Loaded = ReturnType<typeof loadClientConnectConfig>;

/** A Temporal that somebody runs and configured, for client and worker alike. */
export interface ConfiguredTemporal {
  address: string;
  namespace: string;
  connection: Omit<Loaded['connectionOptions'], 'address'>;
}

/**
 * The Temporal that TEMPORAL_ADDRESS or a profile of `temporal.toml` names; undefined where none does.
 *
 * @throws `usage` where they cannot be read
 */
export function configuredTemporal(env: Environment): ConfiguredTemporal | undefined {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: { ...env },
    });
    const { address, ...connection } = connectionOptions;
    return address ? { address, namespace, connection } : undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HummingbatchError('usage', `The configuration of Temporal cannot be read: ${why}.`, {
      fix: 'Mend the TEMPORAL_ variables or `temporal.toml`, or unset TEMPORAL_PROFILE.',
      cause,
    });
  }
}
