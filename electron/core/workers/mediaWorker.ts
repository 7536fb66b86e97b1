import { createMediaJobs } from '../media/mediaJobs.ts';
import { parentPortOfChild, serve } from './channel.ts';

/** The media worker as a child process: decoders only, no database, no network. It may die; one file is lost then. */
serve(parentPortOfChild(), createMediaJobs());
