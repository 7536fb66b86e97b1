import { describe } from 'vitest';
import { startTestServer } from '../helpers/testServer.ts';
import { containerBehaviour } from './behaviour.ts';

describe('on SQLite and disk', () => containerBehaviour(() => startTestServer()));
