import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { check } from '../contract/check.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { RUN_BLOCK } from '../contract/options.ts';
import { type ObjectRule, object } from '../contract/rules.ts';
import type { Call } from './call.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { FLAGS, type FlagName, type FlagSpec, type Flags } from './flags.ts';
import type { VerbGroup, VerbSpec } from './verb-spec.ts';
import { VERBS } from './verbs.ts';

/** On every verb. */
const COMMON: readonly FlagName[] = ['json', 'verbose'];

const CONVERT = { number: toAmount, count: toCount, list: toList } as const;

interface ProgramOptions {
  version: string;
  stdout: Pick<NodeJS.WritableStream, 'write'>;
  stderr: Pick<NodeJS.WritableStream, 'write'>;
  /** What a verb needs besides its words and flags. */
  buildCall: (args: readonly string[], flags: Flags) => Call;
}

/**
 * Runs the verb of a command line.
 *
 * @throws `usage` for an invalid one, with a suggestion; and what the verb throws
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = new Command('hummingbatch')
    .description("Durable image batches on Google's Gemini Batch API: no job paid twice, no image lost.")
    .version(options.version)
    .configureOutput({
      writeOut: (text) => void options.stdout.write(text),
      writeErr: (text) => void options.stderr.write(text),
      // The caller prints the error once, with its fix.
      outputError: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', '\nExample:\n  $ hummingbatch init && hummingbatch run manifest.yaml --emulator');
  const act: Act = async (spec, args, flags) => {
    const { verb } = await spec.load();
    exit = await verb(options.buildCall(args, flags));
  };
  for (const spec of VERBS) {
    if ('verbs' in spec) addGroup(program, spec, act);
    else addVerb(program, spec, act);
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    // Without a verb commander has shown its help.
    if (error.code === 'commander.help') return EXIT.usage;
    throw toUsageError(error);
  }
}

/** Commander's message, with its suggestion as the fix. */
function toUsageError(error: CommanderError): HummingbatchError {
  const [what = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const message = `${what[0]?.toUpperCase()}${what.slice(1).replace(/\.?$/, '.')}`;
  const fix = suggestion?.replace(/^\((.*)\)$/, '$1');
  return new HummingbatchError('usage', message, { ...(fix && { fix }), cause: error });
}

/** Runs a verb. */
type Act = (spec: VerbSpec, args: readonly string[], flags: Flags) => Promise<void>;

function addGroup(program: Command, spec: VerbGroup, act: Act): void {
  const group = addCommand(program, spec.name, spec);
  for (const verb of spec.verbs) addVerb(group, verb, act);
}

function addVerb(program: Command, spec: VerbSpec, act: Act): void {
  const command = addCommand(program, `${spec.name} ${spec.args ?? ''}`.trim(), spec);
  for (const flag of [...spec.flags, ...COMMON]) command.addOption(toOption(flag));
  command.action(() => act(spec, command.args, command.opts<Flags>()));
}

function addCommand(program: Command, syntax: string, { summary, example }: VerbSpec | VerbGroup): Command {
  return program
    .command(syntax)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    .addHelpText('after', `\nExample:\n  $ ${example}`);
}

function toOption(flag: FlagName): Option {
  const { syntax, help, as }: FlagSpec = FLAGS[flag];
  const option = new Option(syntax, help);
  const name = flag === 'label' ? 'labels' : flag;
  const field = RUN_BLOCK.fields[name as keyof typeof RUN_BLOCK.fields];
  if (field)
    return option.argParser<unknown>(readOption(object(RUN_BLOCK.title, { [name]: field }), name, as));
  return as ? option.argParser<unknown>(CONVERT[as]) : option;
}

/** An option of a batch, with the sentence of every other entrance where it is not accepted. @throws `usage` */
function readOption(rule: ObjectRule, name: string, as: FlagSpec['as']) {
  return (text: string, before: unknown): unknown => {
    const value = as === undefined ? text : as === 'list' ? toList(text, before) : toNumber(text);
    return (check(rule, { [name]: value }) as Record<string, unknown>)[name];
  };
}

/** A number as JSON writes it. Any other text stays a text, which is not accepted. */
function toNumber(text: string): number | string {
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function toAmount(text: string): number {
  const amount = Number(text);
  if (text.trim() !== '' && Number.isFinite(amount) && amount >= 0) return amount;
  throw new InvalidArgumentError('It must be a number, 0 or more.');
}

/** Each use of the flag adds to it. */
function toList(text: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? before : []), text];
}

function toCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, 1 or more.');
}
