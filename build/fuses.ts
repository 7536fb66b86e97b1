import { FuseV1Options, FuseVersion } from '@electron/fuses';
import type { FuseV1Config } from '@electron/fuses';

/**
 * What the packaged binary may do (docs/security.md). Off: everything that turns the app into a general Node, or
 * lets it be debugged from outside. On: code only from the archive, the archive checked where the system supports it,
 * cookies encrypted, and WASM trap handlers, which the WASM image decoder needs for its speed.
 * @param platform the platform that is packed for; Linux has no archive check
 */
export function fusesFor(platform: 'darwin' | 'mas' | 'linux' | 'win32'): FuseV1Config {
  return {
    version: FuseVersion.V1,
    resetAdHocDarwinSignature: platform === 'darwin',
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: platform === 'darwin' || platform === 'win32',
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    [FuseV1Options.WasmTrapHandlers]: true,
  };
}
