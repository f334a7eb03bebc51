import { fault, ok, type Fault, type Result } from '../result.ts';

declare const phoneNumber: unique symbol;

/** A number in the one form used: `+`, a digit 1 to 9, then 1 to 14 digits, ASCII (E.164). Made by {@link parseNumber} only. */
export type PhoneNumber = string & { readonly [phoneNumber]: true };

/** Accepts a text that is a number in the one form; nothing is trimmed, decoded or completed. */
export const parseNumber = (text: string): Result<PhoneNumber, Fault<'number'>> =>
  /^\+[1-9][0-9]{1,14}$/.test(text) ? ok(text as PhoneNumber) : fault('number', 0);
