// Plain JavaScript, because the build begins with it. What a source file that is gone left behind must not be packed.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
