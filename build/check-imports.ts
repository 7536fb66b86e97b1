import { existsSync } from 'node:fs';
import { examineImports } from './importRules.ts';

// dependency-cruiser answers "0 modules" instead of failing when it finds no usable TypeScript, so a pass needs a count.
const minimumModules = 60;
const folders = ['shared', 'electron', 'renderer', 'server', 'build', 'tests'].filter((folder) => existsSync(folder));
const report = await examineImports(process.cwd(), folders);
for (const breach of report.breaches) console.error(breach);
console.log(`${report.moduleCount} modules, ${report.breaches.length} breaches of the import table`);
if (report.moduleCount < minimumModules) {
  console.error(
    `Only ${report.moduleCount} modules were read, expected at least ${minimumModules}: the check itself is broken.`,
  );
  process.exitCode = 1;
}
if (report.breaches.length > 0) process.exitCode = 1;
