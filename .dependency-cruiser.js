/**
 * Dependencies point one way: docs/architecture.md. Who may know whom is checked on the sources, types included; what is
 * loaded at run time on the built files, from which types are gone.
 */
const PARTS = {
  contract: [],
  schemas: ['contract'],
  batch: ['contract'],
  images: ['contract'],
  net: ['contract'],
  manifest: ['contract', 'schemas', 'batch', 'images'],
  gemini: ['contract'],
  store: ['contract'],
  webhooks: ['contract'],
  workflows: ['contract', 'batch', 'activities'],
  activities: ['contract', 'batch', 'images', 'manifest', 'gemini', 'store', 'webhooks', 'net'],
  worker: ['contract', 'activities', 'workflows', 'gemini', 'store', 'batch'],
  client: ['contract', 'manifest', 'store', 'batch', 'webhooks'],
  api: ['contract', 'schemas', 'client', 'images', 'manifest', 'store', 'batch', 'webhooks'],
  emulator: [],
  local: ['contract'],
  host: [
    ...[
      'contract',
      'activities',
      'api',
      'batch',
      'client',
      'emulator',
      'gemini',
      'local',
      'manifest',
      'net',
      'store',
    ],
    ...['webhooks', 'worker'],
  ],
};

const layers = Object.entries(PARTS).map(([part, allowed]) => ({
  name: `${part}-points-one-way`,
  severity: 'error',
  from: { path: `^src/${part}/` },
  to: { path: '^src/', pathNot: [part, ...allowed].map((name) => `^src/${name}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layers,
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'on the sources imports of types count too',
      from: { path: '^(src|dist)/' },
      to: { circular: true },
    },
    {
      name: 'workflows-know-only-the-types-of-activities',
      severity: 'error',
      from: { path: '^dist/workflows/' },
      to: { path: '^dist/activities/' },
    },
    {
      name: 'workflows-stay-in-the-sandbox',
      severity: 'error',
      comment: 'no node built-ins, no zod: the sandbox lacks the one, the other makes every workflow slow',
      from: { path: '^dist/(workflows|batch|contract)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-parts-without-packages',
      severity: 'error',
      from: { path: '^dist/(batch|contract)/' },
      to: { path: 'node_modules', pathNot: '@temporalio/common' },
    },
    {
      name: 'heavy-parts-are-loaded-when-called',
      severity: 'error',
      comment:
        '--help must not wait for Temporal: 0.24 s; a script that imports hummingbatch must not load a worker',
      from: { path: '^dist/(cli|host|client|index)' },
      to: {
        path: '^dist/(worker|emulator|local|api)/',
        pathNot: '^dist/local/ports[.]js$',
        dependencyTypesNot: ['dynamic-import'],
      },
    },
    {
      name: 'nobody-loads-the-cli',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
