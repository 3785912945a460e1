import type { Manifest } from '../contract/manifest.ts';
import type { Answer, ImageFile, OutputRecord } from '../contract/record.ts';
import { FLAGS, type Flag } from '../contract/words.ts';
import { groupBy } from './group.ts';
import { sumUsd } from './money.ts';
import type { PlannedOutput } from './plan.ts';
import { formatReason, type Loss, toOutcome } from './reasons.ts';
import { isRetryable } from './retry.ts';
import { addUsage } from './usage.ts';

type ImageAnswer = Answer & { image: ImageFile };
type LossAnswer = Answer & { outcome: Loss };

/**
 * Builds exactly one record for each output, in their order, from all answers of all rounds.
 *
 * The record shows the output's first image without a flag, else its first image, else its last reason, else
 * `no-answer`. Every further image with other bytes is an alternate. Tokens and cost are the sums over all its answers.
 * Answers to other outputs are ignored.
 *
 * @param answers ordered by job and line; a later round may come before an earlier one
 */
export function settle(
  outputs: readonly PlannedOutput[],
  answers: readonly Answer[],
  manifest: Manifest,
): OutputRecord[] {
  const byOutput = groupBy(answers, (answer) => answer.output);
  return outputs.map((planned) => {
    const own = (byOutput.get(planned.output) ?? []).toSorted((one, other) => one.round - other.round);
    const images = own.filter(hasImage);
    const chosen = images.find((answer) => answer.flags.length === 0) ?? images[0];
    return {
      output: planned.output,
      key: planned.key,
      ...(chosen ? imageFields(chosen, images, own) : lossFields(own.findLast(isLoss))),
      ...unreadableField(own),
      ...costFields(own),
      ...metadataField(manifest.items[planned.item]?.metadata),
    };
  });
}

function imageFields(chosen: ImageAnswer, images: readonly ImageAnswer[], own: readonly Answer[]) {
  const alternates = distinct(images.map((answer) => answer.image)).filter(
    (image) => image.sha256 !== chosen.image.sha256,
  );
  return {
    outcome: chosen.outcome,
    ...chosen.image,
    flags: chooseFlags(chosen, own),
    ...(alternates.length > 0 && { alternates }),
    ...(chosen.text !== undefined && { text: chosen.text }),
    round: chosen.round,
    job: chosen.job,
  };
}

/** A round asks for an output once. A second answer in the same round is a duplicate, and is billed. */
function chooseFlags(chosen: ImageAnswer, own: readonly Answer[]): Flag[] {
  const isDuplicate = own.filter((answer) => answer.round === chosen.round).length > 1;
  return FLAGS.filter((flag) => chosen.flags.includes(flag) || (isDuplicate && flag === 'duplicate-answer'));
}

function lossFields(last: LossAnswer | undefined) {
  const reason = last?.reason ?? 'no-answer';
  return {
    outcome: last?.outcome ?? toOutcome(reason),
    flags: [],
    reason,
    message: last?.message ?? formatReason(reason),
    ...(last?.text !== undefined && { text: last.text }),
    retryable: isRetryable(reason),
    ...(last && { round: last.round, job: last.job }),
  };
}

function unreadableField(own: readonly Answer[]) {
  const files = [...new Set(own.flatMap(({ kept }) => kept ?? []))];
  return files.length > 0 ? { unreadable: files } : {};
}

function costFields(own: readonly Answer[]) {
  const usage = addUsage(own.map((answer) => answer.usage));
  return { ...(usage && { usage }), costUsd: sumUsd(own.map((answer) => answer.costUsd)) };
}

function metadataField(metadata: Record<string, unknown> | undefined) {
  return metadata === undefined ? {} : { metadata };
}

function hasImage(answer: Answer): answer is ImageAnswer {
  return answer.outcome === 'image' && answer.image !== undefined;
}

function isLoss(answer: Answer): answer is LossAnswer {
  return answer.outcome !== 'image';
}

/** The first image of each content. */
function distinct(images: readonly ImageFile[]): ImageFile[] {
  return images.filter((image, at) => images.findIndex(({ sha256 }) => sha256 === image.sha256) === at);
}
