import { parentPortOfChild, serve } from './channel.ts';
import { withoutNativeSharp } from './withoutNativeSharp.ts';

/** The media worker as a child process: decoders only, no database, no network. It may die; one file is lost then. */
withoutNativeSharp(process.platform, process.versions);
// Only now: importing the jobs imports sharp.
const { createMediaJobs } = await import('../media/mediaJobs.ts');
serve(parentPortOfChild(), createMediaJobs());
