// Plain JavaScript, because the build runs this first. The output of a deleted source file must not be packed.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
