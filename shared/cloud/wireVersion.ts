/**
 * Version of the wire shapes in this folder. Raised with every change a peer could notice; a test compares a fingerprint
 * of all schemas with the one recorded for this version (tests/server/wireContract.json).
 */
export const wireVersion = 3;
