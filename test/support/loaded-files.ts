import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const HOOKS = `
  let port;
  export const initialize = (data) => (port = data.port);
  export const load = (url, context, next) => (port.postMessage(url), next(url, context));`;

/** What an import added to what the process had loaded before. */
export interface Import {
  files: string[];
  /** Of all threads, the loader's too. */
  cpuMs: number;
}

/**
 * Imports modules of this repository one after another in one process of their own. Counts the files that Node loads for
 * each, both ES modules and CommonJS.
 */
export async function measureImports(modules: readonly string[]): Promise<Import[]> {
  const script = `
    import { createRequire, register } from 'node:module';
    import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
    const { port1, port2 } = new MessageChannel();
    const hooks = 'data:text/javascript,' + ${JSON.stringify(encodeURIComponent(HOOKS))};
    register(hooks, { data: { port: port2 }, transferList: [port2] });
    const known = new Set();
    const imports = [];
    for (const module of ${JSON.stringify(modules)}) {
      const before = process.cpuUsage();
      await import(module);
      const { user, system } = process.cpuUsage(before);
      const loaded = Object.keys(createRequire('file:///').cache);
      for (let received; (received = receiveMessageOnPort(port1)); )
        if (received.message.startsWith('file:')) loaded.push(new URL(received.message).pathname);
      const files = [...new Set(loaded)].filter((file) => !known.has(file));
      for (const file of files) known.add(file);
      imports.push({ files, cpuMs: (user + system) / 1000 });
    }
    console.log(JSON.stringify(imports));
    process.exit();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
  return JSON.parse(stdout) as Import[];
}
