import type { Migration } from '../migrator.ts';
import { library } from './0001-library.ts';

/** Every migration in order. Append only. */
export const migrations: readonly Migration[] = [library];
