import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Linux' file system in memory. */
const IN_MEMORY = '/dev/shm';
/** The tests need 2 GB at most at a time. Containers often have 64 MB there. */
const MIN_FREE_BYTES = 6e9;

/**
 * Where the tests keep their files: in memory where there is room, because every store and every Temporal server waits for its
 * disk at each step. Undefined: where the system has them. Tests of lost power have a disk of their own.
 */
export function chooseTemporary(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize > MIN_FREE_BYTES && canRunPrograms(IN_MEMORY) ? IN_MEMORY : undefined;
  } catch {
    return undefined;
  }
}

function canRunPrograms(folder: string): boolean {
  const own = mkdtempSync(join(folder, 'hummingbatch-'));
  try {
    const program = join(own, 'true');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o700);
    execFileSync(program);
    return true;
  } finally {
    rmSync(own, { recursive: true });
  }
}
