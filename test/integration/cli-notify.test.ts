import { expect, onTestFinished, test } from 'vitest';
import { createWebhookReceiver } from '../support/webhook-receiver.ts';
import { createDesk, manifestText } from './cli-kit.ts';

const SECRET = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;

/** A desk whose worker may reach a receiver, and the manifest's block that names a path of it. */
async function deskWithReceiver() {
  const receiver = await createWebhookReceiver(SECRET);
  onTestFinished(() => receiver.close());
  const desk = await createDesk();
  await desk.write('.env', `HUMMINGBATCH_WEBHOOK_SECRETS=shop=${SECRET}\n`);
  const targets = (path: string) =>
    JSON.stringify([{ url: `http://${receiver.host}${path}`, secretRef: 'shop' }]);
  await desk.write(
    'hummingbatch.yaml',
    `notify: ${targets('/configured')}\nwebhookHosts: ["${receiver.host}"]\n`,
  );
  return { receiver, desk, targets };
}

test('run delivers the webhooks that the configuration names, before it ends', async () => {
  const { receiver, desk } = await deskWithReceiver();
  await desk.write('m.yaml', manifestText('told'));
  const { code, stdout, stderr } = await desk.run(['run', 'm.yaml', '--emulator', '--json', '--verbose']);
  expect(code, stderr).toBe(0);
  const { batchId } = JSON.parse(stdout) as { batchId: string };
  expect(receiver.listDeliveries(batchId)).toMatchObject([
    { path: '/configured', event: { type: 'batch.ended', data: { state: 'COMPLETED' } } },
  ]);
  expect(stdout + stderr).not.toContain(SECRET.replace('whsec_', ''));
});

test('a manifest’s own targets replace those of the configuration', async () => {
  const { receiver, desk, targets } = await deskWithReceiver();
  await desk.write('m.yaml', manifestText('own', `run: { notify: ${targets('/own')} }\n`));
  const { code, stdout, stderr } = await desk.run(['run', 'm.yaml', '--emulator', '--json']);
  expect(code, stderr).toBe(0);
  const { batchId } = JSON.parse(stdout) as { batchId: string };
  expect(receiver.listDeliveries(batchId).map(({ path }) => path)).toEqual(['/own']);
});

test('malformed secrets start nothing and are not shown', async () => {
  const desk = await createDesk({ HUMMINGBATCH_WEBHOOK_SECRETS: 'shop=hunter2' });
  await desk.write('m.yaml', manifestText('wrong'));
  const { code, stderr } = await desk.run(['run', 'm.yaml', '--emulator']);
  expect(code).toBe(2);
  expect(stderr).toContain(
    'HUMMINGBATCH_WEBHOOK_SECRETS: entry 1 is not a name and a Standard Webhooks secret',
  );
  expect(stderr).not.toContain('hunter2');
});
