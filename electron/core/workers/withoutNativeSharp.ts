import { registerHooks } from 'node:module';

/**
 * Lets sharp fall back to its WebAssembly build inside Electron on Linux: the native one brings a GLib, as Electron does, and
 * two in one process crash (lovell/sharp#4525). A packed app leaves the native one out; a checkout that is started by
 * `npm start` has it. Call before sharp is loaded.
 */
export function withoutNativeSharp(platform: NodeJS.Platform, versions: NodeJS.ProcessVersions): void {
  if (platform !== 'linux' || versions['electron'] === undefined) return;
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier.startsWith('@img/sharp-linux')) {
        throw Object.assign(new Error(`${specifier} is not used inside Electron`), { code: 'MODULE_NOT_FOUND' });
      }
      return next(specifier, context);
    },
  });
}
