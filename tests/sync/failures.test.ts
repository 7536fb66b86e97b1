import { describe, expect, test } from 'vitest';
import { serverErrorCodes } from '../../shared/cloud/serverErrors.ts';
import { AppError } from '../../shared/errors.ts';
import {
  decide,
  failureOfError,
  failureOfItem,
  type FailureCode,
  type FailureContext,
  type FailureDecision,
} from '../../electron/core/sync/failures.ts';

const doings: readonly FailureContext['doing'][] = [
  'save',
  'delete',
  'databaseChanges',
  'zoneChanges',
  'makeZone',
  'upload',
  'download',
];
const codes: readonly FailureCode[] = [...serverErrorCodes, 'LIMIT_EXCEEDED', 'NETWORK_ERROR', 'UNKNOWN_ERROR'];

/** The table of the design, one line per code, for a save in a zone of my own. */
const onSave: Readonly<Record<FailureCode, FailureDecision['do']>> = {
  ACCESS_DENIED: 'restore',
  ATOMIC_ERROR: 'sendAgain',
  AUTHENTICATION_FAILED: 'signIn',
  AUTHENTICATION_REQUIRED: 'signIn',
  BAD_REQUEST: 'park',
  CHANGE_TOKEN_EXPIRED: 'startOver',
  CONFLICT: 'merge',
  EXISTS: 'merge',
  INTERNAL_ERROR: 'backOff',
  NOT_FOUND: 'refetch',
  QUOTA_EXCEEDED: 'park',
  THROTTLED: 'backOff',
  TRY_AGAIN_LATER: 'backOff',
  UNIQUE_FIELD_ERROR: 'park',
  VALIDATING_REFERENCE_ERROR: 'park',
  ZONE_BUSY: 'backOff',
  ZONE_NOT_FOUND: 'makeZone',
  LIMIT_EXCEEDED: 'split',
  NETWORK_ERROR: 'backOff',
  UNKNOWN_ERROR: 'backOff',
};

describe('what is done about a failure', () => {
  test.each(codes)('%s has its own decision for a save', (code) => {
    expect(decide(code, { doing: 'save', participant: false }).do).toBe(onSave[code]);
  });

  test('no code in no situation is answered by dropping the change', () => {
    const keeps: readonly FailureDecision['do'][] = [
      'acknowledge',
      'merge',
      'sendAgain',
      'backOff',
      'park',
      'split',
      'makeZone',
      'refetch',
      'startOver',
      'restore',
      'signIn',
    ];
    for (const code of codes) {
      for (const doing of doings) {
        for (const participant of [true, false]) {
          const decision = decide(code, { doing, participant });
          expect(keeps).toContain(decision.do);
          // An acknowledgement ends a change: only a deletion of something that is gone may end that way.
          expect(decision.do === 'acknowledge').toBe(code === 'NOT_FOUND' && doing === 'delete');
        }
      }
    }
  });

  test('a participant never makes a zone, and never sweeps on a restored server', () => {
    for (const code of codes) {
      for (const doing of doings) expect(decide(code, { doing, participant: true }).do).not.toBe('makeZone');
    }
    expect(
      decide('CHANGE_TOKEN_EXPIRED', { doing: 'zoneChanges', participant: true, expiredBecause: 'EPOCH' }),
    ).toEqual({
      do: 'startOver',
      mode: 'reoffer',
      everything: true,
    });
  });

  test.each([
    ['RETENTION', false, 'sweep'],
    ['RETENTION', true, 'sweep'],
    ['INCARNATION', false, 'reoffer'],
    ['INCARNATION', true, 'sweep'],
    ['EPOCH', false, 'reoffer'],
    ['SOMETHING_NEW', false, 'reoffer'],
    [undefined, true, 'reoffer'],
  ] as const)('a token expired because of %s (participant: %s) means %s', (expiredBecause, participant, mode) => {
    expect(decide('CHANGE_TOKEN_EXPIRED', { doing: 'zoneChanges', participant, expiredBecause })).toMatchObject({
      mode,
    });
  });
});

describe('reading a failure', () => {
  test('a limit in a refusal is told apart from a malformed request', () => {
    expect(failureOfItem({ serverErrorCode: 'BAD_REQUEST', limit: 'operations', maximum: 200 }).code).toBe(
      'LIMIT_EXCEEDED',
    );
    expect(failureOfItem({ serverErrorCode: 'BAD_REQUEST', reason: 'no' })).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'no',
    });
  });

  test('a code of a newer server stays retryable', () => {
    expect(failureOfItem({ serverErrorCode: 'QUANTUM_ERROR' }).code).toBe('UNKNOWN_ERROR');
    expect(decide('UNKNOWN_ERROR', { doing: 'save', participant: false }).do).toBe('backOff');
  });

  test('an error of a call carries its code, the pause asked for and the sign-in page', () => {
    const busy = new AppError('requestRateLimited', 'slow down', { serverErrorCode: 'THROTTLED', retryAfter: 7 });
    expect(failureOfError(busy)).toMatchObject({ code: 'THROTTLED', retryAfter: 7, message: 'slow down' });
    const signIn = new AppError('notAuthenticated', 'sign in', {
      serverErrorCode: 'AUTHENTICATION_REQUIRED',
      redirectURL: 'https://server/login?request=r',
    });
    expect(failureOfError(signIn).redirectURL).toBe('https://server/login?request=r');
    expect(failureOfError(new AppError('offline', 'no answer')).code).toBe('NETWORK_ERROR');
  });

  test('a fault that is not about the server is not mistaken for one', () => {
    expect(() => failureOfError(new TypeError('bug'))).toThrow('bug');
    expect(() => failureOfError(new AppError('diskFull', 'no room'))).toThrow('no room');
  });
});
