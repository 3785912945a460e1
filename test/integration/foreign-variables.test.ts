import { expect, test } from 'vitest';
import { createDesk, manifestText } from './cli-kit.ts';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:1';

/** Variables of other programs, each with a value that would do harm where it counted. */
const FOREIGN: Record<string, string> = {
  ...Object.fromEntries(
    ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'].flatMap((name) => [
      [name, NOWHERE],
      [name.toUpperCase(), NOWHERE],
    ]),
  ),
  GOOGLE_API_KEY: 'wrong',
  GOOGLE_APPLICATION_CREDENTIALS: '/nowhere.json',
  GOOGLE_CLOUD_LOCATION: 'nowhere',
  GOOGLE_CLOUD_PROJECT: 'wrong',
  GOOGLE_GEMINI_BASE_URL: NOWHERE,
  GOOGLE_GENAI_USE_ENTERPRISE: 'true',
  GOOGLE_GENAI_USE_VERTEXAI: 'true',
  GOOGLE_VERTEX_BASE_URL: NOWHERE,
  GEMINI_BASE_URL: NOWHERE,
  VERTEXAI: 'true',
  AWS_ENDPOINT_URL: NOWHERE,
  AZURE_STORAGE_CONNECTION_STRING: 'wrong',
  STORAGE_EMULATOR_HOST: NOWHERE,
  OTEL_EXPORTER_OTLP_ENDPOINT: NOWHERE,
  OTEL_SDK_DISABLED: 'false',
  GRPC_TRACE: 'all',
  DEBUG: '*',
  LOG_LEVEL: 'trace',
  NODE_ENV: 'production',
  HOST: '0.0.0.0',
  PORT: '1',
};

test('variables of other programs change nothing of a batch, and add nothing to what is printed', async () => {
  const desk = await createDesk();
  await desk.write('m.yaml', manifestText('foreign'));
  const words = ['run', 'm.yaml', '--emulator', '--json', '--id', 'foreign'];
  const disturbed = await desk.execute(words, FOREIGN);
  expect(disturbed).toMatchObject({ code: 0 });
  const report = JSON.parse(disturbed.stdout) as { state: string; outputs: object };
  expect(report).toMatchObject({ state: 'COMPLETED', outputs: { total: 3, image: 3 } });
  // The same command again names the batch that has ended.
  const again = await desk.execute(words);
  expect(JSON.parse(again.stdout)).toEqual(report);
  expect(disturbed.stderr.split('\n').filter((line) => /prox|GOOGLE_|warn|debug|trace/i.test(line))).toEqual(
    [],
  );
});
