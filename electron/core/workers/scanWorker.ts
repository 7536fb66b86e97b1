import { createScanJobs } from '../library/scanJobs.ts';
import { parentPortOfChild, serve } from './channel.ts';

/** The scan worker: walking folders and reading the heads of files, with synchronous calls. A thread, or a process of its own. */
serve(parentPortOfChild(), createScanJobs());
