import { checkKeys } from './keys.ts';
import { checkModel, checkOffer } from './model.ts';
import { checkOutputs, checkSeeds } from './numbers.ts';
import { checkSources, checkUses } from './references.ts';
import type { Rule } from './rule.ts';
import { checkSafety } from './safety.ts';
import { checkTexts } from './texts.ts';

/** All rules beyond the schema that can be checked without opening a file. */
export const RULES: readonly Rule[] = [
  checkModel,
  checkOutputs,
  checkKeys,
  checkTexts,
  checkOffer,
  checkSources,
  checkUses,
  checkSeeds,
  checkSafety,
];
