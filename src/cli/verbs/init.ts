import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HummingbatchError } from '../../contract/index.ts';
import { starterManifest } from '../../manifest/index.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';

const NAME = 'manifest.yaml';

export const verb: Verb = async ({ args: [folder], cwd, output }) => {
  const path = join(cwd, NAME);
  const text = await starterManifest({
    ...(folder !== undefined && { folder: resolve(cwd, folder) }),
    into: cwd,
  });
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw isThere
      ? new HummingbatchError('usage', `${path} exists already.`, {
          fix: 'Rename it, or call it in another folder.',
          cause,
        })
      : new HummingbatchError('usage', `${path} cannot be written.`, {
          fix: 'Call it in a folder of yours.',
          cause,
        });
  }
  output.print(path);
  output.say(`Try it without a key or cost: hummingbatch run ${NAME} --emulator`);
  output.printJson({ manifest: path });
  return EXIT.done;
};
