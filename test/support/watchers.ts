import { spawnSync } from 'node:child_process';

/** The shells that watch a managed dev server: all other processes of its group. */
export function findWatchers(server: number): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pgid=,pid=,stat='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [group, pid, state = 'Z'] = line.trim().split(/\s+/);
    const isWatcher = Number(group) === server && Number(pid) !== server && !state.startsWith('Z');
    return isWatcher ? [Number(pid)] : [];
  });
}

/** Kills all of them at the same moment: one that is stopped does not see the end of the other. */
export function killWatchers(server: number): void {
  const watchers = findWatchers(server);
  if (watchers.length !== 2) throw new Error(`process ${server} has ${watchers.length} watchers`);
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of watchers) process.kill(pid, signal);
}
