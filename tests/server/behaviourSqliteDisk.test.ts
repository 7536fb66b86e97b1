import { describe } from 'vitest';
import { startTestServer } from '../helpers/testServer.ts';
import { assetsBehaviour } from './assetsBehaviour.ts';
import { feedsBehaviour } from './feedsBehaviour.ts';
import { largeRecordsBehaviour } from './largeRecordsBehaviour.ts';
import { linksBehaviour } from './linksBehaviour.ts';
import { maintenanceBehaviour } from './maintenanceBehaviour.ts';
import { quotaBehaviour } from './quotaBehaviour.ts';
import { refusedSharesBehaviour } from './refusedSharesBehaviour.ts';
import { sharingBehaviour } from './sharingBehaviour.ts';
import { uploadsBehaviour } from './uploadsBehaviour.ts';

describe.each([
  ['sharing', sharingBehaviour],
  ['refused shares', refusedSharesBehaviour],
  ['links', linksBehaviour],
  ['assets', assetsBehaviour],
  ['quotas', quotaBehaviour],
  ['uploads', uploadsBehaviour],
  ['feeds', feedsBehaviour],
  ['large records', largeRecordsBehaviour],
  ['maintenance', maintenanceBehaviour],
] as const)('%s on SQLite and disk', (_, behaviour) => behaviour(() => startTestServer()));
