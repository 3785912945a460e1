import type { FastifyInstance, FastifyReply } from 'fastify';
import pMap from 'p-map';
import { z } from 'zod';
import { estimate } from '../../batch/cost.ts';
import { compareCosts, costComparisonJson } from '../../batch/cost-comparison.ts';
import { storedProgress } from '../../client/index.ts';
import {
  checkBatchId,
  HummingbatchError,
  isFiringId,
  type Manifest,
  reservedId,
  toWorkflowId,
} from '../../contract/index.ts';
import { referencePlace } from '../../contract/places.ts';
import { deriveBatchId, durationMs } from '../../manifest/index.ts';
import type { Resolved } from '../../manifest/resolve.ts';
import type { SentReference } from '../../manifest/sent.ts';
import { computeSha256 } from '../../manifest/sha256.ts';
import { findMissingReferences, grantReferences } from '../../store/references.ts';
import { abortAtEnd } from '../at-end.ts';
import { mayAccess } from '../batch-access.ts';
import type { RouteContext } from '../context.ts';
import { fingerprintRequest, readIdempotencyKey, runOnce } from '../idempotency.ts';
import {
  MANIFEST_TYPES,
  type ManifestRequest,
  type StagedFile,
  withManifestRequest,
} from '../manifest-request.ts';
import { InvalidManifest } from '../problem.ts';
import { answer, idempotent, problems } from '../schemas/common.ts';
import { costComparisonSchema, created, validation } from '../schemas/manifest.ts';
import { manifestForToken } from '../token-manifest.ts';
import type { Caller } from '../tokens.ts';
import { typed } from './typed.ts';

/** Files written to the store at once. */
const MAX_CONCURRENT_WRITES = 8;
const TAG = ['manifests'];

