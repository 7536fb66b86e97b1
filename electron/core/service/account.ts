import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Accounts } from '../sync/accounts.ts';

/** The `account` slice. */
export function createAccountService(accounts: Accounts) {
  const os = implement(contract.account);
  return {
    get: os.get.handler(() => accounts.current),
    signUp: os.signUp.handler(({ input: { server, ...person } }) => accounts.signUp(server, person)),
    signIn: os.signIn.handler(({ input: { server, otherAccount, ...person } }) =>
      accounts.signIn(server, person, otherAccount),
    ),
    signOut: os.signOut.handler(async ({ input }) => {
      await accounts.signOut(input.unsent);
      return {};
    }),
    devices: os.devices.handler(async () => [...(await accounts.devices())]),
    revokeDevice: os.revokeDevice.handler(async ({ input }) => {
      await accounts.revoke(input.id);
      return {};
    }),
  };
}
