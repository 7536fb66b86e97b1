import { account } from './account.ts';
import { albums } from './albums.ts';
import { app } from './app.ts';
import { edits } from './edits.ts';
import { library } from './library.ts';
import { photos } from './photos.ts';
import { search } from './search.ts';
import { sharing } from './sharing.ts';
import { sync } from './sync.ts';
import { tags } from './tags.ts';
import { undo } from './undo.ts';

/** Everything a window, the command line or a test can ask of the core. Names are noun.verb. */
export const contract = { app, library, photos, albums, tags, search, edits, sharing, sync, account, undo };
export type Contract = typeof contract;