/** Routes that take a manifest: validate, estimate, and start a batch. */
export async function manifestRoutes(
  app: FastifyInstance,
  { hummingbatch, store, progressCache, manifests }: RouteContext,
): Promise<void> {
  // A manifest is parsed from its bytes, so that its problems have lines and columns.
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser(Object.keys(MANIFEST_TYPES), { parseAs: 'buffer' }, (_, body, done) =>
    done(null, body),
  );
  const routes = typed(app);
  function examine({ manifest, base, files }: ManifestRequest, reply: FastifyReply) {
    const { caller } = reply.request;
    // A token that sees only its own batches knows only the content that it has sent.
    const tenant = caller?.ownOnly ? caller.name : undefined;
    const sent = {
      manifest,
      ...(base && { base }),
      files: files.map(({ name, sha256, probe }) => ({ name, sha256, probe })),
      findMissing: (sha256s: readonly string[]) => findMissingReferences(store, sha256s, tenant),
    };
    return manifests.read(sent, abortAtEnd(reply));
  }

  routes.post(
    '/v1/validate',
    {
      schema: {
        tags: TAG,
        operationId: 'validate',
        summary: 'List all problems of a manifest',
        description: 'Starts nothing and calls no other service.',
        response: { 200: answer('The problems.', validation), ...problems(400, 413, 415) },
      },
    },
    (request, reply) =>
      withManifestRequest(request, store, async (sent) => {
        const read = await examine(sent, reply);
        const found = read.ok ? [] : read.problems;
        return { ok: read.ok, problems: found, warnings: read.warnings };
      }),
  );

  routes.post(
    '/v1/estimate',
    {
      schema: {
        tags: TAG,
        operationId: 'estimate',
        summary: 'Estimate cost and duration of a batch',
        description: 'Starts nothing and calls no other service.',
        querystring: z.object({
          within: z
            .string()
            .optional()
            .meta({ description: 'By when the images are needed.', examples: ['6h'] }),
        }),
        response: { 200: answer('The comparison.', costComparisonSchema), ...problems(400, 413, 415, 422) },
      },
    },
    (request, reply) =>
      withManifestRequest(request, store, async (sent) => {
        const { manifest } = requireValid(await examine(sent, reply));
        const { within } = request.query;
        const withinMs = within === undefined ? undefined : durationMs(within);
        if (within !== undefined && withinMs === undefined)
          throw new HummingbatchError('usage', '`within` is not a valid duration.', {
            fix: 'Write it as 90m or 6h.',
          });
        const costs = compareCosts(estimate(manifest), { ...(withinMs !== undefined && { withinMs }) });
        return costComparisonJson(
          costs,
          sent.files.reduce((sum, { staged }) => sum + staged.bytes, 0),
        );
      }),
  );

  routes.post(
    '/v1/batches',
    {
      schema: {
        tags: ['batches'],
        operationId: 'createBatch',
        summary: 'Start a batch',
        description:
          'Responds once the batch is durable. Its id is derived from name and content, so the same manifest sent again attaches to the existing batch (200). With `batchId` you choose the id. A path in the manifest names a part of the request; no file is opened.',
        headers: idempotent,
        querystring: z.object({
          batchId: z
            .string()
            .max(100)
            .optional()
            .meta({
              description:
                'Lower-case letters, digits and `-`, at most 60 characters. Default: derived from name and content.',
              examples: ['order-4711'],
            }),
        }),
        response: {
          201: answer('The batch was started.', created),
          200: answer('The batch existed before.', created),
          ...problems(400, 401, 409, 413, 415, 422, 503),
        },
      },
    },
    (request, reply) =>
      withManifestRequest(request, store, async (sent) => {
        const { caller } = request;
        const read = requireValid(await examine(sent, reply));
        const { fingerprint } = read;
        const manifest = manifestForToken(caller, read.manifest, sent.manifest.file);
        const batchId = await chooseId(request.query.batchId, { name: manifest.name, fingerprint }, caller);
        const claim = { batchId, fingerprint: fingerprintRequest(fingerprint, manifest.run) };
        let attached = true;
        await runOnce({ store, caller, key: readIdempotencyKey(request) }, claim, async () => {
          await keepReferences(sent.files, read.references);
          if (caller) await grantReferences(store, caller.name, listContents(manifest));
          ({ attached } = await hummingbatch.startNormalised({ manifest, fingerprint, batchId }));
        });
        // Two callers may have started it at the same time, and only one of them may access it.
        if (attached && caller?.ownOnly && !mayAccess(caller, await progressCache.refresh(batchId)))
          throw idTaken(batchId);
        const url = `/v1/batches/${batchId}`;
        reply.code(attached ? 200 : 201).header('location', url);
        return { batchId, workflowId: toWorkflowId(batchId), attached, url, warnings: read.warnings };
      }),
  );

  /** @throws `usage` for a malformed id, `batch-conflict` for the id of a batch that the caller may not access */
  async function chooseId(
    requested: string | undefined,
    { name, fingerprint }: { name: string; fingerprint: string },
    caller: Caller | undefined,
  ): Promise<string> {
    const batchId = requested ?? deriveBatchId(name, ownFingerprint(fingerprint, caller));
    checkBatchId(batchId);
    // Also one that exists: the answer must not tell.
    if (isFiringId(batchId)) throw reservedId(batchId);
    const existing = caller?.ownOnly ? await storedProgress(store, batchId) : undefined;
    if (existing && !mayAccess(caller, existing)) throw idTaken(batchId);
    return batchId;
  }

  /**
   * Moves the staged references to their keys in the store. From then on the batch needs nothing from the caller. Also where the
   * store has the content already: if that took less time, it would tell that another caller has sent it.
   */
  async function keepReferences(
    files: readonly StagedFile[],
    references: readonly SentReference[],
  ): Promise<void> {
    await pMap(
      references,
      async ({ sha256, extension }) => {
        const file = files.find((sent) => sent.sha256 === sha256);
        await file?.staged.keep(referencePlace(sha256, extension));
      },
      { concurrency: MAX_CONCURRENT_WRITES },
    );
  }
}

/** What the id of a batch is made of. With one id for two tokens that send the same manifest, the second would learn of the first. */
function ownFingerprint(fingerprint: string, caller: Caller | undefined): string {
  return caller?.ownOnly ? computeSha256(`${caller.name} ${fingerprint}`) : fingerprint;
}

/** The SHA-256 of each reference that is named by its content. */
function listContents({ references }: Manifest): string[] {
  const sources = new Set(Object.values(references).flat());
  return [...sources].flatMap((source) =>
    source.startsWith('sha256:') ? [source.slice('sha256:'.length)] : [],
  );
}

function idTaken(batchId: string): HummingbatchError {
  return new HummingbatchError('batch-conflict', `The id ${batchId} is taken.`, {
    fix: 'Send another `batchId`.',
    actions: [],
  });
}

function requireValid(read: Resolved<SentReference>) {
  if (!read.ok) throw new InvalidManifest(read.problems, read.warnings);
  return read;
}
