import { expect } from 'vitest';
import { type BatchOptions, type NotifyTarget, toWorkflowId } from '../../src/contract/index.ts';
import { postPublic } from '../../src/net/post.ts';
import { createWebhookReceiver, type Receiver } from '../support/webhook-receiver.ts';
import { createWorld } from '../support/world.ts';
import type { Scenario } from './operations-kit.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;

let receiver: Receiver;
let isBack = false;
const options: Partial<BatchOptions> & { notify: NotifyTarget[] } = { notify: [] };

/** A receiver that answered 410 before and accepts events now. */
export const WEBHOOK_GONE: Scenario = {
  options,
  async world() {
    receiver = await createWebhookReceiver(SECRET, () => (isBack ? 204 : 410));
    options.notify.push({ url: `http://${receiver.host}/hooks`, secretRef: 'shop' });
    return createWorld();
  },
  async begin({ world, batch }) {
    await world.work({
      webhookSecrets: () => [SECRET],
      postWebhook: (post, signal) => postPublic(post, { hosts: [receiver.host], deadlineMs: 5_000 }, signal),
    });
    await batch.ended();
    const { workflow } = world.client;
    const { events } = await workflow.getHandle(toWorkflowId(batch.id)).fetchHistory();
    const begun = events?.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
    const id = begun?.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId ?? '';
    await expect(workflow.getHandle(id).result()).rejects.toThrow('Workflow execution failed');
    const query = `WorkflowId = '${id}' AND ExecutionStatus = 'Failed'`;
    await expect.poll(async () => (await workflow.count(query)).count, { timeout: 20_000 }).toBe(1);
    isBack = true;
    return { DELIVERY: id };
  },
  async verify({ batch }, [list]) {
    expect(list?.output).toContain(`notify-batch/${batch.id}/ended/`);
    const [first, again] = await receiver.waitForDeliveries(batch.id, 2);
    expect(again?.event).toEqual(first?.event);
    await receiver.close();
  },
};
