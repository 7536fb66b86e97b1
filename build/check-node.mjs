// Plain JavaScript that even Node 20 parses. better-sqlite3 13 needs Node-API 10 and, on Node 20, dies with a segmentation
// fault and no message; `randomUUIDv7` came with Node 24.16. So every entry point imports this file first.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 16)) {
  console.error(
    `Shoebox needs Node 24.16 or newer; this is ${process.version}. ` +
      'On Linux with an Intel or AMD processor the npm scripts bring it; elsewhere install it.',
  );
  process.exit(1);
}
