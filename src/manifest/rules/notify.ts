import { isSecretName, isWebhookUrl, MAX_WEBHOOK_URL_CHARACTERS } from '../../contract/notify.ts';
import { findPlace, type Subject } from './rule.ts';

const LIMIT = MAX_WEBHOOK_URL_CHARACTERS.toLocaleString('en');

/** What is wrong is not quoted: a URL may hold a password, and who mixes up name and secret has written the secret. */
export function checkNotify(subject: Subject): void {
  for (const [index, target] of (subject.draft.run?.notify ?? []).entries()) {
    // What the schema refused is not there.
    const { url, secretRef } = target ?? {};
    if (url !== undefined && !isWebhookUrl(url)) {
      subject.problems.add(findPlace(subject, ['run', 'notify', index, 'url']), {
        code: 'wrong-value',
        message: '"url" is no URL to which events can be sent.',
        fix: `An https URL without user name and password, at most ${LIMIT} characters.`,
      });
    }
    if (secretRef !== undefined && !isSecretName(secretRef)) {
      subject.problems.add(findPlace(subject, ['run', 'notify', index, 'secretRef']), {
        code: 'wrong-value',
        message: '"secretRef" is no name of a secret.',
        fix: '1 to 60 letters, digits, "-" and "_"; the secret itself stands in HUMMINGBATCH_WEBHOOK_SECRETS at the worker.',
      });
    }
  }
}
