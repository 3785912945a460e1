/** A word or name that is no longer used, and what to write instead. */
export interface RetiredWord {
  pattern: RegExp;
  write: string;
}

/** `npm run check:words` looks for these in the sources and documents. The terms in use: docs/architecture.md#glossary. */
export const RETIRED_WORDS: readonly RetiredWord[] = [
  // English that readers had to guess.
  { pattern: /\bmend(s|ed|ing)?\b/i, write: 'fix' },
  { pattern: /\bknock(s|ed|ing)?\b/i, write: 'signal' },
  { pattern: /\b(come|comes|came|coming) to light\b/i, write: 'appear' },
  { pattern: /\blook(s|ed|ing)? again\b/i, write: 'check again, retry' },
  { pattern: /\blast look\b/i, write: 'send deadline, last check' },
  { pattern: /\bby (it|them)sel(f|ves)\b/i, write: 'automatically, alone' },
  { pattern: /\bso far as\b/i, write: 'if, where' },
  { pattern: /\b(go|goes|going|went|gone) on\b/i, write: 'continue' },
  { pattern: /\bways? on\b/i, write: 'action, next step' },
  { pattern: /\bsomebody\b/i, write: 'operator, user, another caller' },
  { pattern: /\bstrangers?\b/i, write: 'untrusted, external, unknown' },
  { pattern: /\bgarbled\b/i, write: 'invalid-response, invalid, malformed' },
  { pattern: /\bdoubts?\b/i, write: 'flag' },
  { pattern: /\boddit(y|ies)\b/i, write: 'anomaly' },
  { pattern: /\bis no time\b/i, write: 'is not a valid time' },
  { pattern: /\b(untold|(is|are|was|were|be|been|not|nobody) told)\b/i, write: 'notified, by default' },
  { pattern: /\bunless told otherwise\b/i, write: 'by default' },
  { pattern: /\bTemporal's (own )?pages\b|\bwith its pages\b/i, write: 'the Temporal UI' },
  { pattern: /\bbrought (Temporal )?server\b/i, write: 'managed dev server' },

  // Names in the code.
  { pattern: /\b(MOST|LONGEST|SHORTEST)_\w+/, write: 'MAX_, MIN_' },
  { pattern: /\bfunction \w+Of\b|\bconst \w+Of = (async )?[(<]/, write: 'a verb: parse…, read…, find…' },
  { pattern: /\b(rememberStanding|remember)\(/, write: 'saveProgress' },
  {
    pattern: /\b(toldStop|endIsNews|untilTold|tellMany)\b/,
    write: 'lastNotifiedStop, shouldNotifyEnd, retryBatches',
  },
  { pattern: /\buntilSomebody\b/, write: 'waitForOperator' },
  { pattern: /\bAcceptedAsItIs\b/, write: 'AcceptedIncomplete' },
  { pattern: /\bTrade\b|\btrade\.ts\b/, write: 'CostComparison, cost-comparison.ts' },
  { pattern: /\blookAt\b/, write: 'queryOrReadStore, probe…' },
  { pattern: /\bWayOn\b|\bwaysOn\b/, write: 'Action, availableActions' },
  { pattern: /\bBegun\b|\bbegun\.json\b/, write: 'BatchIdentity, identity.json' },
  { pattern: /\bkeyPrint\b/, write: 'keyFingerprint' },
  { pattern: /\b(manner|MANNERS)\b/, write: 'profile, PROFILES' },
  { pattern: /\bbring(All|Server)\b/, write: 'startLocal, startServer' },
  { pattern: /\b(ListChoice|RetryChoice)\b/, write: 'ListFilter, RetrySelector' },
  { pattern: /'woke'/, write: "'delivered'" },
  { pattern: /\brefuseStrangers\b/, write: 'rejectCrossOrigin' },
];

/** A place in a text where a retired word is used. */
export interface Finding {
  /** From 1. */
  line: number;
  word: string;
  write: string;
}

export function findRetiredWords(text: string): Finding[] {
  return text.split('\n').flatMap((content, index) =>
    RETIRED_WORDS.flatMap(({ pattern, write }) => {
      const word = pattern.exec(content)?.[0];
      return word === undefined ? [] : [{ line: index + 1, word, write }];
    }),
  );
}
