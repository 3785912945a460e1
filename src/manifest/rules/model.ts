import { findModel, MODELS, type Model } from '../../batch/models.ts';
import { findNearestRatio } from '../ratio.ts';
import { suggestName } from '../suggest.ts';
import type { Path } from '../tree.ts';
import { findPlace, listItems, type RuleContext } from './rule.ts';

const GOOGLE_ID = /^(?:models\/)?(gemini-[a-z0-9.-]{1,90})$/i;
const RATIO = /^[1-9]\d{0,2}:[1-9]\d{0,2}$/;

/** Google's id of a model that is given by name or by id. */
export function resolveModelId(written: string): string {
  return findModel(written)?.id ?? GOOGLE_ID.exec(written)?.[1]?.toLowerCase() ?? written;
}

/** The model can be requested. A deprecated model still runs: only a 404 from Google means that it is gone. */
export function checkModel(context: RuleContext): void {
  const written = context.draft.model;
  if (written === undefined) return;
  const place = findPlace(context, ['model']);
  const model = findModel(written);
  if (model?.status === 'deprecated') {
    context.warnings.add(place, {
      code: 'deprecated-model',
      message: `Google has deprecated ${model.label}; it runs as long as Google serves it.`,
      ...suggestReplacement(model),
    });
  } else if (model === undefined && GOOGLE_ID.test(written)) {
    context.warnings.add(place, {
      code: 'unlisted-model',
      message: `hummingbatch has no data about ${written}: its ratios, sizes and references are not checked, and it has no price.`,
    });
  } else if (model === undefined) {
    const all = MODELS.flatMap(({ id, names }) => [...names, id]);
    const names = MODELS.flatMap((known) => known.names).join(', ');
    context.problems.add(place, (findNearest) => ({
      code: 'unknown-model',
      message: `"${written}" is not a known model.`,
      fix:
        suggestName(written, all, findNearest) ?? `Use one of ${names}, or an id that begins with gemini-.`,
    }));
  }
}

function suggestReplacement({ replacedBy }: Model): { fix?: string } {
  const successor = replacedBy === undefined ? undefined : findModel(replacedBy);
  return successor === undefined ? {} : { fix: `${successor.names[0] ?? successor.id} replaces it.` };
}

/** The model offers each ratio and size that the manifest asks for. */
export function checkOffer(context: RuleContext): void {
  const model = context.draft.model === undefined ? undefined : findModel(context.draft.model);
  const wanted = [
    { item: context.draft.defaults ?? {}, path: ['defaults'], itemKey: {} },
    ...listItems(context),
  ];
  for (const { item, path, itemKey } of wanted) {
    if (item.aspectRatio !== undefined)
      checkRatio(context, [...path, 'aspectRatio'], item.aspectRatio, model, itemKey);
    if (item.imageSize !== undefined && model) {
      checkSize(context, [...path, 'imageSize'], item.imageSize, model, itemKey);
    }
  }
}

function checkRatio(
  context: RuleContext,
  path: Path,
  ratio: string,
  model: Model | undefined,
  itemKey: { key?: string },
): void {
  if (model === undefined ? RATIO.test(ratio) : model.ratios.includes(ratio)) return;
  context.problems.add(findPlace(context, path), () => {
    const near = model && findNearestRatio(ratio, model.ratios);
    return {
      ...(model === undefined
        ? { code: 'wrong-value', message: `"${ratio}" is not a valid ratio.` }
        : { code: 'ratio-not-offered', message: `${model.label} does not offer "${ratio}".` }),
      fix: near === undefined ? ratioFix(model) : `Did you mean ${near}?`,
      ...itemKey,
    };
  });
}

function ratioFix(model: Model | undefined): string {
  return model === undefined
    ? 'Write two whole numbers, such as "4:5".'
    : `Use one of ${model.ratios.join(', ')}.`;
}

function checkSize(
  context: RuleContext,
  path: Path,
  size: string,
  model: Model,
  itemKey: { key?: string },
): void {
  if ((model.sizes as readonly string[]).includes(size)) return;
  const near = model.sizes.find((offered) => offered === size.trim().toUpperCase());
  context.problems.add(findPlace(context, path), {
    code: 'size-not-offered',
    message: `${model.label} does not offer the size "${size}".`,
    fix: near === undefined ? `Use one of ${model.sizes.join(', ')}.` : `Did you mean ${near}?`,
    ...itemKey,
  });
}
