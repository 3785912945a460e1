import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readRecords } from '../../client/index.ts';
import { RECORD } from '../../contract/answers/record.ts';
import {
  FLAGS,
  HummingbatchError,
  type ImageFile,
  OUTCOMES,
  type OutputRecord,
} from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import { toZod } from '../../schemas/to-zod.ts';
import { buildArchive } from '../archive.ts';
import { getStored } from '../batch-access.ts';
import type { ApiContext } from '../context.ts';
import { answer, batchParams, problems } from '../schemas/common.ts';
import { limit, oneOrMore, texts } from '../schemas/query.ts';
import { withExactLength } from '../with-exact-length.ts';
import { typed } from './typed.ts';

const TAG = ['results'];

const page = z
  .object({
    records: z
      .array(toZod(RECORD))
      .meta({ description: 'In the order of the manifest. Empty before the first report.' }),
    next: z
      .string()
      .optional()
      .meta({ description: 'Send it as `after` to get the next page. Absent on the last page.' }),
  })
  .meta({ id: 'RecordPage' });

/** Routes that read the results of a batch: records, images, and an archive of all. */
export async function resultRoutes(app: FastifyInstance, { store }: ApiContext): Promise<void> {
  const routes = typed(app);

  routes.get(
    '/v1/batches/:batchId/records',
    {
      schema: {
        tags: TAG,
        operationId: 'listRecords',
        summary: 'List the records of a batch',
        params: batchParams,
        querystring: z.object({
          outcome: oneOrMore(OUTCOMES, 'With one of these outcomes.', 'image'),
          flag: oneOrMore(FLAGS, 'With one of these flags.', 'wrong-ratio'),
          key: texts('Of one of these items.', 'hero'),
          limit: limit(100, 1000),
          after: z.string().max(200).optional().meta({ description: '`next` of the previous page.' }),
        }),
        response: { 200: answer('A page of records.', page), ...problems(400, 404) },
      },
    },
    async ({ params, query, caller }) => {
      await getStored(caller, store, params.batchId);
      const { outcome, flag, key, limit, after } = query;
      const isSelected = (one: OutputRecord) =>
        (!outcome || outcome.includes(one.outcome)) &&
        (!flag || one.flags.some((has) => flag.includes(has))) &&
        (!key || key.includes(one.key));
      const records: OutputRecord[] = [];
      let hasStarted = after === undefined;
      for await (const one of readRecords(store, params.batchId)) {
        if (hasStarted && isSelected(one)) records.push(one);
        if (records.length > limit) break;
        hasStarted ||= one.output === after;
      }
      if (!hasStarted) throw noSuchOutput(after);
      if (records.length <= limit) return { records };
      const first = records.slice(0, limit);
      return { records: first, next: first.at(-1)?.output };
    },
  );

  routes.get(
    '/v1/batches/:batchId/images/:name',
    {
      exposeHeadRoute: false,
      schema: {
        tags: TAG,
        operationId: 'getImage',
        summary: 'Get an image',
        description: 'The bytes from Gemini, unchanged. `name` is the last part of a record’s `file`.',
        params: batchParams.extend({
          name: z
            .string()
            .max(200)
            .meta({ examples: ['hero~1.jpg'] }),
        }),
        response: {
          200: binary('The image.', 'image/*'),
          304: z.undefined().meta({ description: 'The caller has it: `If-None-Match` names it.' }),
          ...problems(404),
        },
      },
    },
    async ({ params, caller, headers }, reply) => {
      const { batchId, name } = params;
      await getStored(caller, store, batchId);
      const image = await findImage(batchId, `images/${name}`);
      const etag = `"${image.sha256}"`;
      reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (headers['if-none-match'] === etag) return reply.code(304).send();
      reply.type(image.mime).header('content-length', image.bytes);
      return reply.send(
        Readable.from(withExactLength(image.bytes, store.read(batchPlaces(batchId).file(image.file)))),
      );
    },
  );

  routes.get(
    '/v1/batches/:batchId/archive.zip',
    {
      // Fastify would answer HEAD by reading the whole archive.
      exposeHeadRoute: false,
      schema: {
        tags: TAG,
        operationId: 'getArchive',
        summary: 'Get all files of a batch as one ZIP file',
        description:
          'Images, records, report and `failed.json`, as they are in the store. Generated while it is sent.',
        params: batchParams,
        response: { 200: binary('The archive.', 'application/zip'), ...problems(404, 409) },
      },
    },
    async ({ params, caller }, reply) => {
      const { batchId } = params;
      await getStored(caller, store, batchId);
      const archive = await buildArchive(store, batchId);
      reply
        .type('application/zip')
        .header('content-length', archive.bytes)
        .header('content-disposition', `attachment; filename="${batchId}.zip"`);
      return reply.send(archive.content);
    },
  );

  /** Only files that a record names can be read. */
  async function findImage(batchId: string, file: string): Promise<ImageFile> {
    for await (const one of readRecords(store, batchId))
      for (const image of [one, ...(one.alternates ?? [])])
        if (image.file === file) return image as ImageFile;
    throw new HummingbatchError('not-found', `The batch ${batchId} has no image ${file}.`, {
      fix: 'Check its records for the names.',
      actions: [{ action: 'results', batchId }],
    });
  }
}

function noSuchOutput(after: string | undefined): HummingbatchError {
  return new HummingbatchError('usage', `There is no output ${after} after which a page could begin.`, {
    fix: 'Send `next` of the previous page as `after`.',
  });
}

function binary(description: string, type: string) {
  return { description, content: { [type]: { schema: z.string().meta({ format: 'binary' }) } } };
}
