import { findModel, MODELS, type Model } from '../../batch/models.ts';
import { nearestRatio } from '../ratio.ts';
import { suggestion } from '../suggest.ts';
import type { Path } from '../tree.ts';
import { findPlace, listItems, type Subject } from './rule.ts';

const GOOGLE_ID = /^(?:models\/)?(gemini-[a-z0-9.-]{1,90})$/i;
const RATIO = /^[1-9]\d{0,2}:[1-9]\d{0,2}$/;

/** Google's own id of a model, however it was written. */
export function resolveModelId(written: string): string {
  return findModel(written)?.id ?? GOOGLE_ID.exec(written)?.[1]?.toLowerCase() ?? written;
}

/** The model is one that can be asked for. Only Google's 404 makes a model gone, so what is deprecated runs. */
export function checkModel(subject: Subject): void {
  const written = subject.draft.model;
  if (written === undefined) return;
  const place = findPlace(subject, ['model']);
  const model = findModel(written);
  if (model?.status === 'deprecated') {
    subject.warnings.add(place, {
      code: 'deprecated-model',
      message: `Google has deprecated ${model.label}; it runs as long as Google serves it.`,
      ...suggestReplacement(model),
    });
  } else if (model === undefined && GOOGLE_ID.test(written)) {
    subject.warnings.add(place, {
      code: 'unlisted-model',
      message: `Nothing is known of ${written}: its ratios, sizes and references go unchecked, and it has no price.`,
    });
  } else if (model === undefined) {
    const all = MODELS.flatMap(({ id, names }) => [...names, id]);
    const names = MODELS.flatMap((known) => known.names).join(', ');
    subject.problems.add(place, {
      code: 'unknown-model',
      message: `There is no model "${written}".`,
      fix: suggestion(written, all) ?? `One of ${names}, or Google's own id.`,
    });
  }
}

function suggestReplacement({ replacedBy }: Model): { fix?: string } {
  const successor = replacedBy === undefined ? undefined : findModel(replacedBy);
  return successor === undefined ? {} : { fix: `${successor.names[0] ?? successor.id} takes its place.` };
}

/** The model offers each ratio and size, where they are written down. */
export function checkOffer(subject: Subject): void {
  const model = subject.draft.model === undefined ? undefined : findModel(subject.draft.model);
  const wanted = [
    { item: subject.draft.defaults ?? {}, path: ['defaults'], about: {} },
    ...listItems(subject),
  ];
  for (const { item, path, about } of wanted) {
    if (item.aspectRatio !== undefined)
      checkRatio(subject, [...path, 'aspectRatio'], item.aspectRatio, model, about);
    if (item.imageSize !== undefined && model) {
      checkSize(subject, [...path, 'imageSize'], item.imageSize, model, about);
    }
  }
}

function checkRatio(
  subject: Subject,
  path: Path,
  ratio: string,
  model: Model | undefined,
  about: { key?: string },
): void {
  if (model === undefined ? RATIO.test(ratio) : model.ratios.includes(ratio)) return;
  const near = model && nearestRatio(ratio, model.ratios);
  subject.problems.add(findPlace(subject, path), {
    ...(model === undefined
      ? { code: 'wrong-value', message: `"${ratio}" is no ratio.` }
      : { code: 'ratio-not-offered', message: `${model.label} does not offer "${ratio}".` }),
    fix: near === undefined ? ratioFix(model) : `Did you mean ${near}?`,
    ...about,
  });
}

function ratioFix(model: Model | undefined): string {
  return model === undefined ? 'Two whole numbers, such as "4:5".' : `One of ${model.ratios.join(', ')}.`;
}

function checkSize(subject: Subject, path: Path, size: string, model: Model, about: { key?: string }): void {
  if ((model.sizes as readonly string[]).includes(size)) return;
  const near = model.sizes.find((offered) => offered === size.trim().toUpperCase());
  subject.problems.add(findPlace(subject, path), {
    code: 'size-not-offered',
    message: `${model.label} does not offer the size "${size}".`,
    fix: near === undefined ? `One of ${model.sizes.join(', ')}.` : `Did you mean ${near}?`,
    ...about,
  });
}
