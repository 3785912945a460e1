import { answer, anything, boolean, choice, integer, list, number, optional, text } from '../rules.ts';
import { FLAGS, OUTCOMES, REASONS } from '../words.ts';

const words = (description: string) => text(() => true, { description });
const count = (description: string) => integer(0, undefined, { description });

/** An image file of the batch, measured from its bytes and not from what the answer claims. */
const FILE = {
  file: words(
    'Relative to the batch’s folder, e.g. `images/hero~2.png`; over HTTP GET /v1/batches/{batchId}/{file}.',
  ),
  mime: words('From its bytes, such as `image/jpeg`.'),
  width: count('Pixels.'),
  height: count('Pixels.'),
  bytes: count('Its length.'),
  sha256: words('Of its bytes, hex.'),
};

export const IMAGE_FILE = answer(FILE);

export const USAGE = answer({
  input: count('Tokens of the request.'),
  text: count('Output tokens that became text, including thoughts.'),
  image: count('Output tokens that became images.'),
});

/** The fields that a record and an answer share where there is no image. */
const CAUSE = {
  reason: optional(choice(REASONS, { description: 'Why there is no image, from a closed set.' })),
  message: optional(words('What happened; Google’s sentence where it gave one, at most 500 characters.')),
  text: optional(words('What the model wrote beside or in place of an image, at most 2000 characters.')),
};

const OUTPUT = words('The output’s id, `key#n`, n from 1.');
const OUTCOME = choice(OUTCOMES, {
  description:
    '`image`: there is one. `refused`: by a policy of the model. `failed`: an error. `missing`: no answer at all.',
});
const FLAG_LIST = list(choice(FLAGS), { description: 'Defects of the image.' });

/** What Gemini answered for one output in one job. Records are made of these; they lie in checkpoints and are not published. */
export const ANSWER = answer({
  output: OUTPUT,
  outcome: OUTCOME,
  image: optional(IMAGE_FILE),
  flags: FLAG_LIST,
  ...CAUSE,
  kept: optional(text(() => true)),
  usage: optional(USAGE),
  costUsd: number(),
  round: integer(1, undefined),
  job: text(() => true),
});

/** One line of `results.jsonl`. Every output has exactly one. Records of later versions may have more fields. */
export const RECORD = answer(
  {
    output: OUTPUT,
    key: words('The key of its item.'),
    outcome: OUTCOME,
    flags: FLAG_LIST,
    file: optional(FILE.file),
    mime: optional(FILE.mime),
    width: optional(FILE.width),
    height: optional(FILE.height),
    bytes: optional(FILE.bytes),
    sha256: optional(FILE.sha256),
    alternates: optional(list(IMAGE_FILE), {
      description: 'Further images that were billed for this output, kept beside the first.',
    }),
    ...CAUSE,
    unreadable: optional(list(words('Relative to the batch’s folder in the store.')), {
      description:
        'Lines of result files that were billed for this output and not understood, as Google sent them. No further try is paid automatically.',
    }),
    retryable: optional(boolean(), {
      description: 'Whether another try may help. Present only where there is no image.',
    }),
    round: optional(count('The round of the answer that counts. Absent where no job ever had the output.')),
    job: optional(words('The job of the answer that counts: Google’s name.')),
    usage: optional(USAGE, { description: 'Tokens that Google billed, over all answers to the output.' }),
    costUsd: number({ description: 'Over all answers to the output, USD.' }),
    metadata: optional(anything(), { description: 'As the item in the manifest has it.' }),
  },
  { id: 'Record', description: 'How an output ended. Each output has exactly one.', others: 'kept' },
);
