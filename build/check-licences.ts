import { installedLicences, isAccepted } from './licences.ts';

// Fewer packages than this means node_modules was not read, not that everything is fine.
const minimumPackages = 100;
const packages = installedLicences(process.cwd());
const refused = packages.filter((entry) => !isAccepted(entry.licence));
for (const entry of refused)
  console.error(`${entry.name}@${entry.version}: ${entry.licence === '' ? 'no licence stated' : entry.licence}`);
console.log(`${packages.length} packages, ${refused.length} with a licence that may not ship`);
if (packages.length < minimumPackages || refused.length > 0) process.exitCode = 1;
