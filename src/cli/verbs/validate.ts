import { describeProblem } from '../../manifest/index.ts';
import type { Verb } from '../call.ts';
import { EXIT } from '../exit-codes.ts';
import { examineManifest } from '../manifest.ts';
import { existingStore, readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const { output } = call;
  const { ok, ...read } = await examineManifest(call, await existingStore(call, await readConfig(call)));
  const problems = 'problems' in read ? read.problems : [];
  for (const warning of read.warnings)
    output.say(`${output.paint('yellow', 'Warning:')} ${describeProblem(warning)}`);
  for (const problem of problems) output.say(describeProblem(problem));
  output.say(
    ok
      ? output.paint('green', 'No problems.')
      : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}.`,
  );
  output.printJson({ ok, problems });
  return ok ? EXIT.done : EXIT.usage;
};
