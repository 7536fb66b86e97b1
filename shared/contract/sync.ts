import { oc } from '@orpc/contract';
import { z } from 'zod';
import { resourceID } from '../ids.ts';
import { hostedServer, syncEvent, syncStatus } from '../model/sync.ts';

const nothing = z.strictObject({});

/** Mirroring between this library and its server. */
export const sync = {
  status: oc.input(nothing).output(syncStatus),
  /** One full cycle now. Resolves when it has come to rest, with how it stands then. */
  now: oc.input(nothing).output(syncStatus),
  pause: oc.input(nothing).output(nothing),
  /** Goes on, and tries everything again that had come to a stand. */
  resume: oc.input(nothing).output(nothing),
  /** The event log, newest first. */
  events: oc.input(z.strictObject({ limit: z.number().int().min(1).max(500).default(100) })).output(z.array(syncEvent)),
  /** Fetches the bytes of one resource, whatever the policy. */
  fetch: oc.input(z.strictObject({ id: resourceID })).output(nothing),
  setBandwidth: oc.input(z.strictObject({ bytesPerSecond: z.number().int().positive().nullable() })).output(nothing),
  /** Facts for a report: versions, counts, the event log. No names, no addresses, no secrets. */
  diagnostics: oc.input(nothing).output(z.strictObject({ text: z.string() })),
  hosted: oc.input(nothing).output(hostedServer),
  /** "Share from this computer": runs a server here, for the local network. notSupported where the shell has none. */
  startHosting: oc.input(nothing).output(hostedServer),
  stopHosting: oc.input(nothing).output(hostedServer),
};
