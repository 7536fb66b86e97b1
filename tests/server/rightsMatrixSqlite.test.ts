import { describe } from 'vitest';
import { startTestServer } from '../helpers/testServer.ts';
import { rightsMatrix } from './rightsMatrix.ts';

describe('rights on SQLite', () => rightsMatrix(() => startTestServer()));
