import { deliveryPauseMs, HummingbatchError, isNotifyTarget, parseOrigin } from '../contract/index.ts';
import type { WebhookAnswer } from '../net/post.ts';
import { SIGNATURE_HEADERS, sign } from '../webhooks/index.ts';
import type { ActivityDeps } from './deps.ts';
import { MAX_DELAY_MS, NonRetryableError } from './failure.ts';
import type { StepContext } from './step.ts';
import type { NotifyInput } from './types.ts';

/** 410: the receiver wants no more events. */
const HTTP_GONE = 410;

/**
 * Makes one attempt to deliver an event. Id and body are the same in each attempt; the timestamp is that of the
 * attempt.
 *
 * @throws `usage` for a bad target, `wrong-worker` for an unknown secret, `unreachable`, and `unavailable` where the
 *   receiver does not answer 2xx
 */
export async function notify(
  deps: ActivityDeps,
  { id, event, target }: NotifyInput,
  { signal, attempt }: StepContext,
): Promise<void> {
  if (!isNotifyTarget(target))
    throw new HummingbatchError('usage', 'The target of a webhook must be a URL and the name of a secret.');
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

/** Another worker of the queue may have the secret, or this one after its next start. */
function unknownSecret(name: string): HummingbatchError {
  return new HummingbatchError('wrong-worker', `This worker has no webhook secret named ${name}.`, {
    fix: `Add ${name}=whsec_… to HUMMINGBATCH_WEBHOOK_SECRETS of the worker; the event is sent again automatically.`,
  });
}

function refused(
  url: string,
  { status, retryAfterMs = 0 }: WebhookAnswer,
  attempt: number,
): HummingbatchError {
  const message = `The receiver at ${parseOrigin(url)} answered ${status}`;
  if (status === HTTP_GONE) {
    const gone = new HummingbatchError('unavailable', `${message}: it wants no more events.`, {
      fix: 'Remove the target from `notify`.',
    });
    return new NonRetryableError(gone, gone.message);
  }
  const retryMs = Math.min(retryAfterMs, MAX_DELAY_MS);
  return new HummingbatchError('unavailable', `${message}.`, {
    fix: 'Check the receiver; the event is sent again automatically.',
    // Only later than the retry policy, never sooner: a receiver that asks for 1 s must not use up all attempts in a
    // minute.
    ...(retryMs > deliveryPauseMs(attempt) && { retryAfterMs: retryMs }),
  });
}
