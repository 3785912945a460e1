import type { Manifest } from '../contract/index.ts';
import {
  computeFingerprint,
  deriveBatchId,
  describeProblem,
  type LocalReference,
  type ManifestResult,
  manifestError,
  type Overrides,
  readManifest,
} from '../manifest/index.ts';
import { findMissingReferences } from '../store/references.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';
import { type Flags, OVERRIDES } from './flags.ts';

/** A manifest that can be started. */
export interface ReadyManifest {
  manifest: Manifest;
  fingerprint: string;
  references: LocalReference[];
  /** The id that it has unless another is given. */
  batchId: string;
}

/** Leaves room for `-sample` in an id of at most 55 characters: see `deriveBatchId`. */
const NAME_OF_SAMPLE = 39;

/** The manifest of a call with the fields that flags replace, or its problems. */
export async function examineManifest(call: Call, store: Store | undefined): Promise<ManifestResult> {
  const { args, flags, cwd } = call;
  const [path = ''] = args;
  return readManifest(path, {
    cwd,
    ...(flags.base && { base: flags.base }),
    overrides: readOverrides(flags),
    findMissing: (sha256s) => findMissingReferences(store, sha256s),
  });
}

/**
 * The manifest of a call, or with `--sample` one of its first items. Prints its warnings.
 *
 * @throws `manifest-invalid` after printing all problems
 */
export async function readyManifest(call: Call, store: Store | undefined): Promise<ReadyManifest> {
  const { output, flags } = call;
  const read = await examineManifest(call, store);
  for (const warning of read.warnings)
    output.say(`${output.paint('yellow', 'Warning:')} ${describeProblem(warning)}`);
  if (!read.ok) {
    for (const problem of read.problems) output.say(describeProblem(problem));
    throw manifestError(read.problems);
  }
  const { manifest, fingerprint, references } = read;
  const whole = { manifest, fingerprint, references, batchId: deriveBatchId(manifest.name, fingerprint) };
  return flags.sample === undefined ? whole : takeSample(whole, flags.sample);
}

/** The first items as a manifest of its own, with the references that they use. */
function takeSample({ manifest, references }: ReadyManifest, count: number): ReadyManifest {
  const items = manifest.items.slice(0, count);
  const used = new Set(items.flatMap((item) => item.references));
  const sample: Manifest = {
    ...manifest,
    items,
    references: Object.fromEntries(Object.entries(manifest.references).filter(([name]) => used.has(name))),
  };
  const contents = new Set<string>(Object.values(sample.references).flat());
  const fingerprint = computeFingerprint(sample);
  return {
    manifest: sample,
    fingerprint,
    references: references.filter(({ sha256 }) => contents.has(`sha256:${sha256}`)),
    batchId: deriveBatchId(`${manifest.name.slice(0, NAME_OF_SAMPLE)}-sample`, fingerprint),
  };
}

function readOverrides(flags: Flags): Overrides {
  return {
    ...Object.fromEntries(
      OVERRIDES.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]),
    ),
    ...(flags.label && { labels: flags.label }),
  };
}
