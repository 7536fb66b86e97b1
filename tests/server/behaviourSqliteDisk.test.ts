import { describe } from 'vitest';
import { startTestServer } from '../helpers/testServer.ts';
import { assetsBehaviour } from './assetsBehaviour.ts';
import { feedsBehaviour } from './feedsBehaviour.ts';
import { linksBehaviour } from './linksBehaviour.ts';
import { sharingBehaviour } from './sharingBehaviour.ts';

describe.each([
  ['sharing', sharingBehaviour],
  ['links', linksBehaviour],
  ['assets', assetsBehaviour],
  ['feeds', feedsBehaviour],
] as const)('%s on SQLite and disk', (_, behaviour) => behaviour(() => startTestServer()));
