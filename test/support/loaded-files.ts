import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const HOOKS = `
  let port;
  export const initialize = (data) => (port = data.port);
  export const load = (url, context, next) => (port.postMessage(url), next(url, context));`;

/** All files that Node loads for an import of a module of this repository, both ES modules and CommonJS. */
export async function listLoadedFiles(module: string): Promise<string[]> {
  const script = `
    import { createRequire, register } from 'node:module';
    import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
    const { port1, port2 } = new MessageChannel();
    const hooks = 'data:text/javascript,' + ${JSON.stringify(encodeURIComponent(HOOKS))};
    register(hooks, { data: { port: port2 }, transferList: [port2] });
    await import(${JSON.stringify(module)});
    const files = new Set(Object.keys(createRequire('file:///').cache));
    for (let received; (received = receiveMessageOnPort(port1)); )
      if (received.message.startsWith('file:')) files.add(new URL(received.message).pathname);
    console.log(JSON.stringify([...files]));
    process.exit();`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT });
  return JSON.parse(stdout) as string[];
}
