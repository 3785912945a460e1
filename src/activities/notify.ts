import { deliveryPauseMs, HummingbatchError, isNotifyTarget, parseOrigin } from '../contract/index.ts';
import type { WebhookAnswer } from '../net/post.ts';
import { SIGNATURE_HEADERS, sign } from '../webhooks/index.ts';
import type { ActivityDeps } from './deps.ts';
import { MAX_DELAY_MS, Stuck } from './failure.ts';
import type { StepContext } from './step.ts';
import type { NotifyInput } from './types.ts';

/** The receiver wants no more of it. */
const GONE = 410;

/** Sends an event once. What is signed is the same each time but for the time of sending. */
export async function notify(
  deps: ActivityDeps,
  { id, event, target }: NotifyInput,
  { signal, attempt }: StepContext,
): Promise<void> {
  if (!isNotifyTarget(target))
    throw new HummingbatchError('usage', 'The target of a webhook is no URL with the name of a secret.');
  const { url, secretRef } = target;
  const secrets = deps.webhookSecrets(secretRef);
  if (!secrets) throw unknownSecret(secretRef);

  const body = JSON.stringify(event);
  const timestamp = Math.floor(deps.now() / 1_000);
  const answer = await deps.postWebhook(
    {
      url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'hummingbatch',
        [SIGNATURE_HEADERS.id]: id,
        [SIGNATURE_HEADERS.timestamp]: String(timestamp),
        [SIGNATURE_HEADERS.signature]: sign({ id, timestamp, body }, secrets),
      },
      body,
    },
    signal,
  );
  if (answer.status < 200 || answer.status > 299) throw refused(url, answer, attempt);
}

/** Another worker of the queue may have it, or this one after its next start. */
function unknownSecret(name: string): HummingbatchError {
  return new HummingbatchError('wrong-worker', `This worker has no webhook secret named ${name}.`, {
    fix: `Add ${name}=whsec_… to HUMMINGBATCH_WEBHOOK_SECRETS of the worker; the event is sent again by itself.`,
  });
}

function refused(
  url: string,
  { status, retryAfterMs = 0 }: WebhookAnswer,
  attempt: number,
): HummingbatchError {
  const message = `The receiver at ${parseOrigin(url)} answered ${status}`;
  if (status === GONE) {
    const gone = new HummingbatchError('unavailable', `${message}: it wants no more of this.`, {
      fix: 'Take the target out of `notify`.',
    });
    return new Stuck(gone, gone.message);
  }
  const laterMs = Math.min(retryAfterMs, MAX_DELAY_MS);
  return new HummingbatchError('unavailable', `${message}.`, {
    fix: 'Look at the receiver; the event is sent again by itself.',
    // Only ever later than the rule has it: a receiver that says "in 1 s" must not use up all tries in a minute.
    ...(laterMs > deliveryPauseMs(attempt) && { retryAfterMs: laterMs }),
  });
}
