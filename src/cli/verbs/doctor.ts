import type { Call, Verb } from '../call.ts';
import type { Finding } from '../doctor/check.ts';
import { CHECKS } from '../doctor/checks.ts';
import { EXIT } from '../exit-codes.ts';
import { readConfig } from '../store.ts';

export const verb: Verb = async (call) => {
  const config = await readConfig(call);
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    const finding = await check(call, config);
    findings.push(finding);
    call.output.print(line(call, finding));
  }
  const ok = findings.every(({ level }) => level !== 'missing');
  call.output.printJson({ ok, checks: findings });
  return ok ? EXIT.done : EXIT.error;
};

function line({ output: { paint } }: Call, { name, level, message, fix }: Finding): string {
  const mark = {
    ok: paint('green', 'ok     '),
    hint: paint('yellow', 'hint   '),
    missing: paint('red', 'missing'),
  }[level];
  return `${mark} ${name}: ${message}${fix ? `\n        ${fix}` : ''}`;
}
