import { isSecretName, isWebhookUrl, MAX_WEBHOOK_URL_CHARACTERS } from '../../contract/notify.ts';
import { findPlace, type RuleContext } from './rule.ts';

const LIMIT = MAX_WEBHOOK_URL_CHARACTERS.toLocaleString('en');

/** Messages do not quote the values: a URL may contain a password, and `secretRef` may contain the secret by mistake. */
export function checkNotify(context: RuleContext): void {
  for (const [index, target] of (context.draft.run?.notify ?? []).entries()) {
    // The schema removes invalid entries.
    const { url, secretRef } = target ?? {};
    if (url !== undefined && !isWebhookUrl(url)) {
      context.problems.add(findPlace(context, ['run', 'notify', index, 'url']), {
        code: 'wrong-value',
        message: '"url" is not a valid webhook URL.',
        fix: `Use an https URL without user name and password, at most ${LIMIT} characters.`,
      });
    }
    if (secretRef !== undefined && !isSecretName(secretRef)) {
      context.problems.add(findPlace(context, ['run', 'notify', index, 'secretRef']), {
        code: 'wrong-value',
        message: '"secretRef" is not a valid name of a secret.',
        fix: 'Use 1 to 60 letters, digits, "-" and "_". The secret itself belongs in HUMMINGBATCH_WEBHOOK_SECRETS at the worker.',
      });
    }
  }
}
