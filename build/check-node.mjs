// Plain JavaScript that even Node 20 parses. better-sqlite3 13 needs Node-API 10 and, on an older Node,
// dies with a segmentation fault and no message, so every entry point imports this file first.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  console.error(
    `Shoebox needs Node 22.22 or newer; this is ${process.version}. ` +
      'Inside the repository use the npm scripts: they run the pinned Node.',
  );
  process.exit(1);
}
