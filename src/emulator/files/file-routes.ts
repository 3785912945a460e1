import type { Exchange, Reply } from '../http/exchange.ts';
import { paginate } from '../http/paging.ts';
import type { World } from '../world.ts';
import { checkFileId, fileResource, noSuchFile } from './files.ts';

export async function getFile({ params, base }: Exchange, { files }: World): Promise<Reply> {
  const id = checkFileId(params.id ?? '');
  const file = await files.poll(id);
  if (!file) throw noSuchFile(id);
  return { json: fileResource(file, base) };
}

/** An empty list is `{}`. */
export async function listFiles({ query, base }: Exchange, { files }: World): Promise<Reply> {
  const { entries, nextPageToken } = paginate(await files.all(), query);
  return {
    json: {
      ...(entries.length > 0 && { files: entries.map((file) => fileResource(file, base)) }),
      ...(nextPageToken !== undefined && { nextPageToken }),
    },
  };
}

export async function deleteFile({ params }: Exchange, { files }: World): Promise<Reply> {
  const id = checkFileId(params.id ?? '');
  if (!(await files.find(id))) throw noSuchFile(id);
  await files.remove(id);
  return { json: {} };
}
