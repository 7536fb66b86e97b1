import { startCrashServer } from './crashWorld.ts';

/* A server in a process of its own, so that it can be made to stand still. Argument: its data folder. Says where it listens. */

const [dataFolder = ''] = process.argv.slice(2);
const { origin } = await startCrashServer(dataFolder);
process.stdout.write(`${origin}\n`);
